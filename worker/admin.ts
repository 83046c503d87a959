import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as v from 'valibot'
import { verify } from '../shared/bundle/envelope.ts'
import { MAX_BLOB_BYTES, MAX_FILES, MAX_MANIFEST_BYTES } from '../shared/bundle/limits.ts'
import { parseJson } from '../shared/bundle/manifest.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { routes, SHA256_PATTERN } from '../shared/domain/routes.ts'
import { demand, scopesOf } from './authorise.ts'
import { forget } from './cached.ts'
import { type AdminSettings, adminSettings, type Env, type Scope } from './env.ts'
import { promote, refresh } from './heads.ts'
import { checkManifest } from './manifests.ts'
import { CODINGS } from './negotiate.ts'
import { cacheKeys, type Immutable } from './served.ts'
import { openStore, type Store } from './store.ts'

/** Hashes that one request may ask for; more would exceed the platform's look-ups per request. */
export const MAX_ASKED = 500

const Sha256 = v.pipe(v.string(), v.regex(SHA256_PATTERN, 'must be 64 lower-case hex digits'))
const Op = v.pipe(v.string(), v.regex(/^[\w.:-]{1,64}$/, 'must be 1 to 64 letters, digits or . : _ -'))
const Seq = v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)))
const MissingSchema = v.object({
  sha256: v.pipe(v.array(Sha256), v.maxLength(Math.min(MAX_ASKED, MAX_FILES))),
})
const PromoteSchema = v.object({ manifest: Sha256, op: Op, seq: Seq })
const RefreshSchema = v.object({ op: Op, seq: Seq })

interface AdminEnv {
  Bindings: Env
  Variables: { settings: AdminSettings; scopes: Set<Scope>; store: Store }
}
type AdminContext = Context<AdminEnv>

/** What changes the edge. No CORS headers here, so that no page of another origin can even read a refusal. */
export function adminRoutes(now: () => number): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>()
  app.use(async (c, next) => {
    const settings = adminSettings(c.env)
    c.set('settings', settings)
    c.set('scopes', await scopesOf(c.req.header('authorization'), settings.tokens))
    c.set('store', openStore(c.env.BUNDLES))
    await next()
    c.header('cache-control', 'no-store')
  })
  publishRoutes(app)
  headRoutes(app, now)
  app.all('*', (c) => {
    throw new ForYouError('not_found', `There is no ${c.req.method} ${new URL(c.req.url).pathname}.`)
  })
  return app
}

/** Blobs and manifests: nothing here changes what visitors get. */
function publishRoutes(app: Hono<AdminEnv>): void {
  app.put('/b/:sha256', async (c) => {
    demand(c.get('scopes'), 'publish')
    demandType(c, 'application/octet-stream')
    const name = hashParameter(c)
    const coding = CODINGS.find((known) => known === (c.req.query('coding') ?? 'identity'))
    if (!coding) throw new ForYouError('bad_usage', 'coding must be "identity" or "br".')
    const body = uploadOf(c)
    const digest = coding === 'identity' ? name : contentDigest(c)
    const created = await c.get('store').putBlob(name, coding, body, digest)
    if (created) await seen(c, { kind: 'blob', sha256: name })
    return c.json({ created }, created ? 201 : 200)
  })

  app.put('/m/:sha256', textLimit('manifest'), async (c) => {
    demand(c.get('scopes'), 'publish')
    demandType(c, 'application/json')
    const name = hashParameter(c)
    const envelope = await c.req.text()
    await checkManifest(c.get('store'), c.get('settings'), name, envelope)
    const created = await putManifest(c, name, envelope)
    return c.json({ created }, created ? 201 : 200)
  })

  app.post('/missing', textLimit('list'), async (c) => {
    demand(c.get('scopes'), 'publish', 'read')
    const { sha256 } = await readJson(c, MissingSchema)
    const sizes = await c.get('store').sizes(sha256)
    return c.json({ missing: sha256.filter((name) => !sizes.has(name)) })
  })
}

