import { Agent, type IncomingMessage, request } from 'node:http'
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

export interface LoadOptions {
  /** Requests under way at any moment, each on a kept connection of its own. */
  readonly connections: number
  /** Ends after that many requests, or after that many seconds. */
  readonly end: { readonly requests: number } | { readonly seconds: number }
  /** Path of the nth request. */
  path(n: number): string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** How long a connection rests after each answer, ms; not at all by default. */
  readonly rest?: number
  /** Text of the nth request's body. */
  body?(n: number): string
}

export interface Measured {
  readonly requests: number
  readonly perSecond: number
  /** Milliseconds from the call to the last byte of the body. */
  readonly p50: number
  readonly p99: number
  /** How often each status was answered. */
  readonly statuses: ReadonlyMap<number, number>
  /** Bytes of all bodies. */
  readonly bytes: number
}

/** A closed loop: every connection asks again as soon as it has the whole answer. */
export async function load(url: string, options: LoadOptions): Promise<Measured> {
  const { connections, end, path, body, rest = 0, method = 'GET', headers = {} } = options
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const histogram = createHistogram()
  const statuses = new Map<number, number>()
  let bytes = 0
  let next = 0
  let done = 0
  const began = performance.now()
  const more = () =>
    'requests' in end ? next < end.requests : performance.now() - began < 1000 * end.seconds
  const connection = async () => {
    while (more()) {
      const start = performance.now()
      const n = next++
      const answer = await ask(url + path(n), { agent, method, headers }, body?.(n))
      histogram.record(Math.max(1, Math.round(1e6 * (performance.now() - start))))
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      bytes += answer.bytes
      done++
      if (rest > 0) await sleep(rest)
    }
  }
  try {
    await Promise.all(Array.from({ length: connections }, connection))
  } finally {
    agent.destroy()
  }
  const seconds = (performance.now() - began) / 1000
  return {
    requests: done,
    perSecond: done / seconds,
    p50: histogram.percentile(50) / 1e6,
    p99: histogram.percentile(99) / 1e6,
    statuses,
    bytes,
  }
}

function ask(
  url: string,
  options: { agent: Agent; method: string; headers: Readonly<Record<string, string>> },
  body: string | undefined,
): Promise<{ status: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    const call = request(url, options, (response: IncomingMessage) => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes }))
      response.on('error', reject)
    })
    call.on('error', reject).end(body)
  })
}
