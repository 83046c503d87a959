import { reset } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Operation } from '../../shared/delivery/operation.ts'
import { OPERATIONS, operationOf } from '../../shared/delivery/operations.ts'
import { API } from '../../shared/domain/routes.ts'
import { createApp } from '../../worker/app.ts'
import { createEdge, type Edge, TOKENS } from './createEdge.ts'

const operations: readonly Operation[] = Object.keys(OPERATIONS).map((name) =>
  operationOf(name as keyof typeof OPERATIONS),
)
const mutating = operations.filter(({ scopes, method }) => scopes && method !== 'GET')
const pathOf = ({ path }: Operation) =>
  path.replace('{sha256}', 'a'.repeat(64)).replace('{path}', 'assets/ranker-12345678.js')

let edge: Edge
beforeEach(async () => {
  await reset()
  edge = await createEdge()
})

it('are all that the Worker routes, and the Worker routes all of them', () => {
  const routed = createApp(() => 0)
    .routes.filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')}`)
  expect([...new Set(routed)].sort()).toEqual(
    operations.map(({ method, path }) => `${method} ${path}`).sort(),
  )
})

describe.each(mutating.map((operation) => [`${operation.method} ${operation.path}`, operation] as const))(
  '%s',
  (_, operation) => {
    const nobodysWrite = async () => expect((await edge.env.BUNDLES.list()).objects).toEqual([])

    it('cannot be asked for by a form, a beacon or a fetch of another site, not even with cookies', async () => {
      const bodies = [
        ['application/x-www-form-urlencoded', 'op=x&manifest=y'],
        ['multipart/form-data; boundary=x', '--x--'],
        ['text/plain;charset=UTF-8', '{"op":"x"}'],
      ] as const
      for (const [type, body] of bodies) {
        const headers = {
          'content-type': type,
          origin: 'https://evil.test',
          'sec-fetch-site': 'cross-site',
          cookie: `token=${TOKENS.promote}; authorization=Bearer ${TOKENS.promote}`,
        }
        for (const method of ['POST', operation.method]) {
          const refused = await edge.call(pathOf(operation), { method, body, headers })
          expect(refused.status).toBe(401)
          expect([...refused.headers.keys()].join()).not.toMatch(/access-control|set-cookie/)
        }
        // Even if a page had the token: the types that it may send without asking first are refused.
        const authorization = `Bearer ${TOKENS[operation.scopes![0]!]}`
        const init = { method: operation.method, body, headers: { ...headers, authorization } }
        expect((await edge.call(pathOf(operation), init)).status).toBe(415)
      }
      await nobodysWrite()
    })

    it('gives a page of another origin that asks first no permission', async () => {
      const headers = {
        origin: 'https://evil.test',
        'access-control-request-method': operation.method,
        'access-control-request-headers': 'authorization, content-type',
      }
      const response = await edge.call(pathOf(operation), { method: 'OPTIONS', headers })
      expect(response.ok).toBe(false)
      expect([...response.headers.keys()].join()).not.toContain('access-control')
    })
  },
)

it.each(['/v1/admin', '/v1/admin/nothing', '/v1/admin/promote/x'])('%s is nothing', async (path) => {
  const headers = { authorization: `Bearer ${TOKENS.read}` }
  expect(path.startsWith(API)).toBe(true)
  expect((await edge.call(path, { headers })).status).toBe(404)
})
