import * as v from 'valibot'
import { ForYouError } from '../domain/errors.ts'
import { MAX_HEAD_BYTES, MAX_MANIFEST_BYTES, MAX_OVERLAY_BYTES } from './limits.ts'
import { parseJson } from './manifest.ts'

/**
 * A signed text: the exact payload that was signed, and signatures by key id. Signing exact bytes needs no canonical
 * JSON; a list of signatures lets keys rotate. The algorithm stands in the pinned key, never in the message.
 */
export const EnvelopeSchema = v.object({
  payload: v.string(),
  sigs: v.pipe(v.array(v.object({ kid: v.string(), sig: v.string() })), v.minLength(1), v.maxLength(8)),
})
export type Envelope = v.InferOutput<typeof EnvelopeSchema>

/** Where a signature counts. The prefix is part of the signed bytes, so that a head can never pass for a manifest. */
export const CONTEXTS = {
  manifest: 'foryou/manifest/1\0',
  head: 'foryou/head/1\0',
  overlay: 'foryou/overlay/1\0',
} as const
export type Context = keyof typeof CONTEXTS

/** A public key as it is pinned: ECDSA P-256 with SHA-256. */
export const PinnedKeySchema = v.object({
  kid: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  alg: v.literal('ES256'),
  x: v.string(),
  y: v.string(),
})
export type PinnedKey = v.InferOutput<typeof PinnedKeySchema>

/** `foryou.keys.json`: who may sign what. Two of each from the first day, so that one can be withdrawn. */
export const PinsSchema = v.object({
  release: v.array(PinnedKeySchema),
  ops: v.array(PinnedKeySchema),
  /** Built into the loader: no manifest below this version, not even for visitors who have seen none yet (trust T6). */
  floor: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0))),
})
export type Pins = v.InferOutput<typeof PinsSchema>
export const ROLE_OF = { manifest: 'release', head: 'ops', overlay: 'release' } as const satisfies Record<
  Context,
  'release' | 'ops'
>

/** A private key: the pinned part and `d`. */
export interface SigningKey extends PinnedKey {
  readonly d: string
}

/** Characters of an envelope at the most. */
const CAPS: Readonly<Record<Context, number>> = {
  head: MAX_HEAD_BYTES,
  manifest: MAX_MANIFEST_BYTES,
  overlay: MAX_OVERLAY_BYTES,
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const

/** Signs `payload` for `context` with each key (ECDSA P-256, SHA-256, WebCrypto's raw r‖s form). */
export async function sign(
  context: Context,
  payload: string,
  keys: readonly SigningKey[],
): Promise<Envelope> {
  const bytes = signedBytes(context, payload)
  const sigs = []
  for (const { kid, x, y, d } of keys) {
    const key = await crypto.subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', x, y, d }, ALGORITHM, false, [
      'sign',
    ])
    sigs.push({ kid, sig: toBase64(new Uint8Array(await crypto.subtle.sign(SIGNATURE, key, bytes))) })
  }
  return { payload, sigs }
}

/**
 * Checks length, shape and signature of an envelope, in this order, before anything inside it is read.
 * @returns the payload, which still has to be parsed
 * @throws ForYouError `bundle_oversize`, `parse_error` or `sign_error`
 */
export async function verify(context: Context, text: string, pins: Pins): Promise<string> {
  return (await openEnvelope(context, text, pins)).payload
}

/**
 * As {@link verify}, and says which of the pinned keys have signed.
 * @returns the payload, and at least one key id
 */
export async function openEnvelope(
  context: Context,
  text: string,
  pins: Pins,
): Promise<{ payload: string; kids: string[] }> {
  const cap = CAPS[context]
  if (text.length > cap) {
    throw new ForYouError(
      'bundle_oversize',
      `The ${context} has ${text.length} characters; ${cap} are allowed.`,
    )
  }
  const { payload, sigs } = parseJson(EnvelopeSchema, text, `${context} envelope`)
  const bytes = signedBytes(context, payload)
  const twice = sigs.find(({ kid }, i) => sigs.findIndex((other) => other.kid === kid) !== i)
  if (twice) throw new ForYouError('sign_error', `The ${context} is signed twice by key "${twice.kid}".`)
  const kids: string[] = []
  for (const { kid, sig } of sigs) {
    const pinned = pins[ROLE_OF[context]].find((key) => key.kid === kid)
    if (pinned && (await matches(pinned, sig, bytes))) kids.push(kid)
  }
  if (kids.length > 0) return { payload, kids }
  throw new ForYouError('sign_error', `No pinned ${ROLE_OF[context]} key has signed this ${context}.`)
}

/** The pinned keys that have signed an envelope; none where it is damaged. */
export function signersOf(context: Context, text: string, pins: Pins): Promise<string[]> {
  return openEnvelope(context, text, pins).then(
    ({ kids }) => kids,
    () => [],
  )
}

async function matches({ x, y }: PinnedKey, sig: string, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('jwk', { kty: 'EC', crv: 'P-256', x, y }, ALGORITHM, false, [
      'verify',
    ])
    return await crypto.subtle.verify(SIGNATURE, key, fromBase64(sig), bytes)
  } catch {
    return false // a malformed key or signature is simply one that does not match
  }
}

function signedBytes(context: Context, payload: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(CONTEXTS[context] + payload)
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
}
