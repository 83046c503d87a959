import { reset } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { routes } from '../../shared/domain/routes.ts'
import type { Env } from '../../worker/env.ts'
import { createEdge, TOKENS } from './createEdge.ts'

/** What wrangler.toml binds. */
const { LIMIT_STRANGERS, LIMIT_TOKENS } = bindings as unknown as Required<Env>
/** In one period and, where it ends meanwhile, in the next. */
const STRANGERS = 30
beforeEach(() => reset())

const ask = (edge: Awaited<ReturnType<typeof createEdge>>, authorization?: string) =>
  edge.call(routes.admin.missing, {
    method: 'POST',
    body: '{"sha256":[]}',
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
  })

describe('a flood of requests to the admin routes', () => {
  it('without a known token is soon refused unread, and takes nothing from those who have one', async () => {
    const edge = await createEdge({ LIMIT_STRANGERS, LIMIT_TOKENS })
    const statuses: number[] = []
    let refused: Response | undefined
    for (let i = 0; i <= 2 * STRANGERS; i++) {
      const response = await ask(edge, i % 2 === 0 ? undefined : `Bearer guess-${i}`)
      statuses.push(response.status)
      if (response.status === 429) refused = response
    }
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
    expect(refused?.headers.get('retry-after')).toBe('10')
    expect(refused?.headers.get('content-type')).toBe('application/problem+json')
    expect(refused?.headers.get('access-control-allow-origin')).toBeNull()
    expect(await refused?.json()).toMatchObject({ code: 'rate_limited', status: 429 })
    expect((await ask(edge, `Bearer ${TOKENS.publish}`)).status).toBe(200)
  })

  it('with a token stops at the budget of that token alone', async () => {
    const spent = new Map<string, number>()
    const budget = {
      async limit({ key }: { key: string }) {
        spent.set(key, (spent.get(key) ?? 0) + 1)
        return { success: spent.get(key)! <= 3 }
      },
    }
    const edge = await createEdge({ LIMIT_TOKENS: budget })
    for (const status of [200, 200, 200, 429])
      expect((await ask(edge, `Bearer ${TOKENS.publish}`)).status).toBe(status)
    expect((await ask(edge, `Bearer ${TOKENS.read}`)).status).toBe(200)
    // No token ever leaves this process, not even as a key.
    expect([...spent.keys()].join()).not.toContain('token')
  })
})

it('an edge without budgets serves, and its status says so', async () => {
  for (const [limits, rateLimited] of [
    [{}, false],
    [{ LIMIT_STRANGERS, LIMIT_TOKENS }, true],
  ] as const) {
    const edge = await createEdge(limits)
    await edge.promote(await edge.publish({}), 'first')
    const headers = { authorization: `Bearer ${TOKENS.read}` }
    const response = await edge.call(routes.admin.status, { headers })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ seq: 1, rateLimited })
  }
})
