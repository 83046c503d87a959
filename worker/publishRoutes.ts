import type { Hono } from 'hono'
import { MAX_BLOB_BYTES, MAX_MANIFEST_BYTES } from '../shared/bundle/limits.ts'
import { MissingRequest } from '../shared/delivery/api.ts'
import { FRESH_MS } from '../shared/delivery/checkManifest.ts'
import { putSigned } from '../shared/delivery/putSigned.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { KEPT_FILE, SHA256_PATTERN } from '../shared/domain/routes.ts'
import {
  type AdminContext,
  type AdminEnv,
  demandType,
  hashParameter,
  originOf,
  readJson,
  textLimit,
} from './adminRequest.ts'
import { demand } from './authorise.ts'
import { forget } from './cached.ts'
import { CODINGS } from './negotiate.ts'
import { cacheKeys, type Immutable } from './served.ts'
import { keptKey } from './site.ts'

/** Blobs and signed documents: nothing here changes what visitors get. */
export function publishRoutes(app: Hono<AdminEnv>, now: () => number): void {
  /** What is older is renewed where it is published again, so that it is not collected meanwhile. */
  const freshSince = () => now() - FRESH_MS

  app.put('/b/:sha256', async (c) => {
    demand(c.get('caller'), 'publish')
    demandType(c, 'application/octet-stream')
    const name = hashParameter(c)
    const coding = CODINGS.find((known) => known === (c.req.query('coding') ?? 'identity'))
    if (!coding) throw new ForYouError('bad_usage', 'coding must be "identity" or "br".')
    const body = uploadOf(c)
    const digest = coding === 'identity' ? name : contentDigest(c)
    const created = await c.get('store').putBlob(name, coding, body, digest, freshSince())
    if (created) await seen(c, { kind: 'blob', sha256: name })
    return c.json({ created }, created ? 201 : 200)
  })

  app.put('/m/:sha256', textLimit('document'), async (c) => {
    demand(c.get('caller'), 'publish')
    if (c.req.query('coding') === 'br') return putDocumentBrotli(c)
    demandType(c, 'application/json')
    const name = hashParameter(c)
    const envelope = await c.req.text()
    const kind = c.req.query('kind') ?? 'manifest'
    if (kind !== 'manifest' && kind !== 'overlay')
      throw new ForYouError('bad_usage', 'kind must be "manifest" or "overlay".')
    const created = await putSigned(c.get('store'), c.get('settings'), kind, name, envelope, now())
    if (created) await seen(c, { kind: 'document', sha256: name })
    return c.json({ created }, created ? 201 : 200)
  })

  app.get('/l', async (c) => {
    demand(c.get('caller'), 'publish', 'read')
    return c.json({ files: await c.get('store').keptFiles() })
  })

  app.put('/l/:path{.+}', async (c) => {
    demand(c.get('caller'), 'publish')
    demandType(c, 'application/octet-stream')
    const [path, digest] = [c.req.param('path'), c.req.query('sha256') ?? '']
    if (!KEPT_FILE.test(path) || !SHA256_PATTERN.test(digest)) {
      throw new ForYouError('bad_usage', 'A kept file needs a name that carries a hash, and its sha256.')
    }
    const created = await c.get('store').keepFile(path, uploadOf(c), digest)
    if (created) await forget(originOf(c), [keptKey(path)])
    return c.json({ created }, created ? 201 : 200)
  })

  app.post('/missing', textLimit('list'), async (c) => {
    demand(c.get('caller'), 'publish', 'read')
    const { sha256 } = await readJson(c, MissingRequest)
    const stored = await c.get('store').blobs(sha256)
    const since = freshSince()
    return c.json({ missing: sha256.filter((name) => !((stored.get(name)?.uploaded ?? 0) > since)) })
  })
}

/** After the document itself: what nobody has checked must not be served under a name first. */
async function putDocumentBrotli(c: AdminContext): Promise<Response> {
  demandType(c, 'application/octet-stream')
  const name = hashParameter(c)
  const body = uploadOf(c, MAX_MANIFEST_BYTES)
  if ((await c.get('store').document(name)) === null)
    throw new ForYouError('conflict', `The document ${name} comes before its Brotli body.`)
  const created = await c.get('store').putDocumentBrotli(name, body, contentDigest(c))
  if (created) await seen(c, { kind: 'document', sha256: name })
  return c.json({ created }, created ? 201 : 200)
}

/** Whoever has just published something sees it at once, even if this location remembers that it was not there. */
async function seen(c: AdminContext, object: Immutable): Promise<void> {
  await forget(originOf(c), Object.values(cacheKeys(object)))
}

/** The body, refused before a byte of it is read where it is too long. */
function uploadOf(c: AdminContext, maxBytes = MAX_BLOB_BYTES): ReadableStream {
  const length = c.req.header('content-length')
  const body = c.req.raw.body
  if (!body || !length || !/^\d{1,15}$/.test(length)) {
    throw new ForYouError('bad_usage', 'An upload needs a body and its Content-Length.')
  }
  const size = Number(length)
  if (size > maxBytes) {
    throw new ForYouError('too_large', `The body has ${size} bytes; ${maxBytes} are allowed.`)
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
