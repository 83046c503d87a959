/** Every way in which this product fails, named once. Status codes of HTTP and exit codes derive from these. */
export const ERROR_CODES = [
  // input
  'bad_usage',
  'bad_data',
  'bad_config',
  'not_found',
  'not_supported',
  'leak',
  // bundle bytes
  'bundle_magic',
  'bundle_version',
  'bundle_truncated',
  'bundle_oversize',
  'bundle_header',
  'bundle_alignment',
  'bundle_section',
  'bundle_value',
  // trust
  'sign_error',
  'hash_mismatch',
  'expired',
  'rollback_refused',
  'wrong_site',
  // transport
  'offline',
  'network',
  'timeout',
  'http_error',
  'parse_error',
  // edge
  'unauthorised',
  'forbidden',
  'method_not_allowed',
  'conflict',
  'too_large',
  'rate_limited',
  'unavailable',
  // device
  'storage',
  'ranker_failed',
  'gate',
  'internal',
] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

/** The one error class. `message` says what and where; `hint`, where there is one, says what to do. */
export class ForYouError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ForYouError'
    this.code = code
    this.hint = options.hint
  }
}

/** The code of any thrown value; what is not ours is `internal`. */
export function errorCode(error: unknown): ErrorCode {
  return error instanceof ForYouError ? error.code : 'internal'
}
