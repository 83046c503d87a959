import { Hono } from 'hono'
import { API } from '../shared/domain/routes.ts'
import { adminRoutes } from './admin.ts'
import type { Env } from './env.ts'
import { problemResponse } from './problem.ts'
import { publicRoutes, unknownMajor } from './public.ts'
import { siteFile } from './site.ts'

/**
 * The whole edge: admin first, so that nothing public (CORS above all) ever touches it; the site's files last.
 * @param now ms since 1970 UTC
 */
export function createApp(now: () => number): Hono<{ Bindings: Env }> {
  const app = new Hono<{ Bindings: Env }>()
  app.route(`${API}/admin`, adminRoutes(now))
  app.route(API, publicRoutes(now))
  app.all('/:major{v\\d+}/*', (c) => unknownMajor(c))
  app.all('/:major{v\\d+}', (c) => unknownMajor(c))
  app.all('*', (c) => siteFile(c))
  app.onError((error) => problemResponse(error))
  return app
}
