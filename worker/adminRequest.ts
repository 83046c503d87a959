import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type * as v from 'valibot'
import { MAX_MANIFEST_BYTES } from '../shared/bundle/limits.ts'
import { parseJson } from '../shared/bundle/manifest.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { SHA256_PATTERN } from '../shared/domain/routes.ts'
import type { Caller } from './authorise.ts'
import type { AdminSettings, Env } from './env.ts'
import type { R2Store } from './r2Store.ts'

export interface AdminEnv {
  Bindings: Env
  Variables: { settings: AdminSettings; caller: Caller; store: R2Store }
}
export type AdminContext = Context<AdminEnv>

/** A middleware that refuses a long text before it is read. */
export function textLimit(what: string) {
  return bodyLimit({
    maxSize: MAX_MANIFEST_BYTES,
    onError: () => {
      throw new ForYouError('too_large', `The ${what} is longer than ${MAX_MANIFEST_BYTES} bytes.`)
    },
  })
}

export async function readJson<S extends v.GenericSchema>(
  c: AdminContext,
  schema: S,
): Promise<v.InferOutput<S>> {
  demandType(c, 'application/json')
  return parseJson(schema, await c.req.text(), 'request')
}

/** Types that no HTML form can send (trust T18). */
export function demandType(c: AdminContext, type: string): void {
  const given = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (given !== type) throw new ForYouError('not_supported', `The body must be ${type}.`)
}

export function hashParameter(c: AdminContext): string {
  const name = c.req.param('sha256') ?? ''
  if (SHA256_PATTERN.test(name)) return name
  throw new ForYouError('bad_usage', 'A name here is 64 lower-case hex digits.')
}

export function originOf(c: AdminContext): { origin: string } {
  return { origin: new URL(c.req.url).origin }
}
