import type { Coding } from './negotiate.ts'
import { ABSENT_AGE } from './problem.ts'

/** What the headers of an answer say of its body. */
export interface Described {
  /** Bytes of the body as it travels. */
  readonly size: number
  readonly etag: string
  readonly coding: Coding
}

/** A response's body with what is known of it, whether it came from the bucket or from the cache. */
export interface Entity extends Described {
  /** A stream passes through; bytes are for the small texts that the edge has to read anyway; `null` was not opened. */
  readonly body: ReadableStream<Uint8Array> | Uint8Array | null
}

/** How much of an entity an answer needs: HEAD and 304 never open the body. */
export type Wanted = 'headers' | 'body'

/** What the Cache API needs of a request's context. */
export interface CacheContext {
  /** The deployment's own origin: cache keys must lie in its zone. */
  readonly origin: string
  waitUntil(promise: Promise<unknown>): void
}

/** What is kept under one key. */
export interface Kept {
  /** Path and query, unique for content and coding. */
  readonly key: string
  /** Seconds. */
  readonly age: number
  load(wanted: Wanted): Promise<Entity | null>
}

const CODING = 'x-foryou-coding'
const SIZE = 'x-foryou-size'

/**
 * The Cache API in front of the bucket. Bodies are kept as opaque bytes without Content-Encoding, and keys without
 * Accept-Encoding: the cache then neither decodes a Brotli body nor mixes the two codings up, and both clients get
 * exactly the stored bytes.
 *
 * The copy for the cache is read from the bucket once more instead of by a tee: a tee holds whatever a slow visitor
 * has not taken yet, up to a whole blob for each of them, and the Worker has 128 MB for all.
 *
 * What is absent is kept too, but only for ABSENT_AGE: a flood of requests for the same nothing costs one read.
 */
export async function cached(
  context: CacheContext,
  { key, age, load }: Kept,
  wanted: Wanted,
): Promise<Entity | null> {
  const url = new URL(key, context.origin).href
  const hit = (await caches.default.match(url)) ?? (wanted === 'headers' ? await headersOf(url) : undefined)
  if (hit) return entityOf(hit, wanted)
  const entity = await load(wanted)
  if (!entity) {
    context.waitUntil(keep(url, null, ABSENT_AGE))
  } else if (entity.body instanceof ReadableStream) {
    context.waitUntil(load('body').then((copy) => copy && keep(url, copy, age)))
  } else {
    context.waitUntil(keep(entity.body === null ? headersKey(url) : url, entity, age))
  }
  return entity
}

/** Takes answers out of this location's cache; others follow when their age is over. */
export async function forget(
  { origin }: Pick<CacheContext, 'origin'>,
  keys: readonly string[],
): Promise<void> {
  const urls = keys.map((key) => new URL(key, origin).href)
  await Promise.all(urls.flatMap((url) => [url, headersKey(url)]).map((url) => caches.default.delete(url)))
}

/**
 * The same body, which fails where it ends early: a truncated blob must never pass for a whole one (trust §0.4). It costs a
 * copy, so it stands where bodies leave the bucket; what the cache holds has passed it once, and its length with it.
 */
export function ofLength(body: ReadableStream<Uint8Array>, size: number): ReadableStream<Uint8Array> {
  return body.pipeThrough(new FixedLengthStream(size))
}

/** Headers alone are kept beside the whole, so that HEAD neither opens a body nor asks the bucket twice. */
const headersKey = (url: string) => `${url}${url.includes('?') ? '&' : '?'}only=headers`
const headersOf = (url: string) => caches.default.match(headersKey(url))

async function keep(url: string, entity: Entity | null, age: number): Promise<void> {
  const headers = new Headers({
    'cache-control': `public, max-age=${age}`,
    'content-type': 'application/octet-stream',
  })
  if (entity) {
    headers.set('etag', entity.etag)
    headers.set(CODING, entity.coding)
    headers.set(SIZE, String(entity.size))
  }
  await caches.default.put(url, new Response(entity?.body ?? null, { headers }))
}

async function entityOf(hit: Response, wanted: Wanted): Promise<Entity | null> {
  const etag = hit.headers.get('etag')
  if (wanted === 'headers' || etag === null) await hit.body?.cancel()
  if (etag === null) return null
  return {
    body: wanted === 'headers' ? null : (hit.body ?? new Uint8Array(0)),
    size: Number(hit.headers.get(SIZE)),
    etag,
    coding: hit.headers.get(CODING) === 'br' ? 'br' : 'identity',
  }
}
