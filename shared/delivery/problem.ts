import * as v from 'valibot'
import { ERROR_CODES, type ErrorCode } from '../domain/errors.ts'

/** The HTTP status of each error that an edge answers with; every other one is 500. */
export const PROBLEM_STATUS = {
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
  sign_error: 422,
  hash_mismatch: 422,
  wrong_site: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Partial<Record<ErrorCode, number>>
export type ProblemCode = keyof typeof PROBLEM_STATUS

export const STATUS_TITLES: Readonly<Record<number, string>> = {
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
export const ProblemSchema = v.object({
  type: v.literal('about:blank'),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  code: v.picklist(ERROR_CODES),
  detail: v.string(),
  hint: v.optional(v.string()),
})
export type Problem = v.InferOutput<typeof ProblemSchema>
