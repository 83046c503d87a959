import { ForYouError } from '../shared/domain/errors.ts'
import type { Env } from './env.ts'
import { problemResponse } from './problem.ts'

/** The two budgets of /v1/admin, as wrangler.toml binds them, with the seconds after which each begins anew. */
const BUDGETS = {
  /** Everybody without a known token, together: a flood of them costs little and takes nothing from those who have one. */
  LIMIT_STRANGERS: { seconds: 10, hint: 'Too many requests without a known token have come here.' },
  /** Each token by itself, enough for the largest bundle (900 blobs, two bodies each) in a minute. */
  LIMIT_TOKENS: { seconds: 60, hint: 'Publish less at once; the command line waits by itself.' },
} as const
export type Budget = keyof typeof BUDGETS

/**
 * Takes one request from a budget. The counters are Cloudflare's, one set for each of its locations and only roughly
 * exact: enough against floods and runaway scripts, no accounting.
 * @param key whose budget
 * @returns the answer (429) where nothing is left, `null` otherwise and where the budget is not bound
 */
export async function overBudget(env: Env, budget: Budget, key: string): Promise<Response | null> {
  const outcome = await env[budget]?.limit({ key })
  if (outcome === undefined || outcome.success) return null
  const { seconds, hint } = BUDGETS[budget]
  return problemResponse(
    new ForYouError('rate_limited', `Too many admin requests: try again in ${seconds} seconds.`, { hint }),
    { 'retry-after': String(seconds) },
  )
}

/** Whether both budgets are bound; an edge without them serves all the same, and its status says so. */
export const isRateLimited = (env: Env): boolean => Boolean(env.LIMIT_STRANGERS && env.LIMIT_TOKENS)
