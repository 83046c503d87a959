import { reset } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../shared/bundle/hash.ts'
import { CHANGES, type ChangeKind } from '../../shared/delivery/api.ts'
import { SCOPES } from '../../shared/delivery/operation.ts'
import type { Problem } from '../../shared/delivery/problem.ts'
import { routes } from '../../shared/domain/routes.ts'
import { createApp } from '../../worker/app.ts'
import { createEdge, type Edge, TOKENS, uniqueBlobs } from './createEdge.ts'

const NAME = 'a'.repeat(64)
/** Every admin route and the scopes that may call it (trust T17). */
const ROUTES = [
  ['PUT', routes.admin.blob(NAME, 'identity'), ['publish']],
  ['PUT', routes.admin.document(NAME, 'manifest'), ['publish']],
  ['PUT', routes.admin.document(NAME, 'overlay'), ['publish']],
  ['PUT', routes.admin.documentBrotli(NAME), ['publish']],
  ['GET', routes.admin.kept, ['publish', 'read']],
  ['PUT', routes.admin.keep('assets/ranker-12345678.js', NAME), ['publish']],
  ['POST', routes.admin.missing, ['publish', 'read']],
  ...(Object.keys(CHANGES) as ChangeKind[]).map(
    (change) =>
      [
        'POST',
        routes.admin[change],
        change === 'rules' ? (['rules', 'promote'] as const) : (['promote'] as const),
      ] as const,
  ),
  ['GET', routes.admin.rules, ['rules', 'read', 'promote']],
  ['GET', routes.admin.status, ['read', 'promote', 'publish', 'rules']],
  ['GET', routes.admin.audit(1), ['read', 'promote']],
  ['POST', routes.admin.gc, ['publish']],
] as const

/** What comes of a request that was let in, on an edge where nothing is live, with a body of no known type. */
const REACHED = [200, 404, 415]

let edge: Edge
beforeEach(async () => {
  await reset()
  edge = await createEdge()
})

async function problemOf(response: Response): Promise<Problem> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const cors = [...response.headers.keys()].filter((name) => name.startsWith('access-control'))
  expect(cors).toEqual([])
  return response.json()
}

function ask(method: string, path: string, authorization?: string, type = 'text/plain', on: Edge = edge) {
  return on.call(path, {
    method,
    ...(method !== 'GET' && { body: '{}' }),
    headers: { ...(authorization !== undefined && { authorization }), 'content-type': type },
  })
}

describe('credentials', () => {
  it('are asked of every admin route that the app has: the table leaves none out', () => {
    const pattern = (path: string) =>
      path
        .split('?')[0]!
        .replace(NAME, ':sha256')
        .replace(/\/l\/.+/, '/l/:path{.+}')
    const tested = new Set(ROUTES.map(([method, path]) => `${method} ${pattern(path)}`))
    const served = createApp(() => 0)
      .routes.filter(({ path, method }) => path.startsWith('/v1/admin/') && method !== 'ALL')
      .map(({ path, method }) => `${method} ${path}`)
    expect(served.length).toBeGreaterThan(10)
    expect(new Set(served)).toEqual(tested)
  })

  it.each(ROUTES)('%s %s: nobody without a known token', async (method, path) => {
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      'Bearer wrong',
      `Bearer ${TOKENS.publish}x`,
      `Bearer ${TOKENS.publish} ${TOKENS.promote}`,
      `Bearer ${await sha256(TOKENS.promote)}`, // what the edge stores opens nothing
      `Basic ${TOKENS.publish}`,
      TOKENS.publish,
    ]) {
      const response = await ask(method, path, authorization)
      expect(response.status, authorization).toBe(401)
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      expect(await problemOf(response)).toMatchObject({ code: 'unauthorised' })
    }
  })

  it.each(ROUTES)('%s %s: only the right scope', async (method, path, allowed) => {
    for (const scope of SCOPES) {
      const response = await ask(method, path, `Bearer ${TOKENS[scope]}`)
      if ((allowed as readonly string[]).includes(scope)) {
        // What may come in is then refused for its type, which no form or beacon can set to ours; a GET has none.
        if (method === 'GET') expect(REACHED).toContain(response.status)
        else expect(await problemOf(response)).toMatchObject({ code: 'not_supported', status: 415 })
      } else {
        expect(response.status).toBe(403)
        expect(await problemOf(response)).toMatchObject({ code: 'forbidden' })
      }
    }
  })

  it.each(ROUTES)('%s %s: not after a token has expired or was revoked', async (method, path, [scope]) => {
    const token = { name: 'alice', scope, sha256: await sha256('alice-token') }
    const until = edge.clock.now + 1000
    const known = await createEdge({ ADMIN_TOKENS: JSON.stringify([{ ...token, until }]) })
    const other = { ...token, name: 'bob', sha256: await sha256('bob-token') }
    const revoked = await createEdge({ ADMIN_TOKENS: JSON.stringify([other]) })
    const as = (on: Edge) => ask(method, path, 'Bearer alice-token', 'text/plain', on)
    expect(REACHED).toContain((await as(known)).status)
    known.clock.now = until
    const expired = await as(known)
    expect(expired.status).toBe(401)
    expect((await problemOf(expired)).detail).toContain('expired')
    expect((await as(revoked)).status).toBe(401)
  })

  it('of one scope do not lend another what has expired', async () => {
    const hash = await sha256('alice-token')
    const both = await createEdge({
      ADMIN_TOKENS: JSON.stringify([
        { name: 'alice', scope: 'promote', sha256: hash, until: edge.clock.now },
        { name: 'alice', scope: 'read', sha256: hash },
      ]),
    })
    expect((await ask('GET', routes.admin.audit(1), 'Bearer alice-token', 'text/plain', both)).status).toBe(
      200,
    )
    expect((await ask('POST', routes.admin.kill, 'Bearer alice-token', 'text/plain', both)).status).toBe(403)
  })

  it('are missing where the secrets are: says which command to run, and nothing of what it found', async () => {
    for (const name of ['OPS_KEY', 'ADMIN_TOKENS', 'PINS'] as const) {
      for (const value of ['', '{"d":"my secret"}', 'no json']) {
        const bare = await createEdge({ [name]: value })
        const response = await bare.post(routes.admin.refresh, { op: 'x' })
        expect(response.status).toBe(503)
        const problem = await problemOf(response)
        expect(problem).toMatchObject({ code: 'unavailable', hint: expect.stringContaining('foryou keys') })
        expect(JSON.stringify(problem)).not.toContain('my secret')
      }
    }
  })
})

