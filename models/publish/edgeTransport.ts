import * as v from 'valibot'
import { sha256 } from '../../shared/bundle/hash.ts'
import { parseJson } from '../../shared/bundle/manifest.ts'
import { type AdminName, type Answer, type Body, operationOf } from '../../shared/delivery/operations.ts'
import { ProblemSchema } from '../../shared/delivery/problem.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { AdminTokens } from './adminTokens.ts'

export interface TransportOptions {
  /** Address of the edge, with or without a slash at its end; a static host may keep it below a path. */
  readonly endpoint: string
  readonly tokens: Partial<AdminTokens>
  readonly fetch?: typeof fetch
  /** Waits that many milliseconds; a parameter so that tests need not. */
  readonly sleep?: (ms: number) => Promise<void>
}

/** How requests travel: where to, with which token, how often, and what a refusal becomes. */
export interface EdgeTransport {
  readonly base: string
  sleep(ms: number): Promise<void>
  /** The text of a public answer, `null` for 404. */
  text(path: string): Promise<string | null>
  /** The decoded bytes of a public answer, `null` for 404. */
  bytes(path: string): Promise<Uint8Array<ArrayBuffer> | null>
  /**
   * An admin operation with a token of one of its scopes, and its answer as its schema has checked it.
   * @param path with everything that varies, from `routes.admin`
   * @param body what is sent as JSON, or bytes, which travel with their hash (Content-Digest, RFC 9530)
   */
  call<N extends AdminName>(
    name: N,
    path: string,
    body?: Body<N> | Uint8Array<ArrayBuffer>,
  ): Promise<Answer<N>>
}

/** What is read of a problem document: more than that need not be there (RFC 9457). */
const Told = v.pick(ProblemSchema, ['code', 'detail', 'hint'])

/** Waits before each further attempt, ms. Every request may be repeated: puts create only, changes carry an id. */
const BACK_OFF = [250, 500, 1000, 2000]

/** Whoever is asked to wait longer than this gets the refusal instead. */
const MAX_WAIT_MS = 120_000

/** @throws ForYouError `bad_usage` for an address to which no secret may be sent */
export function createTransport({ endpoint, tokens, ...options }: TransportOptions): EdgeTransport {
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
      if (wait === undefined || !passes(response.status)) return response
      const asked = 1000 * Number(response.headers.get('retry-after') ?? 0)
      if (asked > MAX_WAIT_MS) return response
      await response.body?.cancel()
      await sleep(Math.max(wait, asked || 0))
    }
  }

  async function open(path: string): Promise<Response | null> {
    const response = await request(path)
    if (response.ok) return response
    const problem = await problemOf(response, base)
    if (problem.code === 'not_found') return null
    throw problem
  }

  return {
    base,
    sleep,
    text: async (path) => (await open(path))?.text() ?? null,
    async bytes(path) {
      const response = await open(path)
      return response && new Uint8Array(await response.arrayBuffer())
    },
    async call<N extends AdminName>(name: N, path: string, body?: Body<N> | Uint8Array<ArrayBuffer>) {
      const { method, scopes = [], answers } = operationOf(name)
      const token = scopes.map((scope) => tokens[scope]).find(Boolean)
      if (!token) {
        throw new ForYouError('unauthorised', `There is no token for "${scopes.join('" or "')}".`, {
          hint: 'Run "foryou keys".',
        })
      }
      const headers = { authorization: `Bearer ${token}` }
      const response = await request(path, { method, ...(await bodyOf(body, headers)) })
      const schema = answers[response.status]?.['application/json']
      if (schema) return parseJson(schema, await response.text(), `answer of ${base}`) as Answer<N>
      throw await problemOf(response, base)
    },
  }
}

async function bodyOf(
  body: object | Uint8Array<ArrayBuffer> | undefined,
  headers: Record<string, string>,
): Promise<RequestInit> {
  if (body === undefined) return { headers }
  if (!isBytes(body))
    return { body: JSON.stringify(body), headers: { ...headers, 'content-type': 'application/json' } }
  const digest = Buffer.from(await sha256(body), 'hex').toString('base64')
  return {
    body,
    headers: {
      ...headers,
      'content-type': 'application/octet-stream',
      'content-digest': `sha-256=:${digest}:`,
    },
  }
}

const isBytes = (body: object): body is Uint8Array<ArrayBuffer> => body instanceof Uint8Array

/** 503 is an edge that was never set up: repeating would not help. 429 and other failures of a server pass. */
function passes(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 503)
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
  return url.origin + url.pathname.replace(/\/+$/, '')
}

async function problemOf(response: Response, base: string): Promise<ForYouError> {
  const text = await response.text().catch(() => '')
  const problem = response.headers.get('content-type')?.startsWith('application/problem+json')
    ? v.safeParse(v.pipe(v.string(), v.parseJson(), Told), text)
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
