import { PROBLEM_STATUS, type Problem, STATUS_TITLES } from '../shared/delivery/problem.ts'
import { type ErrorCode, ForYouError } from '../shared/domain/errors.ts'

/**
 * How long a browser, and how long an edge location, may remember that something is not there, seconds: together never
 * more than the minute of trust F24.
 */
export const ABSENT_AGE = 30

/** Any thrown value as a response. What is not ours says nothing of the inside. */
export function problemResponse(error: unknown, fields: Record<string, string> = {}): Response {
  const known = error instanceof ForYouError ? error : null
  const status = (known && (PROBLEM_STATUS as Partial<Record<ErrorCode, number>>)[known.code]) ?? 500
  const problem: Problem = {
    type: 'about:blank',
    title: STATUS_TITLES[status] ?? 'Error',
    status,
    code: known?.code ?? 'internal',
    detail: known?.message ?? 'The edge failed to answer.',
    ...(known?.hint === undefined ? {} : { hint: known.hint }),
  }
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': status === 404 ? `public, max-age=${ABSENT_AGE}` : 'no-store',
    'x-content-type-options': 'nosniff',
    ...fields,
  })
  if (status === 401) headers.set('www-authenticate', 'Bearer')
  return new Response(JSON.stringify(problem), { status, headers })
}