/** What a page of another origin can make a browser send (trust T18): it knows no token, and browsers add none. */
describe('a page of another origin', () => {
  const EVIL = { origin: 'https://evil.test', referer: 'https://evil.test/' }
  const changing = ROUTES.filter(([method]) => method !== 'GET')

  it.each(changing)(
    'changes nothing by %s %s: form, beacon, fetch, with or without cookies',
    async (method, path) => {
      const manifest = await edge.publish(uniqueBlobs())
      await edge.promote(manifest, 'live')
      const before = await stored(edge)
      const form = 'op=x&manifest=aaa'
      const attempts: readonly [string, BodyInit, Record<string, string>][] = [
        ['POST', form, { 'content-type': 'application/x-www-form-urlencoded' }],
        ['POST', `{"op":"x","=":""}`, { 'content-type': 'text/plain' }], // the JSON that a form can fake
        ['POST', '--b--', { 'content-type': 'multipart/form-data; boundary=b' }],
        ['POST', '{"op":"x"}', { 'content-type': 'text/plain;charset=UTF-8' }], // a beacon
        ['POST', '{"op":"x"}', { 'content-type': 'application/json' }], // a fetch whose preflight was skipped
        [method, '{"op":"x"}', { 'content-type': 'application/json' }],
      ]
      const ambient = [
        {},
        { cookie: `token=${TOKENS.promote}; authorization=Bearer ${TOKENS.promote}` },
        { authorization: `Basic ${btoa(`promote:${TOKENS.promote}`)}` }, // a password that a browser remembers
      ]
      for (const [how, body, headers] of attempts) {
        for (const more of ambient) {
          const response = await edge.call(path, {
            method: how,
            body,
            headers: { ...EVIL, ...headers, ...more },
          })
          expect(response.status).toBe(401)
          expect(response.headers.get('set-cookie')).toBeNull()
          await problemOf(response)
        }
      }
      // Even a token in the address, where a link could carry it, opens nothing.
      const linked = await edge.call(
        `${path.split('?')[0]}?token=${TOKENS.promote}&access_token=${TOKENS.promote}`,
        {
          method,
          body: '{"op":"x"}',
          headers: { ...EVIL, 'content-type': 'application/json' },
        },
      )
      expect(linked.status).toBe(401)
      expect(await stored(edge)).toEqual(before)
    },
  )

  it.each(ROUTES)('gets no leave to try %s %s: a preflight has no CORS headers', async (method, path) => {
    const response = await edge.call(path, {
      method: 'OPTIONS',
      headers: { ...EVIL, 'access-control-request-method': method },
    })
    expect(response.status).toBe(401)
    await problemOf(response)
  })
})

/** Every object of the bucket, by name and content. */
async function stored({ env }: Edge): Promise<string[]> {
  const { objects } = await env.BUNDLES.list()
  return objects.map(({ key, etag }) => `${key} ${etag}`).sort()
}
