import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { EnvelopeSchema } from '../shared/bundle/envelope.ts'
import { type ActiveManifest, type Head, parseHead, parseJson } from '../shared/bundle/manifest.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { routes, SHA256_PATTERN } from '../shared/domain/routes.ts'
import { type CacheContext, cached, type Entity, ofLength } from './cached.ts'
import type { Env } from './env.ts'
import { acceptsBrotli, type Coding, matchesEtag } from './negotiate.ts'
import { openStore, type Store } from './store.ts'

/** Seconds in which a promote, a rollback or a kill must reach new page loads (trust P4). */
export const HEAD_AGE = 60
const YEAR = 31_536_000
const SHORT = `public, max-age=${HEAD_AGE}`
/** no-transform: a coding made on the way would break the one entity tag per coding. */
const FOR_EVER = `public, max-age=${YEAR}, immutable, no-transform`
const JSON_TYPE = 'application/json; charset=utf-8'

type PublicContext = Context<{ Bindings: Env }>

/** What anybody may read: no cookies, no credentials, made to be embedded by other origins. */
export function publicRoutes(now: () => number): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>()
  app.use(
    cors({ origin: '*', allowMethods: ['GET', 'HEAD'], exposeHeaders: ['Date', 'ETag'], maxAge: 86_400 }),
  )
  app.use(async (c, next) => {
    await next()
    c.header('cross-origin-resource-policy', 'cross-origin')
    c.header('x-content-type-options', 'nosniff')
    // A visitor's clock is compared with this one (trust F8); simulators do not add it by themselves.
    c.header('date', new Date(now()).toUTCString())
  })

  app.get('/head', async (c) => {
    const entity = await headEntity(contextOf(c), openStore(c.env.BUNDLES))
    return answer(c, entity, { 'content-type': JSON_TYPE, 'cache-control': SHORT })
  })

  app.get('/m/:sha256', async (c) => {
    const name = hashParameter(c)
    const store = openStore(c.env.BUNDLES)
    const entity = await cached(contextOf(c), routes.manifest(name), YEAR, async () => {
      const stored = await store.manifest(name)
      return stored && textEntity(stored.envelope, name)
    })
    if (!entity) throw absent('manifest', name)
    return answer(c, entity, { 'content-type': JSON_TYPE, 'cache-control': FOR_EVER })
  })

  app.get('/b/:sha256', async (c) => {
    const name = hashParameter(c)
    const coding = acceptsBrotli(clientAcceptEncoding(c)) ? 'br' : 'identity'
    const entity = await blobEntity(contextOf(c), openStore(c.env.BUNDLES), name, coding)
    if (!entity) throw absent('blob', name)
    return answer(c, entity, {
      'content-type': 'application/octet-stream',
      'cache-control': FOR_EVER,
      vary: 'Accept-Encoding',
    })
  })

  app.get('/popular', (c) => popular(c, 'popularJson', { 'content-type': JSON_TYPE }))
  app.get('/popular.html', (c) =>
    popular(c, 'popularHtml', {
      'content-type': 'text/html; charset=utf-8',
      // A list for crawlers and for readers without scripts; the page never needs to run or send anything.
      'content-security-policy':
        "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; base-uri 'none'",
    }),
  )

  app.all('*', (c) => {
    throw new ForYouError('not_found', `There is no ${c.req.method} ${new URL(c.req.url).pathname}.`)
  })
  return app
}

/** The list that the live head names, through the same caches as head and blobs: no read of the bucket when warm. */
async function popular(
  c: PublicContext,
  which: 'popularJson' | 'popularHtml',
  headers: Record<string, string>,
): Promise<Response> {
  const context = contextOf(c)
  const store = openStore(c.env.BUNDLES)
  const active = await activeManifest(context, store)
  const name = active?.[which]
  const entity = name ? await blobEntity(context, store, name, 'identity') : null
  if (!entity)
    throw new ForYouError('not_found', 'No popular list is published.', { hint: 'Promote a bundle.' })
  return answer(c, entity, { ...headers, 'cache-control': SHORT })
}

