import { EnvelopeSchema } from '../shared/bundle/envelope.ts'
import { type ActiveManifest, type Head, parseHead, parseJson } from '../shared/bundle/manifest.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { routes } from '../shared/domain/routes.ts'
import { type CacheContext, cached, type Entity, ofLength, type Wanted } from './cached.ts'
import type { Coding } from './negotiate.ts'

/** Seconds in which a promote, a rollback or a kill must reach new page loads (trust P4). */
export const HEAD_AGE = 60
export const YEAR = 31_536_000

/** What a visitor can name by its hash: a blob, or a signed document. */
export interface Immutable {
  readonly kind: 'blob' | 'document'
  readonly sha256: string
}

const PREFIX = { blob: 'b/', document: 'm/' } as const
const pathOf = ({ kind, sha256 }: Immutable) =>
  kind === 'blob' ? routes.blob(sha256) : routes.manifest(sha256)

/** Under which keys this location may remember the object, or that it is not there. */
export function cacheKeys(object: Immutable): Readonly<Record<Coding, string>> {
  return { br: `${pathOf(object)}?coding=br`, identity: `${pathOf(object)}?coding=identity` }
}

/**
 * An immutable object as it lies in the bucket, in the coding asked for, or the identity where no Brotli body lies beside
 * it. Its bytes are never looked at: the publisher has compressed them, the bucket has checked their hash.
 */
export function immutableEntity(
  context: CacheContext,
  bucket: R2Bucket,
  object: Immutable,
  coding: Coding,
  wanted: Wanted,
): Promise<Entity | null> {
  const key = PREFIX[object.kind] + object.sha256
  const load = async (part: Wanted): Promise<Entity | null> => {
    const ready = coding === 'br' ? await read(bucket, `${key}.br`, part) : null
    if (ready) return { ...ready, coding: 'br', etag: `"${object.sha256}-br"` }
    const identity = await read(bucket, key, part)
    return identity && { ...identity, coding: 'identity', etag: `"${object.sha256}"` }
  }
  return cached(context, { key: cacheKeys(object)[coding], age: YEAR, load }, wanted)
}

/** An object of the bucket, its body opened only where it is wanted. */
export async function read(
  bucket: R2Bucket,
  key: string,
  wanted: Wanted,
): Promise<Pick<Entity, 'body' | 'size'> | null> {
  if (wanted === 'headers') {
    const object = await bucket.head(key)
    return object && { body: null, size: object.size }
  }
  const object = await bucket.get(key)
  return object && { body: ofLength(object.body, object.size), size: object.size }
}

/** @throws ForYouError `not_found` where nothing is live, `unavailable` where the stored head cannot be read */
export async function headEntity(
  context: CacheContext,
  bucket: R2Bucket,
): Promise<Entity & { readonly body: ReadableStream<Uint8Array> | Uint8Array }> {
  const load = async (): Promise<Entity | null> => {
    const object = await bucket.get('h/head')
    if (!object) return null
    const body = new Uint8Array(await object.arrayBuffer())
    const { seq, issued } = headOf(new TextDecoder().decode(body))
    // seq alone would repeat after the ops keys were rotated, and a browser would keep the head of before.
    return { body, size: body.length, coding: 'identity', etag: `"${seq}-${issued}"` }
  }
  const entity = await cached(context, { key: routes.head, age: HEAD_AGE, load }, 'body')
  if (entity?.body) return { ...entity, body: entity.body }
  throw new ForYouError('not_found', 'Nothing is live here yet.', { hint: 'Publish and promote a bundle.' })
}

/** What the live head names, through the same cache. */
export async function activeManifest(
  context: CacheContext,
  bucket: R2Bucket,
): Promise<ActiveManifest | null> {
  const { body } = await headEntity(context, bucket)
  return headOf(await new Response(body).text()).active
}

/** Signatures are for the visitor to check; the edge only reads what it wrote. */
function headOf(envelope: string): Head {
  try {
    return parseHead(parseJson(EnvelopeSchema, envelope, 'head envelope').payload)
  } catch (cause) {
    throw new ForYouError('unavailable', 'The stored head cannot be read.', { cause, hint: 'Promote again.' })
  }
}
