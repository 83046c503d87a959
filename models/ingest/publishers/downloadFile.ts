import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ForYouError } from '../../../shared/domain/errors.ts'

export interface DownloadOptions {
  /** Length of the whole file, where it is known. */
  readonly bytes: number | undefined
  /** More than this is not read, where the length is not known. */
  readonly maxBytes: number
  /** SHA-256 as 64 hexadecimal digits; a file with another one never gets its name. */
  readonly sha256: string
  /** Told how many bytes there are now, and how many there will be, as far as that is known. */
  progress(done: number, of: number | undefined): void
  /** Waits between two attempts: injected, so that tests need not. */
  readonly wait?: (ms: number) => Promise<void>
  /** Milliseconds without a byte after which a connection counts as lost. */
  readonly patience?: number
}

const ATTEMPTS = 5
/** Nobody is there at all: waiting would only look like work. */
const NOBODY = ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ENETUNREACH']
const PATIENCE_MS = 30_000
const FIRST_WAIT_MS = 500

/**
 * Downloads a file by its pinned hash. What has arrived lies in `path.part` and is continued by Range, in the next attempt or
 * the next call; a server that ignores Range starts again. Attempts that bring nothing are given up after the fifth in a row.
 * @throws ForYouError `offline` where nothing answers, `http_error`, `too_large`, or `hash_mismatch` for other bytes
 */
export async function downloadFile(url: string, path: string, options: DownloadOptions): Promise<void> {
  const { wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)) } = options
  const part = `${path}.part`
  await mkdir(dirname(path), { recursive: true })
  let fruitless = 0
  for (;;) {
    const before = await sizeOf(part)
    if (before === options.bytes) break
    try {
      await receive(url, part, before, options)
      break
    } catch (cause) {
      if (cause instanceof ForYouError) throw cause
      fruitless = (await sizeOf(part)) > before ? 0 : fruitless + 1
      if (fruitless >= ATTEMPTS || (before === 0 && nobodyThere(cause))) {
        throw unreachable(url, before > 0 ? part : undefined, cause)
      }
      await wait(FIRST_WAIT_MS * 2 ** Math.max(0, fruitless - 1))
    }
  }
  const found = await sha256Of(part)
  if (found !== options.sha256) {
    await rm(part)
    throw new ForYouError('hash_mismatch', `${url} is not the file that is known: its SHA-256 is ${found}.`, {
      hint: `It should be ${options.sha256}. The publisher changed the file, or somebody on the way did; nothing was kept.`,
    })
  }
  await rename(part, path)
}

/** One request, from where the part ends. */
async function receive(url: string, part: string, from: number, options: DownloadOptions): Promise<void> {
  const abort = new AbortController()
  const patience = options.patience ?? PATIENCE_MS
  let timer = setTimeout(() => abort.abort(), patience)
  let file: FileHandle | undefined
  try {
    const response = await fetch(url, {
      signal: abort.signal,
      // Compressed on the way, lengths and ranges would mean something else.
      headers: { 'accept-encoding': 'identity', ...(from > 0 ? { range: `bytes=${from}-` } : {}) },
    })
    if (response.status >= 500 || response.status === 429) throw new Error(`status ${response.status}`)
    const continues = response.status === 206 && rangeStart(response) === from
    if (!continues && response.status !== 200) {
      await rm(part, { force: true })
      if (response.status === 416 || response.status === 206) throw new Error(`status ${response.status}`)
      throw new ForYouError('http_error', `${url} answered with status ${response.status}.`, {
        hint: 'The publisher may have moved the file.',
      })
    }
    const limit = options.bytes ?? options.maxBytes
    const whole = options.bytes ?? wholeLength(response, continues ? from : 0)
    let done = continues ? from : 0
    file = await open(part, continues ? 'a' : 'w')
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer)
      timer = setTimeout(() => abort.abort(), patience)
      done += chunk.length
      if (done > limit) {
        await file.close()
        file = undefined
        await rm(part)
        throw new ForYouError('too_large', `${url} is longer than the ${limit} bytes that it may have.`, {
          hint: 'The publisher changed the file, or somebody on the way did; nothing was kept.',
        })
      }
      await file.write(chunk)
      options.progress(done, whole)
    }
    if (whole !== undefined && done < whole) throw new Error(`ended after ${done} of ${whole} bytes`)
  } finally {
    clearTimeout(timer)
    await file?.close()
    // A body that nobody reads on would hold its connection open.
    abort.abort()
  }
}

function rangeStart(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN)
}

function wholeLength(response: Response, from: number): number | undefined {
  const length = response.headers.get('content-length')
  return length === null ? undefined : from + Number(length)
}

function unreachable(url: string, part: string | undefined, cause: unknown): ForYouError {
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause)
  return new ForYouError('offline', `${url} could not be fetched: ${reason}.`, {
    cause,
    hint: `Without a network, put the data into data/ yourself.${part ? ` What has arrived stays in ${part} and is continued.` : ''}`,
  })
}

function nobodyThere(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined
  return NOBODY.includes(cause?.code ?? '')
}

function reasonOf(error: Error): string {
  const { cause } = error
  if (nobodyThere(error)) return `nothing answers (${(cause as { code: string }).code})`
  if (error.name === 'AbortError') return 'nothing came for too long'
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
