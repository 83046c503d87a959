import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Line {
  readonly megabits: number
  /** Until an answer begins, ms. */
  readonly latency: number
}

export interface SlowProxy {
  readonly url: string
  stop(): void
}

const CHUNK = 4096

/**
 * An edge at the end of a slow line: answers begin late and share its bandwidth, whoever in the browser asks. (What DevTools
 * slows down is a page's own requests only, not those of its workers.)
 * @param pages what is served beside the edge: path → HTML
 */
export async function slowProxy(
  edge: string,
  { megabits, latency }: Line,
  pages: Readonly<Record<string, string>>,
): Promise<SlowProxy> {
  let free = 0
  async function* slowly(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      for (let from = 0; from < chunk.length; from += CHUNK) {
        const part = chunk.subarray(from, from + CHUNK)
        free = Math.max(free, performance.now()) + (part.length * 8) / (megabits * 1000)
        const wait = free - performance.now()
        if (wait > 1) await sleep(wait)
        yield part
      }
    }
  }
  const server: Server = createServer((incoming, response) => {
    const page = pages[incoming.url ?? '']
    const begun = sleep(latency)
    if (page !== undefined) {
      void begun.then(() => response.setHeader('content-type', 'text/html; charset=utf-8').end(page))
      return
    }
    const upstream = request(new URL(incoming.url ?? '/', edge), { headers: incoming.headers }, (answer) => {
      void begun.then(async () => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        for await (const part of slowly(answer)) response.write(part)
        response.end()
      })
    })
    upstream.on('error', () => response.writeHead(502).end())
    upstream.end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
