import * as v from 'valibot'
import type { Envelope } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { parseJson } from '../../shared/bundle/manifest.ts'
import { ERROR_CODES, ForYouError } from '../../shared/domain/errors.ts'
import { routes } from '../../shared/domain/routes.ts'
import type { AdminTokens } from './keys.ts'

export interface EdgeClientOptions {
  /** Origin of the edge, with or without a slash at its end. */
  readonly endpoint: string
  readonly tokens: Partial<AdminTokens>
  readonly fetch?: typeof fetch
  /** Waits that many milliseconds; a parameter so that tests need not. */
  readonly sleep?: (ms: number) => Promise<void>
}

export interface Operation {
  /** Any fresh id, the same one for every retry of the same wish. */
  readonly op: string
  /** The seq that the caller has seen; without it, the latest. */
  readonly seq?: number | undefined
}

const WrittenSchema = v.object({
  seq: v.number(),
  op: v.string(),
  manifest: v.string(),
  replayed: v.boolean(),
})
/** What a change of the head has written. */
export type Written = v.InferOutput<typeof WrittenSchema>

const CreatedSchema = v.object({ created: v.boolean() })
const MissingSchema = v.object({ missing: v.array(v.string()) })
const ProblemSchema = v.object({
  code: v.picklist(ERROR_CODES),
  detail: v.string(),
  hint: v.optional(v.string()),
})

/** The edge answers about this many hashes at once. */
const MAX_ASKED = 500
/** Waits before each further attempt, ms. Every request may be repeated: puts create only, changes carry an id. */
const BACK_OFF = [250, 500, 1000, 2000]
/** Of those who race, one wins a round. */
const CONFLICT_ATTEMPTS = 12

/** A typed client of the edge's admin API. Every method throws ForYouError with the edge's own code and hint. */
export interface EdgeClient {
  readonly endpoint: string
  /** The head's envelope as it was sent, `null` where nothing is live. */
  head(): Promise<string | null>
  /** The envelope of a published manifest, `null` where there is none of this name. */
  manifest(sha256: string): Promise<string | null>
  /** Those of the named blobs that the edge does not have yet. */
  missing(sha256s: readonly string[]): Promise<readonly string[]>
  /** @returns false where it was there already */
  putBlob(sha256: string, coding: 'identity' | 'br', bytes: Uint8Array<ArrayBuffer>): Promise<boolean>
  putManifest(sha256: string, envelope: Envelope): Promise<boolean>
  promote(change: Operation & { readonly manifest: string }): Promise<Written>
  refresh(change: Operation): Promise<Written>
}

/** @throws ForYouError `bad_usage` for an address to which no secret may be sent */
export function createEdgeClient({ endpoint, tokens, ...options }: EdgeClientOptions): EdgeClient {
  const base = checkedEndpoint(endpoint)
  const get = options.fetch ?? fetch
  const sleep = options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)))

  async function request(path: string, init: RequestInit = {}): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const wait = BACK_OFF[attempt]
      let response: Response
      try {
        response = await get(base + path, { ...init, redirect: 'error' })
      } catch (cause) {
        if (wait === undefined) throw unreachable(base, cause)
        await sleep(wait)
        continue
      }
      // 503 is an edge that was never set up: repeating would not help. Other 5xx and 429 pass.
      const passing = response.status === 429 || (response.status >= 500 && response.status !== 503)
      if (!passing || wait === undefined) return response
      await response.body?.cancel()
      await sleep(Math.max(wait, 1000 * Number(response.headers.get('retry-after') ?? 0) || 0))
    }
  }

  async function admin<S extends v.GenericSchema>(
    scope: keyof AdminTokens,
    path: string,
    schema: S,
    init: RequestInit & { headers: Record<string, string> },
  ): Promise<v.InferOutput<S>> {
    const token = tokens[scope]
    if (!token)
      throw new ForYouError('unauthorised', `There is no token for "${scope}".`, {
        hint: 'Run "foryou keys".',
      })
    const headers = { ...init.headers, authorization: `Bearer ${token}` }
    const response = await request(path, { ...init, headers })
    if (!response.ok) throw await problemOf(response, base)
    return parseJson(schema, await response.text(), `answer of ${base}`)
  }

  const json = (method: string, value: unknown) => ({
    method,
    body: JSON.stringify(value),
    headers: { 'content-type': 'application/json' },
  })

  async function change(path: string, { seq, ...wish }: Operation & { manifest?: string }): Promise<Written> {
    const body = { ...wish, ...(seq !== undefined && { seq }) }
    for (let attempt = 1; ; attempt++) {
      try {
        return await admin('promote', path, WrittenSchema, json('POST', body))
      } catch (error) {
        const lost = error instanceof ForYouError && error.code === 'conflict' && seq === undefined
        if (!lost || attempt === CONFLICT_ATTEMPTS) throw error
        await sleep(25 * attempt)
      }
    }
  }

  async function text(path: string): Promise<string | null> {
    const response = await request(path)
    if (response.ok) return response.text()
    const problem = await problemOf(response, base)
    if (problem.code === 'not_found') return null
    throw problem
  }

  return {
    endpoint: base,
    head: () => text(routes.head),
    manifest: (name) => text(routes.manifest(name)),
    async missing(names) {
      const found: string[] = []
      for (let from = 0; from < names.length; from += MAX_ASKED) {
        const body = json('POST', { sha256: names.slice(from, from + MAX_ASKED) })
        found.push(...(await admin('publish', routes.admin.missing, MissingSchema, body)).missing)
      }
      return found
    },
    async putBlob(name, coding, bytes) {
      const digest = Buffer.from(await sha256(bytes), 'hex').toString('base64')
      const headers = { 'content-type': 'application/octet-stream', 'content-digest': `sha-256=:${digest}:` }
      const path = routes.admin.blob(name, coding)
      return (await admin('publish', path, CreatedSchema, { method: 'PUT', body: bytes, headers })).created
    },
    async putManifest(name, envelope) {
      return (await admin('publish', routes.admin.manifest(name), CreatedSchema, json('PUT', envelope)))
        .created
    },
    promote: (wish) => change(routes.admin.promote, wish),
    refresh: (wish) => change(routes.admin.refresh, wish),
  }
}

/** Tokens travel by https, or do not leave this machine. */
function checkedEndpoint(endpoint: string): string {
  const url = URL.parse(endpoint)
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new ForYouError('bad_usage', `"${endpoint}" is not the address of an edge.`, {
      hint: 'Give one like https://foryou.example.workers.dev.',
    })
  }
  if (url.protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) {
    throw new ForYouError('bad_usage', `${url.origin} would see the admin token in clear.`, {
      hint: 'Use https.',
    })
  }
  return url.origin
}

async function problemOf(response: Response, base: string): Promise<ForYouError> {
  const text = await response.text().catch(() => '')
  const problem = response.headers.get('content-type')?.startsWith('application/problem+json')
    ? v.safeParse(v.pipe(v.string(), v.parseJson(), ProblemSchema), text)
    : null
  if (problem?.success) {
    const { code, detail, hint } = problem.output
    return new ForYouError(code, detail, hint === undefined ? {} : { hint })
  }
  return new ForYouError('http_error', `${base} answered ${response.status} without a reason.`, {
    hint: 'Is this address a foryou edge?',
  })
}

function unreachable(base: string, cause: unknown): ForYouError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const reason =
    inner instanceof Error ? ((inner as NodeJS.ErrnoException).code ?? inner.message) : String(inner)
  return new ForYouError('network', `${base} cannot be reached (${reason}).`, {
    cause,
    hint: 'Is the edge running? "npm start" starts the local one.',
  })
}
