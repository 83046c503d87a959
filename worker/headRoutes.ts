import type { Hono } from 'hono'
import * as v from 'valibot'
import { CHANGES, type ChangeKind, GcRequest, type Wish } from '../shared/delivery/api.ts'
import { collectGarbage } from '../shared/delivery/collectGarbage.ts'
import { deliveryStatus } from '../shared/delivery/deliveryStatus.ts'
import { performChange } from '../shared/delivery/performChange.ts'
import { routes } from '../shared/domain/routes.ts'
import { type AdminEnv, originOf, readJson, textLimit } from './adminRequest.ts'
import { demand } from './authorise.ts'
import { forget } from './cached.ts'
import { isRateLimited } from './rateLimit.ts'

/** Audit lines in one answer. */
const MAX_LINES = 1000
const Limit = v.pipe(v.unknown(), v.toNumber(), v.integer(), v.minValue(1), v.maxValue(MAX_LINES))

/** The head: what is live. */
export function headRoutes(app: Hono<AdminEnv>, now: () => number): void {
  for (const kind of Object.keys(CHANGES) as ChangeKind[]) {
    app.post(`/${kind}`, textLimit('request'), async (c) => {
      const caller = c.get('caller')
      demand(caller, 'promote')
      const wish: Wish<typeof kind> = await readJson(c, CHANGES[kind])
      const { store, settings } = c.var
      const done = await performChange(store, settings, kind, { ...wish, who: caller.name }, now())
      if ('pending' in done) return c.json(done, 202)
      await forget(originOf(c), [routes.head])
      return c.json(done)
    })
  }

  app.get('/status', async (c) => {
    demand(c.get('caller'), 'read', 'promote', 'publish')
    const status = await deliveryStatus(c.var.store, c.var.settings, now())
    return c.json({ ...status, rateLimited: isRateLimited(c.env) })
  })
  app.get('/audit', async (c) => {
    demand(c.get('caller'), 'read', 'promote')
    return c.json({ lines: await c.var.store.lines(v.parse(v.fallback(Limit, 50), c.req.query('limit'))) })
  })
  app.post('/gc', textLimit('request'), async (c) => {
    demand(c.get('caller'), 'publish')
    const { dryRun = false } = await readJson(c, GcRequest)
    return c.json(await collectGarbage(c.var.store, c.var.settings, now(), { dryRun }))
  })
}
