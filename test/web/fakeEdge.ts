import { type Pins, type SigningKey, sign } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Head } from '../../shared/bundle/manifest.ts'
import type { Overlay } from '../../shared/bundle/overlay.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { NOW } from './fakePlatform.ts'
import type { SampleBundle } from './sampleBundle.ts'

export const ENDPOINT = 'https://edge.test'

export interface FakeKeys {
  readonly release: SigningKey
  readonly ops: SigningKey
  readonly pins: Pins
}

/** @param generation tells keys apart that were made one after the other */
export async function fakeKeys(generation = ''): Promise<FakeKeys> {
  const release = await newKey(`release${generation}`)
  const ops = await newKey(`ops${generation}`)
  const publicPart = ({ kid, alg, x, y }: SigningKey) => ({ kid, alg, x, y })
  return { release, ops, pins: { release: [publicPart(release)], ops: [publicPart(ops)] } }
}

async function newKey(kid: string): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
  const { x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return { kid, alg: 'ES256', x: x!, y: y!, d: d! }
}

/** An edge without a network. Every fault of the failure table is a change to one of its answers. */
export class FakeEdge {
  readonly keys: FakeKeys
  readonly requests: { path: string; init: RequestInit }[] = []
  readonly #answers = new Map<string, () => Response>()
  head: Head
  /** What its `Date` header tells; `null` where there is none, as in answers that CORS hides it from. */
  clock: number | null = null

  constructor(keys: FakeKeys) {
    this.keys = keys
    this.head = {
      schema: 1,
      site: 'films',
      seq: 0,
      op: 'test',
      issued: NOW,
      expires: NOW + 7 * DAY_MS,
      active: null,
    }
  }

  async promote(
    { hash, payload, blobs }: SampleBundle,
    change: Partial<Head> = {},
    keys = this.keys,
  ): Promise<void> {
    const envelope = JSON.stringify(await sign('manifest', payload, [keys.release]))
    this.answer(`/v1/m/${hash}`, () => new Response(envelope))
    for (const [name, bytes] of blobs) this.answer(`/v1/b/${name}`, () => new Response(bytes))
    const active = { manifest: hash, notAfter: NOW + 90 * DAY_MS }
    await this.setHead({ seq: this.head.seq + 1, active, ...change }, keys)
  }

  async setHead(change: Partial<Head>, keys = this.keys): Promise<void> {
    this.head = { ...this.head, ...change }
    await this.signHead(JSON.stringify(this.head), [keys.ops])
  }

  /** Serves any text as its head, signed by whomever. */
  async signHead(payload: string, keys: readonly SigningKey[]): Promise<void> {
    const envelope = JSON.stringify(await sign('head', payload, keys))
    this.answer('/v1/head', () => new Response(envelope))
  }

  /** Puts an overlay into the head, as `foryou items` does. @returns its envelope */
  async overlay(overlay: Overlay | null, signer = this.keys.release): Promise<string> {
    const payload = JSON.stringify(overlay)
    const name = await sha256(payload)
    const envelope = JSON.stringify(await sign('overlay', payload, [signer]))
    if (overlay) this.answer(`/v1/m/${name}`, () => new Response(envelope))
    const { overlay: _, ...head } = this.head
    this.head = head
    await this.setHead({ seq: head.seq + 1, ...(overlay && { overlay: name }) })
    return envelope
  }

  answer(path: string, make: () => Response): void {
    this.#answers.set(path, make)
  }

  /** What it would answer now, to be changed. */
  current(path: string): () => Response {
    return this.#answers.get(path)!
  }

  paths(): string[] {
    return this.requests.map(({ path }) => path)
  }

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const path = url.slice(ENDPOINT.length)
    this.requests.push({ path, init })
    const answer = this.#answers.get(path)
    const response = answer ? answer() : new Response('not found', { status: 404 })
    if (this.clock !== null) response.headers.set('date', new Date(this.clock).toUTCString())
    return response
  }
}
