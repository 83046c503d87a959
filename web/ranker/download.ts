import { type ErrorCode, errorCode, ForYouError } from '../../shared/domain/errors.ts'
import type { Platform } from './platform.ts'

const TIMEOUT_MS = 60_000
const MAX_WAIT_MS = 86_400_000
const PAUSE_MS = 1000
/** A refusal is to be respected, and what took a minute would take another. */
const FINAL: readonly ErrorCode[] = ['http_error', 'offline', 'timeout']

export interface Download {
  readonly bytes: Uint8Array<ArrayBuffer>
  text(): string
  /** The server's clock, ms, where it told. */
  readonly date: number | null
}

/** What the server asked of us when it refused. */
export interface Refusal {
  readonly status: number
  /** ms to wait before the next request, `null` where it did not say. */
  readonly retryAfter: number | null
}

/**
 * Fetches from the first source whose answer is what it should be. What the last one sends wrong, or breaks off, is asked for
 * once more, past every cache: one of them may have kept a bad answer.
 * @param sources best first; one that fails is taken out, as long as there is another
 * @param name what is added to a source to make an address
 * @param check makes something of the answer; throws where it is not what it should be
 * @throws what `check` throws, and as {@link download}
 */
export async function downloadChecked<T>(
  platform: Pick<Platform, 'fetch' | 'online' | 'now' | 'random' | 'pause'>,
  sources: string[],
  name: string,
  cap: number,
  check: (answer: Download) => Promise<T>,
): Promise<T> {
  for (let reload = false; ; ) {
    const source = sources[0]!
    try {
      return await check(await download(platform, source + name, cap, reload))
    } catch (error) {
      const code = errorCode(error)
      if (sources[0] === source) {
        if (sources.length > 1) sources.shift()
        else if (reload || FINAL.includes(code)) throw error
        else {
          if (code === 'network') await platform.pause(PAUSE_MS * (1 + platform.random()))
          reload = true
        }
      }
    }
  }
}

/**
 * Fetches at most `cap` bytes. Neither cookies nor the page's address travel along.
 * @param reload past every cache, for bytes that turned out to be wrong
 * @throws ForYouError `offline`, `network`, `timeout`, `http_error` (its cause is a {@link Refusal}) or `bundle_oversize`
 */
export async function download(
  platform: Pick<Platform, 'fetch' | 'online' | 'now'>,
  url: string,
  cap: number,
  reload = false,
): Promise<Download> {
  const failed = (cause: unknown) => {
    if (!platform.online()) return new ForYouError('offline', 'The device is offline.', { cause })
    const late = cause instanceof Error && cause.name === 'TimeoutError'
    return new ForYouError(late ? 'timeout' : 'network', `${url} did not answer.`, { cause })
  }
  let response: Response
  try {
    response = await platform.fetch(url, {
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: reload ? 'reload' : 'default',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  } catch (cause) {
    throw failed(cause)
  }
  const clock = Date.parse(response.headers.get('date') ?? '')
  const date = Number.isNaN(clock) ? null : clock
  if (!response.ok) {
    void response.body?.cancel().catch(() => undefined)
    const refusal: Refusal = {
      status: response.status,
      retryAfter: retryAfter(response.headers.get('retry-after'), date ?? platform.now()),
    }
    throw new ForYouError('http_error', `${url} answered ${response.status}.`, { cause: refusal })
  }
  try {
    const bytes = await bounded(response, cap, url)
    return { bytes, date, text: () => new TextDecoder().decode(bytes) }
  } catch (error) {
    throw error instanceof ForYouError ? error : failed(error)
  }
}

/** Counts decoded bytes while they stream in: a body without end stops at the cap, not at the device's memory. */
async function bounded(response: Response, cap: number, url: string): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader()
  const parts: Uint8Array[] = []
  let length = 0
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > cap) {
      void reader.cancel().catch(() => undefined)
      throw new ForYouError('bundle_oversize', `${url} is longer than ${cap} bytes.`)
    }
    parts.push(value)
  }
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/** Seconds or a date by the server's clock (RFC 9110 §10.2.3), at most a day. */
function retryAfter(header: string | null, now: number): number | null {
  if (!header) return null
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), MAX_WAIT_MS)
}
