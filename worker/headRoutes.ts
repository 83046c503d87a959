import type { Hono } from 'hono'
import type { Head } from '../shared/bundle/manifest.ts'
import { CHANGES, type ChangeKind } from '../shared/delivery/api.ts'
import { collectGarbage } from '../shared/delivery/collectGarbage.ts'
import { deliveryStatus } from '../shared/delivery/deliveryStatus.ts'
import { performChange } from '../shared/delivery/performChange.ts'
import { readHead } from '../shared/delivery/writeHead.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { routes } from '../shared/domain/routes.ts'
import { checkRules, parseRules, type RulesDocument } from '../shared/domain/rules.ts'
import { type AdminEnv, originOf, serve } from './adminRequest.ts'
import { demand } from './authorise.ts'
import { forget } from './cached.ts'
import type { R2Store } from './r2Store.ts'
import { isRateLimited } from './rateLimit.ts'

/** Audit lines where nobody says how many. */
const LINES = 50

/** The head: what is live. */
export function headRoutes(app: Hono<AdminEnv>, now: () => number): void {
  for (const kind of Object.keys(CHANGES) as ChangeKind[]) {
    serve(app, kind, async (c, given) => {
      const { store, settings, caller } = c.var
      const body = given.body()
      // A merchandiser's token changes the order of what there is, not what is on a page of the edge.
      if (kind === 'rules' && ('popularJson' in body || 'popularHtml' in body)) demand(caller, 'promote')
      const answer = await performChange(store, settings, kind, { ...body, who: caller.name }, now())
      if ('pending' in answer) return { status: 202, answer }
      await forget(originOf(c), [routes.head])
      return { status: 200, answer }
    })
  }

  serve(app, 'liveRules', async (c) => {
    const { store, settings } = c.var
    const { head } = await readHead(store, settings)
    return { status: 200, answer: { seq: head.seq, rules: await documentOf(head.rules, store) } }
  })
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

async function documentOf(rules: Head['rules'], store: R2Store): Promise<RulesDocument | null> {
  if (!rules) return null
  if (!('sha256' in rules)) return checkRules(rules)
  const text = await store.blobText(rules.sha256)
  if (text !== null) return parseRules(text)
  throw new ForYouError('not_found', `The rules ${rules.sha256} are not stored.`, { hint: 'Set them again.' })
}
