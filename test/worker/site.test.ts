import { reset } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../shared/bundle/hash.ts'
import { KEPT_FILE, routes } from '../../shared/domain/routes.ts'
import { bytesOf, createEdge, type Edge, TOKENS, textOf } from './createEdge.ts'

const PATH = 'assets/ranker-DdOYQfoE.js'
const SCRIPT = 'export const version = 1'
let edge: Edge
/** What is deployed: nothing but a page for what is not there. */
const ASSETS = {
  fetch: async (request: Request) =>
    new URL(request.url).pathname === '/404'
      ? new Response('<h1>Not here</h1>', { headers: { 'content-type': 'text/html' } })
      : new Response(null, { status: 404 }),
} as unknown as Fetcher

beforeEach(async () => {
  await reset()
  edge = await createEdge({ ASSETS })
})

async function keep(path: string, text: string, token: keyof typeof TOKENS = 'publish', digest?: string) {
  const body = bytesOf(text)
  return edge.call(routes.admin.keep(path, digest ?? (await sha256(body))), {
    method: 'PUT',
    body,
    headers: {
      authorization: `Bearer ${TOKENS[token]}`,
      'content-type': 'application/octet-stream',
      'content-length': String(body.length),
    },
  })
}

describe('a loader of before', () => {
  it('is served when the deployment has it no longer, as a script that other origins may run', async () => {
    expect((await edge.call(`/${PATH}`)).status).toBe(404)
    expect((await keep(PATH, SCRIPT)).status).toBe(201)
    // Whoever has just kept it sees it, although its absence was remembered.
    const response = await edge.call(`/${PATH}`)
    expect(response.status).toBe(200)
    expect(await textOf(response)).toBe(SCRIPT)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
    })
    const head = await edge.call(`/${PATH}`, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(SCRIPT.length)])
    const again = await edge.call(`/${PATH}`, { headers: { 'if-none-match': response.headers.get('etag')! } })
    expect(again.status).toBe(304)
  })

  it('is never replaced, and only what its hash promises is kept', async () => {
    await keep(PATH, SCRIPT)
    const other = await keep(PATH, 'export const version = 2')
    expect([other.status, await other.json()]).toEqual([200, { created: false }])
    expect(await textOf(await edge.call(`/${PATH}`))).toBe(SCRIPT)
    const wrong = await keep('foryou-0123456789ab.js', 'evil', 'publish', await sha256('good'))
    expect(wrong.status).toBe(422)
    const listed = await edge.call(routes.admin.kept, { headers: { authorization: `Bearer ${TOKENS.read}` } })
    expect(await listed.json()).toEqual({ files: [PATH] })
  })

  it('needs the scope to publish, and a name that carries a hash', async () => {
    expect((await keep(PATH, SCRIPT, 'promote')).status).toBe(403)
    expect((await keep(PATH, SCRIPT, 'read')).status).toBe(403)
    for (const path of ['foryou.js', 'index.html', 'assets/x/y-01234567.js', 'sw.js', 'a-12345678.html']) {
      expect(KEPT_FILE.test(path), path).toBe(false)
      expect((await keep(path, SCRIPT)).status, path).toBe(400)
    }
  })
})

describe('anything else that is not there', () => {
  it("gets the site's own page, with the status 404, and costs the bucket nothing", async () => {
    const response = await edge.call('/nowhere')
    expect([response.status, await response.text()]).toEqual([404, '<h1>Not here</h1>'])
    expect(edge.reads).toEqual([])
    await edge.call('/assets/gone-12345678.js')
    await edge.call('/assets/gone-12345678.js')
    expect(edge.reads).toHaveLength(1)
  })
})
