import { Hono } from 'hono'
import { errorCode, ForYouError } from '../shared/domain/errors.ts'
import type { AdminEnv } from './adminRequest.ts'
import { callerOf } from './authorise.ts'
import { adminSettings } from './env.ts'
import { headRoutes } from './headRoutes.ts'
import { publishRoutes } from './publishRoutes.ts'
import { openStore } from './r2Store.ts'
import { overBudget } from './rateLimit.ts'

/** What changes the edge. No CORS headers here, so that no page of another origin can even read a refusal. */
export function adminRoutes(now: () => number): Hono<AdminEnv> {
  const app = new Hono<AdminEnv>()
  app.use(async (c, next) => {
    const settings = adminSettings(c.env)
    c.set('settings', settings)
    const caller = await callerOf(c.req.header('authorization'), settings.tokens, now()).catch((error) => {
      if (errorCode(error) === 'unauthorised') return error as ForYouError
      throw error
    })
    if (caller instanceof ForYouError) {
      const refused = await overBudget(c.env, 'LIMIT_STRANGERS', 'strangers')
      if (refused) return refused
      throw caller
    }
    const refused = await overBudget(c.env, 'LIMIT_TOKENS', caller.token)
    if (refused) return refused
    c.set('caller', caller)
    c.set('store', openStore(c.env.BUNDLES))
    await next()
    c.header('cache-control', 'no-store')
  })
  publishRoutes(app, now)
  headRoutes(app, now)
  app.all('*', (c) => {
    throw new ForYouError('not_found', `There is no ${c.req.method} ${new URL(c.req.url).pathname}.`)
  })
  return app
}