async function headEntity(context: CacheContext, store: Store): Promise<Entity> {
  const entity = await cached(context, routes.head, HEAD_AGE, async () => {
    const stored = await store.head()
    if (!stored) return null
    const { seq, issued } = headOf(stored.envelope)
    // seq alone would repeat after the ops keys were rotated, and a browser would keep the head of before.
    return textEntity(stored.envelope, `${seq}-${issued}`)
  })
  if (!entity)
    throw new ForYouError('not_found', 'Nothing is live here yet.', { hint: 'Publish and promote a bundle.' })
  return entity
}

async function activeManifest(context: CacheContext, store: Store): Promise<ActiveManifest | null> {
  const entity = await headEntity(context, store)
  return headOf(new TextDecoder().decode(await new Response(entity.body).arrayBuffer())).active
}

/** Signatures are for the visitor to check; the edge only reads what it wrote. */
function headOf(envelope: string): Head {
  try {
    return parseHead(parseJson(EnvelopeSchema, envelope, 'head envelope').payload)
  } catch (cause) {
    throw new ForYouError('unavailable', 'The stored head cannot be read.', { cause, hint: 'Promote again.' })
  }
}

/** A blob in the coding asked for, or the identity where no Brotli body lies beside it. */
function blobEntity(
  context: CacheContext,
  store: Store,
  name: string,
  coding: Coding,
): Promise<Entity | null> {
  return cached(context, `${routes.blob(name)}?coding=${coding}`, YEAR, async () => {
    const ready = coding === 'br' ? await store.blob(name, 'br') : null
    if (ready) return { ...ready, coding: 'br', etag: `"${name}-br"` }
    const identity = await store.blob(name, 'identity')
    return identity && { ...identity, coding: 'identity', etag: `"${name}"` }
  })
}

function textEntity(text: string, tag: string): Entity {
  const bytes = new TextEncoder().encode(text)
  return { body: bytes, size: bytes.length, coding: 'identity', etag: `"${tag}"` }
}

/** 304, HEAD or the body as it lies there; never decoded, never collected. */
async function answer(c: PublicContext, entity: Entity, fields: Record<string, string>): Promise<Response> {
  const { body, size, coding, etag } = entity
  const headers = new Headers({ ...fields, etag })
  if (matchesEtag(c.req.header('if-none-match'), etag)) {
    await drop(body)
    return new Response(null, { status: 304, headers })
  }
  if (coding === 'br') headers.set('content-encoding', 'br')
  headers.set('content-length', String(size))
  if (c.req.method === 'HEAD') {
    await drop(body)
    return new Response(null, { headers })
  }
  return new Response(ofLength(body, size), { headers, encodeBody: 'manual' })
}

async function drop(body: Entity['body']): Promise<void> {
  if (!(body instanceof Uint8Array)) await body.cancel()
}

function contextOf(c: PublicContext): CacheContext {
  return { origin: new URL(c.req.url).origin, waitUntil: (promise) => c.executionCtx.waitUntil(promise) }
}

/** The edge rewrites Accept-Encoding for the Worker and keeps the visitor's own in `cf`. */
function clientAcceptEncoding(c: PublicContext): string | null {
  const own = c.req.raw.cf?.clientAcceptEncoding
  return typeof own === 'string' ? own : (c.req.header('accept-encoding') ?? null)
}

function hashParameter(c: PublicContext): string {
  const name = c.req.param('sha256') ?? ''
  if (SHA256_PATTERN.test(name)) return name
  throw new ForYouError('not_found', 'A name here is 64 lower-case hex digits.')
}

function absent(what: string, name: string): ForYouError {
  return new ForYouError('not_found', `There is no ${what} ${name}.`)
}
