import { reset } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../shared/bundle/hash.ts'
import { routes } from '../../shared/domain/routes.ts'
import { cacheKeys } from '../../worker/served.ts'
import { bytesOf, createEdge, type Edge, textOf } from './createEdge.ts'

/** Brotli (quality 11) of TEXT. */
const TEXT = 'two thousand and twenty '.repeat(20)
const BROTLI = Uint8Array.from(atob('G98B+I2UbuYi2IAjzWV9SY67FMAT2uoEdHJNLmjqAQ=='), (c) => c.charCodeAt(0))
const JSON_LIST = bytesOf('{"items":["a","b"]}')
const HTML_LIST = bytesOf('<ol><li><a href="/film?id=a">A</a></ol>')

let edge: Edge
let blob: string
let manifest: string
beforeEach(async () => {
  await reset()
  edge = await createEdge()
  blob = await sha256(TEXT)
  expect((await edge.putBrotli(blob, BROTLI)).status).toBe(201)
  manifest = await edge.publish({
    popularity: bytesOf(TEXT),
    'popular.json': JSON_LIST,
    'popular.html': HTML_LIST,
  })
  expect((await edge.promote(manifest, 'first')).status).toBe(200)
})

const br = { headers: { 'accept-encoding': 'gzip, deflate, br' } }
const PATHS = (): [string, RequestInit?][] => [
  [routes.head],
  [routes.manifest(manifest)],
  [routes.blob(blob)],
  [routes.blob(blob), br],
  [routes.popular],
  [routes.popularHtml],
]

describe('every public answer', () => {
  it('reads the bucket zero times for a second GET', async () => {
    for (const [path, init] of PATHS()) {
      const cold = edge.reads.length
      const first = await edge.call(path, init)
      expect(first.status, path).toBe(200)
      // Popular's head and the bodies before may be warm already; each path's own body is not, the first time.
      if (path !== routes.popular && path !== routes.popularHtml)
        expect(edge.reads.length).toBeGreaterThan(cold)
      const warm = edge.reads.length
      const second = await edge.call(path, init)
      expect(edge.reads.slice(warm), path).toEqual([])
      expect(await second.arrayBuffer()).toEqual(await first.arrayBuffer())
      expect([...second.headers]).toEqual([...first.headers])
    }
  })

  it('needs no body for HEAD and 304, and no second look into the bucket', async () => {
    const all = { headers: { 'if-none-match': '*' } }
    for (const [first, second] of [
      [{ method: 'HEAD' }, all],
      [all, { method: 'HEAD' }],
      [{}, { method: 'HEAD' }],
      [{}, all],
    ]) {
      await reset()
      edge = await createEdge()
      const bytes = bytesOf('x'.repeat(300_000) + crypto.randomUUID())
      await edge.putBlob(bytes)
      const path = routes.blob(await sha256(bytes))
      const cold = edge.reads.length
      await edge.call(path, first)
      if (first !== undefined && Object.keys(first).length > 0)
        expect(edge.reads.slice(cold)).toEqual([`head b/${await sha256(bytes)}`])
      const warm = edge.reads.length
      expect([200, 304]).toContain((await edge.call(path, second)).status)
      expect(edge.reads.length).toBe(warm)
      // What is known of the headers never stands in for the body.
      expect(new Uint8Array(await (await edge.call(path)).arrayBuffer())).toEqual(bytes)
    }
  })

  it('may be embedded anywhere and is never sniffed', async () => {
    for (const [path, init] of PATHS()) {
      const { headers } = await edge.call(path, init)
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-expose-headers')).toBe('Date,ETag')
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('date')).toBe('Thu, 01 Jan 2026 00:00:00 GMT')
      expect(headers.get('set-cookie')).toBeNull()
    }
  })

  it('answers a preflight', async () => {
    const response = await edge.call(routes.head, {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.test', 'access-control-request-method': 'GET' },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-methods')).toBe('GET,HEAD')
  })

  it('answers 304 to its own entity tag, weak or strong, and 200 to another', async () => {
    for (const [path, init] of PATHS()) {
      const etag = (await edge.call(path, init)).headers.get('etag')!
      for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await edge.call(path, { headers: { ...init?.headers, 'if-none-match': tag } })
        expect(again.status, `${path} ${tag}`).toBe(304)
        expect(again.headers.get('etag')).toBe(etag)
        expect(again.headers.get('cache-control')).not.toBeNull()
      }
      const other = await edge.call(path, { headers: { ...init?.headers, 'if-none-match': '"other"' } })
      expect(other.status).toBe(200)
    }
  })

  it('answers HEAD with the headers of GET and no body', async () => {
    for (const [path, init] of PATHS()) {
      const get = await edge.call(path, init)
      const head = await edge.call(path, { ...init, method: 'HEAD' })
      expect(head.status).toBe(200)
      expect(await head.text()).toBe('')
      expect([...head.headers]).toEqual([...get.headers])
      expect(Number(get.headers.get('content-length'))).toBe((await get.arrayBuffer()).byteLength)
    }
  })
})

