import type { Hono } from 'hono'
import { MAX_BLOB_BYTES, MAX_MANIFEST_BYTES } from '../shared/bundle/limits.ts'
import { FRESH_MS } from '../shared/delivery/checkManifest.ts'
import { putSigned } from '../shared/delivery/putSigned.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { type AdminContext, type AdminEnv, originOf, serve } from './adminRequest.ts'
import { forget } from './cached.ts'
import { cacheKeys, type Immutable } from './served.ts'
import { keptKey } from './site.ts'

/** Blobs and signed documents: nothing here changes what visitors get. */
export function publishRoutes(app: Hono<AdminEnv>, now: () => number): void {
  /** What is older is renewed where it is published again, so that it is not collected meanwhile. */
  const freshSince = () => now() - FRESH_MS

  serve(app, 'putBlob', async (c, { params: { sha256: name }, query: { coding = 'identity' } }) => {
    const digest = coding === 'identity' ? name : contentDigest(c)
    const created = await c.var.store.putBlob(name, coding, uploadOf(c), digest, freshSince())
    if (created) await seen(c, { kind: 'blob', sha256: name })
    return done(created)
  })

  serve(app, 'putDocument', async (c, { params: { sha256: name }, query, type, text }) => {
    const { kind = 'manifest', coding } = query
    const isBrotli = coding === 'br'
    if (isBrotli !== (type === 'application/octet-stream'))
      throw new ForYouError(
        'not_supported',
        'A document is JSON; its Brotli body has coding=br and is bytes.',
      )
    const { store, settings } = c.var
    const created = isBrotli
      ? await putBrotli(c, name)
      : await putSigned(store, settings, kind, name, text, now())
    if (created) await seen(c, { kind: 'document', sha256: name })
    return done(created)
  })

  serve(app, 'kept', async (c) => ({ status: 200, answer: { files: await c.var.store.keptFiles() } }))

  serve(app, 'keepFile', async (c, { params: { path }, query }) => {
    const created = await c.var.store.keepFile(path, uploadOf(c), query.sha256)
    if (created) await forget(originOf(c), [keptKey(path)])
    return done(created)
  })

  serve(app, 'missing', async (c, given) => {
    const { sha256 } = given.body()
    const stored = await c.var.store.blobs(sha256)
    const since = freshSince()
    const missing = sha256.filter((name) => !((stored.get(name)?.uploaded ?? 0) > since))
    return { status: 200, answer: { missing } }
  })
}

const done = (created: boolean) => ({ status: created ? 201 : 200, answer: { created } }) as const

/** After the document itself: what nobody has checked must not be served under a name first. */
async function putBrotli(c: AdminContext, name: string): Promise<boolean> {
  const body = uploadOf(c, MAX_MANIFEST_BYTES)
  if ((await c.var.store.document(name)) === null)
    throw new ForYouError('conflict', `The document ${name} comes before its Brotli body.`)
  return c.var.store.putDocumentBrotli(name, body, contentDigest(c))
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
