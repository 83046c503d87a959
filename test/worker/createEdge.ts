import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { type Envelope, type SigningKey, sign } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Head, Manifest } from '../../shared/bundle/manifest.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import { routes } from '../../shared/domain/routes.ts'
import { createApp } from '../../worker/app.ts'
import type { Env } from '../../worker/env.ts'
import { tinyManifest } from '../shared/tinyManifest.ts'
import { conforms } from './conforms.ts'

declare global {
  namespace Cloudflare {
    interface Env {
      BUNDLES: R2Bucket
      ASSETS: Fetcher
      SITE: string
    }
  }
}

export const TOKENS = {
  publish: 'publish-token',
  promote: 'promote-token',
  rules: 'rules-token',
  read: 'read-token',
} as const

export async function newKey(kid: string): Promise<SigningKey> {
  const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const { x = '', y = '', d = '' } = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as JsonWebKey
  return { kid, alg: 'ES256', x, y, d }
}

const publicPart = ({ kid, alg, x, y }: SigningKey) => ({ kid, alg, x, y })

/** The real app on the real (simulated) bucket, with keys of its own, counted reads and a cache of its own origin. */
export async function createEdge(overrides: Partial<Env> = {}) {
  const [release, ops] = await Promise.all([newKey('release-1'), newKey('ops-1')])
  const origin = `https://${crypto.randomUUID()}.test`
  const app = createApp(() => clock.now)
  const clock = { now: Date.UTC(2026, 0, 1) }
  const reads: string[] = []
  const env: Env = {
    BUNDLES: counted(bindings.BUNDLES, reads),
    ASSETS: bindings.ASSETS,
    SITE: 'films',
    OPS_KEY: JSON.stringify(ops),
    PINS: JSON.stringify({ release: [publicPart(release)], ops: [publicPart(ops)] }),
    ADMIN_TOKENS: JSON.stringify(
      await Promise.all(
        Object.entries(TOKENS).map(async ([scope, token]) => ({ scope, sha256: await sha256(token) })),
      ),
    ),
    ...overrides,
  }

  async function call(path: string, init: RequestInit = {}, on: Env = env): Promise<Response> {
    const context = createExecutionContext()
    const response = await app.fetch(new Request(origin + path, init), on, context)
    // Read to the end first: the copy for the cache flows with the body.
    const bytes = await response.arrayBuffer()
    await waitOnExecutionContext(context)
    const type = response.headers.get('content-type')
    conforms(init.method ?? 'GET', path, response.status, type, new TextDecoder().decode(bytes))
    const empty = init.method === 'HEAD' || [204, 304].includes(response.status)
    return new Response(empty ? null : bytes, {
      ...response,
      headers: response.headers,
      status: response.status,
    })
  }

  const admin = (
    path: string,
    method: string,
    body: BodyInit,
    headers: Record<string, string>,
    token: keyof typeof TOKENS,
  ) => call(path, { method, body, headers: { authorization: `Bearer ${TOKENS[token]}`, ...headers } })

  const edge = {
    env,
    origin,
    ops,
    release,
    clock,
    reads,
    call,
    async putBlob(bytes: Uint8Array<ArrayBuffer>, name?: string, token: keyof typeof TOKENS = 'publish') {
      const path = routes.admin.blob(name ?? (await sha256(bytes)), 'identity')
      return admin(
        path,
        'PUT',
        bytes,
        { 'content-type': 'application/octet-stream', ...lengthOf(bytes) },
        token,
      )
    },
    async putBrotli(
      name: string,
      bytes: Uint8Array<ArrayBuffer>,
      digest?: string,
      path = routes.admin.blob(name, 'br'),
    ) {
      return admin(
        path,
        'PUT',
        bytes,
        {
          'content-type': 'application/octet-stream',
          'content-digest': digest ?? `sha-256=:${toBase64(await crypto.subtle.digest('SHA-256', bytes))}:`,
          ...lengthOf(bytes),
        },
        'publish',
      )
    },
    async putManifest(manifest: Manifest, keys: readonly SigningKey[] = [release]) {
      const envelope = await sign('manifest', JSON.stringify(manifest), keys)
      return edge.putEnvelope(await sha256(envelope.payload), envelope)
    },
    putEnvelope(
      name: string,
      envelope: Envelope,
      token: keyof typeof TOKENS = 'publish',
      kind: 'manifest' | 'overlay' = 'manifest',
    ) {
      const json = { 'content-type': 'application/json' }
      return admin(routes.admin.document(name, kind), 'PUT', JSON.stringify(envelope), json, token)
    },
    post(path: string, body: unknown, token: keyof typeof TOKENS = 'promote') {
      return admin(path, 'POST', JSON.stringify(body), { 'content-type': 'application/json' }, token)
    },
    promote(manifest: string, op: string, seq?: number) {
      return edge.post(routes.admin.promote, { manifest, op, ...(seq !== undefined && { seq }) })
    },
    /** Publishes a bundle of these blobs; returns the manifest's name. */
    async publish(blobs: Record<string, Uint8Array<ArrayBuffer>>, changes: Partial<Manifest> = {}) {
      for (const bytes of Object.values(blobs)) await edge.putBlob(bytes)
      const manifest = await manifestOf(blobs, changes)
      const response = await edge.putManifest(manifest)
      if (!response.ok) throw new Error(await response.text())
      return sha256(JSON.stringify(manifest))
    },
    async head(): Promise<Head> {
      return parseHead(((await (await call(routes.head)).json()) as Envelope).payload)
    },
  }
  return edge
}
export type Edge = Awaited<ReturnType<typeof createEdge>>

/** A valid release manifest for the given blobs. */
export async function manifestOf(
  blobs: Record<string, Uint8Array<ArrayBuffer>>,
  changes: Partial<Manifest> = {},
): Promise<Manifest> {
  const files = await Promise.all(
    Object.entries(blobs).map(async ([role, bytes]) => ({
      role,
      sha256: await sha256(bytes),
      bytes: bytes.length,
    })),
  )
  return tinyManifest({ files, ...changes })
}

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(new TextEncoder().encode(text))

/** Text of a body whose type does not say that it is text. */
export const textOf = async (response: Response) => new TextDecoder().decode(await response.arrayBuffer())

/** A bundle no other test has: what one test stores is never found by another. */
export const uniqueBlobs = () => ({ popularity: bytesOf(`popularity ${crypto.randomUUID()}`) })

const lengthOf = (bytes: Uint8Array) => ({ 'content-length': String(bytes.length) })
const toBase64 = (buffer: ArrayBuffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))

function counted(bucket: R2Bucket, reads: string[]): R2Bucket {
  return new Proxy(bucket, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (property === 'get' || property === 'head' || property === 'list')
          reads.push(`${property} ${args[0]}`)
        return Reflect.apply(value, target, args)
      }
    },
  })
}
