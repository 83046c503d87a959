import type { Coding } from './negotiate.ts'

/** A response's body with what is known of it, whether it came from the bucket or from the cache. */
export interface Entity {
  /** A stream passes through; bytes are for the small texts that the edge has to read anyway. */
  readonly body: ReadableStream<Uint8Array> | Uint8Array
  /** Bytes of `body`. */
  readonly size: number
  readonly etag: string
  readonly coding: Coding
}

/** What the Cache API needs of a request's context. */
export interface CacheContext {
  /** The deployment's own origin: cache keys must lie in its zone. */
  readonly origin: string
  waitUntil(promise: Promise<unknown>): void
}

const CODING = 'x-foryou-coding'

/**
 * The Cache API in front of the bucket. Bodies are kept as opaque bytes without Content-Encoding, and keys without
 * Accept-Encoding: the cache then neither decodes a Brotli body nor mixes the two codings up, and both clients get
 * exactly the stored bytes. Nothing that is absent is kept, so a blob is served from the moment it is published.
 * @param key path and query, unique for content and coding
 * @param age seconds
 */
export async function cached(
  context: CacheContext,
  key: string,
  age: number,
  load: () => Promise<Entity | null>,
): Promise<Entity | null> {
  const url = new URL(key, context.origin).href
  const hit = await caches.default.match(url)
  if (hit?.body) {
    return {
      body: hit.body,
      size: Number(hit.headers.get('content-length')),
      etag: hit.headers.get('etag') ?? '',
      coding: hit.headers.get(CODING) === 'br' ? 'br' : 'identity',
    }
  }
  const entity = await load()
  if (!entity) return null
  const [body, copy] = entity.body instanceof Uint8Array ? [entity.body, entity.body] : entity.body.tee()
  const headers = {
    'cache-control': `public, max-age=${age}`,
    'content-type': 'application/octet-stream',
    'content-length': String(entity.size),
    etag: entity.etag,
    [CODING]: entity.coding,
  }
  context.waitUntil(caches.default.put(url, new Response(ofLength(copy, entity.size), { headers })))
  return { ...entity, body }
}

/** Takes an answer out of this location's cache; others follow when its age is over. */
export async function forget({ origin }: Pick<CacheContext, 'origin'>, key: string): Promise<void> {
  await caches.default.delete(new URL(key, origin).href)
}

/** The same body, which fails where it ends early: a truncated blob must never pass for a whole one (trust §0.4). */
export function ofLength(body: Entity['body'], size: number): Entity['body'] {
  return body instanceof Uint8Array ? body : body.pipeThrough(new FixedLengthStream(size))
}
