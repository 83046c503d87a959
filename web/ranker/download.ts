import { ForYouError } from '../../shared/domain/errors.ts'
import type { Platform } from './platform.ts'

const TIMEOUT_MS = 60_000
const MAX_WAIT_MS = 86_400_000

export interface Download {
  readonly bytes: Uint8Array<ArrayBuffer>
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
 * Fetches at most `cap` bytes. Neither cookies nor the page's address travel along.
 * @param reload past every cache, for bytes that turned out to be wrong
 * @throws ForYouError `offline`, `network`, `http_error` (its cause is a {@link Refusal}) or `bundle_oversize`
 */
export async function download(
  platform: Pick<Platform, 'fetch' | 'online' | 'now'>,
  url: string,
  cap: number,
  reload = false,
): Promise<Download> {
  const failed = (cause: unknown) =>
    platform.online()
      ? new ForYouError('network', `${url} did not answer.`, { cause })
      : new ForYouError('offline', 'The device is offline.', { cause })
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
  if (!response.ok) {
    void response.body?.cancel().catch(() => undefined)
    const refusal: Refusal = {
      status: response.status,
      retryAfter: retryAfter(response.headers.get('retry-after'), platform.now()),
    }
    throw new ForYouError('http_error', `${url} answered ${response.status}.`, { cause: refusal })
  }
  const date = Date.parse(response.headers.get('date') ?? '')
  try {
    return { bytes: await bounded(response, cap, url), date: Number.isNaN(date) ? null : date }
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

/** Seconds or a date (RFC 9110 §10.2.3), at most a day. */
function retryAfter(header: string | null, now: number): number | null {
  if (!header) return null
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), MAX_WAIT_MS)
}