/** The head: what is live. */
function headRoutes(app: Hono<AdminEnv>, now: () => number): void {
  app.post('/promote', textLimit('request'), async (c) => {
    demand(c.get('scopes'), 'promote')
    const written = await promote(c.get('store'), c.get('settings'), await readJson(c, PromoteSchema), now())
    await forget(originOf(c), [routes.head])
    return c.json(written)
  })

  app.post('/refresh', textLimit('request'), async (c) => {
    demand(c.get('scopes'), 'promote')
    const written = await refresh(c.get('store'), c.get('settings'), await readJson(c, RefreshSchema), now())
    await forget(originOf(c), [routes.head])
    return c.json(written)
  })
}

/**
 * Create-only, with one exception: an envelope that no pinned key has signed (keys were rotated) gives way to one that is
 * signed. The payload is the same, because its hash is the name.
 */
async function putManifest(c: AdminContext, name: string, envelope: string): Promise<boolean> {
  const store = c.get('store')
  if (await store.putManifest(name, envelope, null)) {
    await seen(c, { kind: 'document', sha256: name })
    return true
  }
  const stored = await store.manifest(name)
  const good = stored && (await verify('manifest', stored.envelope, c.get('settings').pins).catch(() => null))
  if (!stored || good !== null) return false
  const replaced = await store.putManifest(name, envelope, stored.etag)
  await seen(c, { kind: 'document', sha256: name })
  return replaced
}

/** Whoever has just published something sees it at once, even if this location remembers that it was not there. */
async function seen(c: AdminContext, object: Immutable): Promise<void> {
  await forget(originOf(c), Object.values(cacheKeys(object)))
}

/** The body, refused before a byte of it is read where it is too long. */
function uploadOf(c: AdminContext): ReadableStream {
  const length = c.req.header('content-length')
  const body = c.req.raw.body
  if (!body || !length || !/^\d{1,15}$/.test(length)) {
    throw new ForYouError('bad_usage', 'An upload needs a body and its Content-Length.')
  }
  const size = Number(length)
  if (size > MAX_BLOB_BYTES) {
    throw new ForYouError('too_large', `The blob has ${size} bytes; ${MAX_BLOB_BYTES} are allowed.`)
  }
  return body
}

/** Content-Digest (RFC 9530) of a Brotli body as hex: its name is the hash of what it decodes to, not its own. */
function contentDigest(c: AdminContext): string {
  const base64 = /(?:^|[\s,])sha-256=:([A-Za-z0-9+/]{43}=):/.exec(c.req.header('content-digest') ?? '')?.[1]
  if (!base64) {
    throw new ForYouError('bad_usage', 'A Brotli body needs a Content-Digest header with its sha-256.')
  }
  return Array.from(atob(base64), (char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('')
}

function textLimit(what: string) {
  return bodyLimit({
    maxSize: MAX_MANIFEST_BYTES,
    onError: () => {
      throw new ForYouError('too_large', `The ${what} is longer than ${MAX_MANIFEST_BYTES} bytes.`)
    },
  })
}

async function readJson<S extends v.GenericSchema>(c: AdminContext, schema: S): Promise<v.InferOutput<S>> {
  demandType(c, 'application/json')
  return parseJson(schema, await c.req.text(), 'request')
}

/** Types that no HTML form can send (trust T18). */
function demandType(c: AdminContext, type: string): void {
  const given = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (given !== type) throw new ForYouError('not_supported', `The body must be ${type}.`)
}

function hashParameter(c: AdminContext): string {
  const name = c.req.param('sha256') ?? ''
  if (SHA256_PATTERN.test(name)) return name
  throw new ForYouError('bad_usage', 'A name here is 64 lower-case hex digits.')
}

function originOf(c: AdminContext): { origin: string } {
  return { origin: new URL(c.req.url).origin }
}
