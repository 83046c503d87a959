import { createServer, type IncomingHttpHeaders, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** An answer with its body as it travels, coding included. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A request on its way to the edge, and what a fault can do to it. */
export interface Passing {
  readonly path: string
  /** How often this path was asked for since the fault began, this time included. */
  readonly time: number
  /** Goes on to the edge, which answers in the browser's coding or, if it is told so, in none. */
  upstream(coding?: 'identity'): Promise<Reply>
  answer(reply: Reply): void
  readonly response: ServerResponse
  readonly socket: Socket
}

/** @returns false where it does nothing about this request */
export type Fault = (passing: Passing) => Promise<boolean> | boolean

/**
 * A server in front of a real edge that passes everything on, byte for byte, until it is given a fault. What the edge lets
 * caches keep for a minute comes out of date at once, as if a minute had passed between any two requests.
 */
export class FaultyEdge {
  readonly #target: URL
  readonly #server: Server
  readonly #times = new Map<string, number>()
  #fault: Fault | null = null
  /** Paths that were asked for since the fault began, and not refused: a refusal on a kept connection Chromium asks again. */
  answered: string[] = []
  /** Paths that were asked for since the fault began. */
  begun: string[] = []

  private constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((incoming, response) => {
      const path = incoming.url ?? '/'
      this.begun.push(path)
      const time = (this.#times.get(path) ?? 0) + 1
      this.#times.set(path, time)
      const { socket } = incoming
      const upstream = (coding?: 'identity') =>
        this.#upstream(
          path,
          { ...incoming.headers, ...(coding && { 'accept-encoding': coding }) },
          incoming.method,
        )
      response.once('close', () => response.headersSent && this.answered.push(path))
      const answer = (reply: Reply) => response.writeHead(reply.status, reply.headers).end(reply.body)
      const pass = async () => {
        const fault = this.#fault
        if (fault && (await fault({ path, time, upstream, answer, response, socket }))) return
        answer(await upstream())
      }
      pass().catch(() => socket.destroy())
    })
  }

  static async before(target: string): Promise<FaultyEdge> {
    const edge = new FaultyEdge(target)
    await new Promise<void>((resolve) => edge.#server.listen(0, '127.0.0.1', resolve))
    return edge
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Begins a fault, or ends it. */
  begin(fault: Fault | null): void {
    this.#fault = fault
    this.answered = []
    this.begun = []
    this.#times.clear()
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #upstream(path: string, headers: IncomingHttpHeaders, method = 'GET'): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { host: _, 'if-none-match': __, connection: ___, ...passed } = headers
      const sent = request(new URL(path, this.#target), { method, headers: passed }, (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('error', reject)
        answer.on('end', () => {
          const { connection: _, 'transfer-encoding': __, ...kept } = answer.headers
          const short = kept['cache-control']?.includes('max-age=60')
          const body = Buffer.concat(parts)
          resolve({
            status: answer.statusCode ?? 0,
            headers: {
              ...kept,
              'content-length': String(body.length),
              ...(short && { 'cache-control': 'no-cache' }),
            },
            body,
          })
        })
      })
      sent.on('error', reject)
      sent.end()
    })
  }
}

const only =
  (where: RegExp, work: (passing: Passing) => Promise<void> | void): Fault =>
  async (passing) => {
    if (!where.test(passing.path)) return false
    await work(passing)
    return true
  }

/** Passes the edge's answer on, not compressed and changed. */
export const changed = (where: RegExp, change: (reply: Reply, passing: Passing) => Promise<Reply> | Reply) =>
  only(where, async (passing) => passing.answer(await change(await passing.upstream('identity'), passing)))

/** Answers in the edge's place. */
export const answered = (where: RegExp, status: number, headers: Record<string, string>, body: string) =>
  changed(where, (reply) => ({
    status,
    headers: { 'access-control-allow-origin': '*', date: reply.headers.date ?? '', ...headers },
    body: Buffer.from(body),
  }))

/** The connection breaks when half of the body has gone out. */
export const cutOff = (where: RegExp) =>
  only(where, async ({ upstream, response, socket }) => {
    const { status, headers, body } = await upstream()
    response.writeHead(status, headers)
    response.write(body.subarray(0, body.length >> 1), () => setTimeout(() => socket.destroy(), 50))
  })

/** A body without a length, which ends when the connection does, and ends early: to HTTP a success. */
export const endedEarly = (where: RegExp) =>
  only(where, async ({ upstream, socket }) => {
    const { status, headers, body } = await upstream()
    const { 'content-length': _, ...kept } = headers
    const lines = Object.entries({ ...kept, connection: 'close' }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    )
    socket.write(`HTTP/1.1 ${status} OK\r\n${lines.join('')}\r\n`)
    socket.end(body.subarray(0, body.length >> 1))
  })

/** Nobody answers at all. */
export const refused = (where: RegExp) => only(where, ({ socket }) => void socket.destroy())

/** Sends for as long as somebody takes it. */
export const endless = (where: RegExp) =>
  only(where, async ({ upstream, response }) => {
    const { 'content-length': _, ...headers } = (await upstream('identity')).headers
    response.writeHead(200, headers)
    const noise = Buffer.alloc(65_536, 'again and ')
    const more = () => {
      while (!response.destroyed && response.write(noise));
    }
    response.on('drain', more)
    more()
  })

/** Answers headers and half a body, and then nothing more for as long as the test lasts. */
export const stalled = (where: RegExp) =>
  only(where, async ({ upstream, response }) => {
    const { status, headers, body } = await upstream()
    response.writeHead(status, headers)
    response.write(body.subarray(0, body.length >> 1))
  })