describe('GET /v1/b/:sha', () => {
  it('serves Brotli ready to those who take it, the identity to the others, under tags of their own', async () => {
    const identity = await edge.call(routes.blob(blob))
    const brotli = await edge.call(routes.blob(blob), br)
    expect(new Uint8Array(await identity.arrayBuffer())).toEqual(bytesOf(TEXT))
    expect(identity.headers.get('content-encoding')).toBeNull()
    expect(new Uint8Array(await brotli.arrayBuffer())).toEqual(BROTLI)
    expect(brotli.headers.get('content-encoding')).toBe('br')
    expect(identity.headers.get('etag')).not.toBe(brotli.headers.get('etag'))
    for (const { headers } of [identity, brotli]) {
      expect(headers.get('vary')).toBe('Accept-Encoding')
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable, no-transform')
    }
  })

  it('does not answer 304 across codings', async () => {
    const etag = (await edge.call(routes.blob(blob), br)).headers.get('etag')!
    expect((await edge.call(routes.blob(blob), { headers: { 'if-none-match': etag } })).status).toBe(200)
  })

  it('serves the identity, from the cache too, where no Brotli body lies beside it', async () => {
    const plain = bytesOf('never compressed')
    await edge.putBlob(plain)
    const path = routes.blob(await sha256(plain))
    for (const _ of [1, 2]) {
      const response = await edge.call(path, br)
      expect(response.headers.get('content-encoding')).toBeNull()
      expect(await textOf(response)).toBe('never compressed')
    }
    const warm = edge.reads.length
    await edge.call(path, br)
    expect(edge.reads.length).toBe(warm)
  })

  it('keeps a 404 for at most a minute, and shows the publisher the blob as soon as it is there', async () => {
    const late = bytesOf('late')
    const path = routes.blob(await sha256(late))
    const before = await edge.call(path)
    expect(before.status).toBe(404)
    expect(before.headers.get('content-type')).toBe('application/problem+json')
    expect(before.headers.get('cache-control')).toBe('public, max-age=30')
    expect(before.headers.get('access-control-allow-origin')).toBe('*')
    expect(before.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
    expect(await before.json()).toMatchObject({ type: 'about:blank', status: 404, code: 'not_found' })
    await edge.putBlob(late)
    expect((await edge.call(path)).status).toBe(200)
  })

  it('asks the bucket once for what is not there, however often it is asked itself', async () => {
    const name = await sha256('never there')
    await edge.call(routes.blob(name), br)
    const warm = edge.reads.length
    for (const method of ['GET', 'HEAD', 'GET'])
      expect((await edge.call(routes.blob(name), { ...br, method })).status).toBe(404)
    expect(edge.reads.length).toBe(warm)
    const kept = await caches.default.match(edge.origin + cacheKeys({ kind: 'blob', sha256: name }).br)
    // With the browser's own half minute that is the whole minute for which a new blob may hide.
    expect(kept?.headers.get('cache-control')).toBe('public, max-age=30')
    await kept?.body?.cancel()
  })

  it('answers a request for a part with the whole', async () => {
    for (const range of ['bytes=0-3', 'bytes=-5', 'bytes=3-', 'bytes=999999-', 'rows=1-2', 'bytes=0-1,3-4']) {
      for (const path of [routes.blob(blob), routes.manifest(manifest), routes.head]) {
        const whole = await edge.call(path)
        const response = await edge.call(path, { headers: { range, 'if-range': whole.headers.get('etag')! } })
        expect(response.status).toBe(200)
        expect(response.headers.get('accept-ranges')).toBe('none')
        expect(response.headers.get('content-range')).toBeNull()
        expect(await textOf(response)).toBe(await textOf(whole))
      }
    }
  })

  it('serves an empty blob', async () => {
    const path = routes.blob(await sha256(''))
    expect((await edge.putBlob(new Uint8Array(0))).status).toBe(201)
    for (const _ of ['cold', 'warm']) {
      const response = await edge.call(path)
      expect(response.status).toBe(200)
      expect(await textOf(response)).toBe('')
    }
  })
})

describe('/v1/head and /v1/popular', () => {
  it('are fresh for a minute and show a promote at once where it was made', async () => {
    const before = await edge.call(routes.head)
    expect(before.headers.get('cache-control')).toBe('public, max-age=60')
    const next = await edge.publish({ 'popular.json': bytesOf('{"items":["c"]}') })
    await edge.promote(next, 'second')
    const after = await edge.call(routes.head)
    expect(after.headers.get('etag')).not.toBe(before.headers.get('etag'))
    expect((await edge.head()).active?.manifest).toBe(next)
    expect(await (await edge.call(routes.popular)).json()).toEqual({ items: ['c'] })
    expect((await edge.call(routes.popularHtml)).status).toBe(404)
  })

  it('serve what the live manifest names', async () => {
    const json = await edge.call(routes.popular)
    expect(json.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(json.headers.get('cache-control')).toBe('public, max-age=60')
    expect(await json.json()).toEqual({ items: ['a', 'b'] })
    const html = await edge.call(routes.popularHtml)
    expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(html.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await html.text()).toContain('<a href="/film?id=a">')
  })

  it('lie ready in Brotli like everything else', async () => {
    await edge.putBrotli(await sha256(JSON_LIST), bytesOf('compressed list'))
    const ready = await edge.call(routes.popular, br)
    expect(ready.headers.get('content-encoding')).toBe('br')
    expect(await textOf(ready)).toBe('compressed list')
    const plain = await edge.call(routes.popular)
    expect(plain.headers.get('content-encoding')).toBeNull()
    for (const { headers } of [ready, plain]) expect(headers.get('vary')).toBe('Accept-Encoding')
    expect(ready.headers.get('etag')).not.toBe(plain.headers.get('etag'))
  })

  it('are not there before the first promote', async () => {
    await reset()
    const empty = await createEdge()
    for (const path of [routes.head, routes.popular, routes.popularHtml]) {
      const response = await empty.call(path)
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ code: 'not_found', hint: expect.any(String) })
    }
  })
})

