import * as v from 'valibot'
import { type Pins, PinsSchema, type SigningKey } from '../shared/bundle/envelope.ts'
import { parseJson } from '../shared/bundle/manifest.ts'
import { SigningKeySchema } from '../shared/bundle/signingKey.ts'
import { type AdminToken, AdminTokenSchema } from '../shared/delivery/adminToken.ts'
import { ForYouError } from '../shared/domain/errors.ts'

/** Bindings of wrangler.toml and the secrets of `.dev.vars`; an edge without secrets serves but cannot be changed. */
export interface Env {
  readonly BUNDLES: R2Bucket
  readonly ASSETS: Fetcher
  readonly SITE: string
  readonly OPS_KEY?: string
  readonly ADMIN_TOKENS?: string
  readonly PINS?: string
  /** Budgets of /v1/admin (worker/rateLimit.ts). */
  readonly LIMIT_STRANGERS?: RateLimit
  readonly LIMIT_TOKENS?: RateLimit
  /** "2" where a second person has to approve what everybody gets. */
  readonly APPROVALS?: string
}

/** What admin routes need besides the bucket. */
export interface AdminSettings {
  readonly site: string
  readonly opsKey: SigningKey
  readonly tokens: readonly AdminToken[]
  readonly pins: Pins
  readonly approvals: boolean
}

/**
 * Reads the secrets of this deployment.
 * @throws ForYouError `unavailable` with the command that makes them, where one is missing or not readable
 */
export function adminSettings(env: Env): AdminSettings {
  return {
    site: env.SITE,
    opsKey: secret(env, 'OPS_KEY', SigningKeySchema),
    tokens: secret(env, 'ADMIN_TOKENS', v.array(AdminTokenSchema)),
    pins: secret(env, 'PINS', PinsSchema),
    approvals: env.APPROVALS === '2',
  }
}

function secret<S extends v.GenericSchema>(
  env: Env,
  name: 'OPS_KEY' | 'ADMIN_TOKENS' | 'PINS',
  schema: S,
): v.InferOutput<S> {
  const hint = 'Run "foryou keys", then start the local edge again, or deploy with "npm run deploy".'
  const value = env[name]
  if (!value)
    throw new ForYouError('unavailable', `This edge has no ${name}, so nothing can be published.`, { hint })
  try {
    return parseJson(schema, value, name)
  } catch (cause) {
    // The parser's message names a field, never its value: it must not carry a secret into a response.
    throw new ForYouError('unavailable', `The ${name} of this edge cannot be read.`, { cause, hint })
  }
}
