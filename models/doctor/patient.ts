import type { Pins } from '../../shared/bundle/envelope.ts'
import type { AdminTokens } from '../publish/keys.ts'

/** An answer as a visitor gets it: decoded, whole. */
export interface Answer {
  /** 0 where there was none. */
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly text: string
  /** From the request to the last byte. */
  readonly milliseconds: number
  /** Why there was no answer, or not all of it. */
  readonly error?: string
}

export interface PatientOptions {
  /** Address of the deployment, with or without a slash at its end. */
  readonly url: string
  /** Who may sign: what loaders pin. */
  readonly pins: Pins
  readonly site: string
  /** ms since 1970 UTC */
  now(): number
  /** Sent to the deployment where they are given. */
  readonly tokens?: Partial<AdminTokens>
  /** Tokens of others, by name, with the moment at which each ends, ms since 1970 UTC. */
  readonly endings?: readonly { readonly name: string; readonly until?: number | undefined }[]
  /** A page that embeds. */
  readonly page?: string | undefined
  readonly fetch?: typeof fetch
}

/** A deployment under examination. The same question is asked once. */
export interface Patient extends Omit<PatientOptions, 'url' | 'fetch'> {
  /** Without a slash at its end. */
  readonly base: string
  /** @param url a path below the base, or a whole address */
  ask(url: string, init?: Question): Promise<Answer>
}

export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Asked anew, not remembered. */
  readonly again?: boolean
}

/** As an embedding page of another origin would ask. */
const ORIGIN = 'https://page.example'
const TIMEOUT_MS = 20_000

export function createPatient({ url, fetch: ask = fetch, ...rest }: PatientOptions): Patient {
  const base = url.replace(/\/+$/, '')
  const known = new Map<string, Promise<Answer>>()
  return {
    ...rest,
    base,
    ask(path, { again = false, ...question } = {}) {
      const address = /^https?:/.test(path) ? path : base + path
      const key = JSON.stringify([address, question])
      const answer = (!again && known.get(key)) || once(ask, rest.now, address, question)
      known.set(key, answer)
      return answer
    },
  }
}

async function once(
  ask: typeof fetch,
  now: () => number,
  address: string,
  { method = 'GET', headers = {}, body }: Question,
): Promise<Answer> {
  const began = now()
  let response: Response | null = null
  try {
    response = await ask(address, {
      method,
      headers: { origin: ORIGIN, 'accept-encoding': 'br', ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && { body }),
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    const text = bytes.length > 4_000_000 ? '' : new TextDecoder().decode(bytes)
    return { status: response.status, headers: response.headers, bytes, text, milliseconds: now() - began }
  } catch (cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
    const error =
      inner instanceof Error ? ((inner as NodeJS.ErrnoException).code ?? inner.message) : String(inner)
    const headers = response?.headers ?? new Headers()
    const status = response?.status ?? 0
    return { status, headers, bytes: new Uint8Array(0), text: '', milliseconds: now() - began, error }
  }
}

/** Why an answer cannot be used, in a few words; `null` for a good one. */
export function failure({ status, error }: Answer): string | null {
  if (error !== undefined) return status === 0 ? `no answer (${error})` : `it breaks off (${error})`
  return status === 200 ? null : `status ${status}`
}
