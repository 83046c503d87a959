import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { ForYouError } from '../shared/domain/errors.ts'
import { routes, SHA256_PATTERN } from '../shared/domain/routes.ts'
import { answer, codingFor, contextOf, type PublicContext, VARY } from './answer.ts'
import type { Env } from './env.ts'
import { problemResponse } from './problem.ts'
import { activeManifest, HEAD_AGE, headEntity, type Immutable, immutableEntity, YEAR } from './served.ts'

const SHORT = `public, max-age=${HEAD_AGE}`
/** no-transform: a coding made on the way would break the one entity tag per coding. */
const FOR_EVER = `public, max-age=${YEAR}, immutable, no-transform`
const JSON_TYPE = 'application/json; charset=utf-8'
const ALLOWED = 'GET, HEAD, OPTIONS'

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

  const get = (path: string, handler: (c: PublicContext) => Promise<Response>) =>
    // Any other method is refused before a byte of its body is read.
    app.get(path, handler).all(path, (c) => notAllowed(c))
  get('/head', async (c) => {
    const fields = { 'content-type': JSON_TYPE, 'cache-control': SHORT }
    return (await answer(c, () => headEntity(contextOf(c), c.env.BUNDLES), fields)) ?? absent(c)
  })
  get('/m/:sha256', (c) => immutable(c, 'document', JSON_TYPE))
  get('/b/:sha256', (c) => immutable(c, 'blob', 'application/octet-stream'))
  get('/popular', (c) => popular(c, 'popularJson', { 'content-type': JSON_TYPE }))
  get('/popular.html', (c) =>
    popular(c, 'popularHtml', {
      'content-type': 'text/html; charset=utf-8',
      // A list for crawlers and for readers without scripts; the page never needs to run or send anything.
      'content-security-policy':
        "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; base-uri 'none'",
    }),
  )
  app.all('*', (c) => absent(c))
  return app
}

async function immutable(c: PublicContext, kind: Immutable['kind'], type: string): Promise<Response> {
  const name = c.req.param('sha256') ?? ''
  if (!SHA256_PATTERN.test(name))
    throw new ForYouError('not_found', 'A name here is 64 lower-case hex digits.')
  const object = { kind, sha256: name }
  const found = await answer(
    c,
    (wanted) => immutableEntity(contextOf(c), c.env.BUNDLES, object, codingFor(c), wanted),
    { 'content-type': type, 'cache-control': FOR_EVER, ...VARY },
  )
  if (found) return found
  throw new ForYouError('not_found', `There is no ${kind} ${name}.`)
}

/** The list that the live head names, through the same caches as head and blobs: no read of the bucket when warm. */
async function popular(
  c: PublicContext,
  which: 'popularJson' | 'popularHtml',
  headers: Record<string, string>,
): Promise<Response> {
  const context = contextOf(c)
  const name = (await activeManifest(context, c.env.BUNDLES))?.[which]
  const object = name && ({ kind: 'blob', sha256: name } as const)
  const found =
    object &&
    (await answer(c, (wanted) => immutableEntity(context, c.env.BUNDLES, object, codingFor(c), wanted), {
      ...headers,
      'cache-control': SHORT,
      ...VARY,
    }))
  if (found) return found
  throw new ForYouError('not_found', 'No popular list is published.', { hint: 'Promote a bundle.' })
}

function absent(c: PublicContext): never {
  throw new ForYouError('not_found', `There is no ${c.req.method} ${new URL(c.req.url).pathname}.`)
}

function notAllowed(c: PublicContext): Response {
  const path = new URL(c.req.url).pathname
  return problemResponse(
    new ForYouError('method_not_allowed', `${path} is only read, not ${c.req.method}.`),
    {
      allow: ALLOWED,
    },
  )
}

/** A version of the API that is not spoken here, for a loader that is newer than its edge or very old. */
export function unknownMajor(c: PublicContext): Response {
  const path = new URL(c.req.url).pathname
  return problemResponse(
    new ForYouError('not_found', `This edge has no ${path}: it speaks version 1 of the API.`, {
      hint: `Begin at ${routes.head}, or deploy an edge that speaks this version.`,
    }),
    { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' },
  )
}
