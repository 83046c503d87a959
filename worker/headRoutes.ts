import type { Hono } from 'hono'
import { CHANGES, type ChangeKind } from '../shared/delivery/api.ts'
import { collectGarbage } from '../shared/delivery/collectGarbage.ts'
import { deliveryStatus } from '../shared/delivery/deliveryStatus.ts'
import { performChange } from '../shared/delivery/performChange.ts'
import { routes } from '../shared/domain/routes.ts'
import { type AdminEnv, originOf, serve } from './adminRequest.ts'
import { forget } from './cached.ts'
import { isRateLimited } from './rateLimit.ts'

/** Audit lines where nobody says how many. */
const LINES = 50

/** The head: what is live. */
export function headRoutes(app: Hono<AdminEnv>, now: () => number): void {
  for (const kind of Object.keys(CHANGES) as ChangeKind[]) {
    serve(app, kind, async (c, given) => {
      const { store, settings, caller } = c.var
      const answer = await performChange(store, settings, kind, { ...given.body(), who: caller.name }, now())
      if ('pending' in answer) return { status: 202, answer }
      await forget(originOf(c), [routes.head])
      return { status: 200, answer }
    })
  }

  serve(app, 'status', async (c) => {
    const status = await deliveryStatus(c.var.store, c.var.settings, now())
    return { status: 200, answer: { ...status, rateLimited: isRateLimited(c.env) } }
  })
  serve(app, 'audit', async (c, { query }) => ({
    status: 200,
    answer: { lines: await c.var.store.lines(query.limit ?? LINES) },
  }))
  serve(app, 'gc', async (c, given) => {
    const { dryRun = false } = given.body()
    return { status: 200, answer: await collectGarbage(c.var.store, c.var.settings, now(), { dryRun }) }
  })
}
