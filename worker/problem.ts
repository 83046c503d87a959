import { type ErrorCode, ForYouError } from '../shared/domain/errors.ts'

/**
 * How long a browser, and how long an edge location, may remember that something is not there, seconds: together never
 * more than the minute of trust F24.
 */
export const ABSENT_AGE = 30

const STATUS = {
  bad_usage: 400,
  parse_error: 400,
  bad_data: 400,
  unauthorised: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  rollback_refused: 409,
  expired: 409,
  too_large: 413,
  bundle_oversize: 413,
  not_supported: 415,
  rate_limited: 429,
  sign_error: 422,
  hash_mismatch: 422,
  wrong_site: 422,
  unavailable: 503,
} as const satisfies Partial<Record<ErrorCode, number>>

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** An error as a problem document (RFC 9457) with our closed `code` and, where there is one, what to do (`hint`). */
export interface Problem {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail: string
  readonly hint?: string
}

/** Any thrown value as a response. What is not ours says nothing of the inside. */
export function problemResponse(error: unknown, fields: Record<string, string> = {}): Response {
  const known = error instanceof ForYouError ? error : null
  const status = (known && (STATUS as Partial<Record<ErrorCode, number>>)[known.code]) ?? 500
  const problem: Problem = {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
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