it.each(['/v1', '/v1/nothing', '/v1/b/ABC', '/v1/m/..%2f..%2fh%2fhead', '/v1/head/x'])(
  'answers %s with a problem document',
  async (path) => {
    const response = await edge.call(path)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ code: 'not_found', title: 'Not Found', status: 404 })
  },
)

it('is only read: any other method is refused with the ones that are allowed', async () => {
  for (const [path] of PATHS()) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const response = await edge.call(path, { method, ...(method !== 'DELETE' && { body: 'x' }) })
      expect(response.status, `${method} ${path}`).toBe(405)
      expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(await response.json()).toMatchObject({ code: 'method_not_allowed', status: 405 })
    }
  }
})

it.each(['/v2', '/v2/head', '/v0/b/x', '/v10/admin/promote'])(
  'says on %s which version it speaks, to pages of any origin',
  async (path) => {
    const response = await edge.call(path)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    const problem = await response.json()
    expect(problem).toMatchObject({ code: 'not_found', hint: expect.stringContaining('/v1/head') })
    expect(JSON.stringify(problem)).toContain('version 1')
  },
)

describe('an error that nobody foresaw', () => {
  it('is said, but nothing of its inside', async () => {
    const broken = await createEdge({
      BUNDLES: {
        get: () => Promise.reject(new Error('bucket 7f3a at /internal/path')),
        head: () => Promise.reject(new Error('bucket 7f3a at /internal/path')),
      } as unknown as R2Bucket,
    })
    const response = await broken.call(routes.head)
    expect(response.status).toBe(500)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', detail: 'The edge failed to answer.' })
    expect(text).not.toContain('7f3a')
  })
})
