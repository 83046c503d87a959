import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as v from 'valibot'
import { MAX_MANIFEST_BYTES } from '../shared/bundle/limits.ts'
import { parseJson } from '../shared/bundle/manifest.ts'
import type { Bodies } from '../shared/delivery/operation.ts'
import {
  type AdminName,
  type Answer,
  type Body,
  type Fields,
  operationOf,
} from '../shared/delivery/operations.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { API } from '../shared/domain/routes.ts'
import { type Caller, demand } from './authorise.ts'
import type { AdminSettings, Env } from './env.ts'
import type { R2Store } from './r2Store.ts'

export interface AdminEnv {
  Bindings: Env
  Variables: { settings: AdminSettings; caller: Caller; store: R2Store }
}
export type AdminContext = Context<AdminEnv>

/** A request that its operation's schemas have let through. */
export interface Given<N extends AdminName> {
  readonly params: Fields<N, 'params'>
  readonly query: Fields<N, 'query'>
  /** The media type of the body. */
  readonly type: string
  /** A JSON body as it was sent; other bodies are streams, and stay in the request. */
  readonly text: string
  /** A JSON body, checked. */
  body(): Body<N>
}

/** What a handler answers with; the status says which of the operation's answers it is. */
export interface Done<N extends AdminName> {
  readonly status: 200 | 201 | 202
  readonly answer: Answer<N>
}

/**
 * Routes an operation as the table describes it: method and path, scopes, media types that no HTML form can send (trust T18),
 * a limit that holds before a text is read, then the schemas.
 */
export function serve<N extends AdminName>(
  app: Hono<AdminEnv>,
  name: N,
  handle: (c: AdminContext, given: Given<N>) => Promise<Done<N>>,
): void {
  const { method, path, scopes = [], params, query, request } = operationOf(name)
  const route = path
    .slice(`${API}/admin`.length)
    .replace('{path}', ':path{.+}')
    .replace(/\{(\w+)\}/, ':$1')
  app.on(method, route, async (c) => {
    demand(c.get('caller'), ...scopes)
    const type = request ? typeOf(c, request) : ''
    const schema = request?.[type]
    const given = {
      params: fieldsOf(params, (key) => c.req.param(key)) as Fields<N, 'params'>,
      query: fieldsOf(query, (key) => c.req.query(key)) as Fields<N, 'query'>,
      type,
      text: schema ? await textOf(c) : '',
      body: () => parseJson(schema!, given.text, 'request') as Body<N>,
    }
    const { status, answer } = await handle(c, given)
    return c.json(answer as object, status)
  })
}

/** Those of the operation's media types that was sent. */
function typeOf(c: AdminContext, request: Bodies): string {
  const given = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (Object.hasOwn(request, given)) return given
  throw new ForYouError('not_supported', `The body must be ${Object.keys(request).join(' or ')}.`)
}

/** Texts come from the address: what must be a number is read as one. */
function fieldsOf(
  schemas: Readonly<Record<string, v.GenericSchema>> = {},
  read: (key: string) => string | undefined,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schemas).map(([key, schema]) => {
      const text = read(key)
      const parsed = v.safeParse(schema, text)
      if (parsed.success) return [key, parsed.output]
      const number = /^\d{1,9}$/.test(text ?? '') ? v.safeParse(schema, Number(text)) : parsed
      if (number.success) return [key, number.output]
      throw new ForYouError('bad_usage', `"${key}" in the address: ${parsed.issues[0].message}.`)
    }),
  )
}

/** Refused before it is read where it says that it is too long, and as soon as it is where it does not say. */
async function textOf(c: AdminContext): Promise<string> {
  await bodyLimit({
    maxSize: MAX_MANIFEST_BYTES,
    onError: () => {
      throw new ForYouError('too_large', `The body is longer than ${MAX_MANIFEST_BYTES} bytes.`)
    },
  })(c, async () => {})
  return c.req.text()
}

export function originOf(c: AdminContext): { origin: string } {
  return { origin: new URL(c.req.url).origin }
}
