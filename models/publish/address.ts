import { lookup } from 'node:dns/promises'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { ForYouError } from '../../shared/domain/errors.ts'

export const DEFAULT_PORT = 8787
export const DEFAULT_HOST = '127.0.0.1'

export interface Address {
  /** What to bind to. */
  readonly ip: string
  readonly port: number
  /** What a browser on this machine opens. */
  readonly url: string
}

export interface AddressOptions {
  /** Name or address; `undefined` means this machine only. */
  readonly host?: string | undefined
  /** 1–65535, or 0 for any free one; text as it comes from the environment. */
  readonly port?: string | number | undefined
  /** Serve plain http beyond this machine although browsers refuse to verify bundles there. */
  readonly allowInsecure?: boolean
}

/**
 * Checks where the local edge shall listen, and that it can, before anything is started.
 * @throws ForYouError `bad_usage`: a port in use or out of range, a host that is not this machine, or one that other
 *   machines reach by plain http, where browsers offer no WebCrypto and nothing could be verified
 */
export async function checkAddress({ host, port, allowInsecure = false }: AddressOptions): Promise<Address> {
  const name = host || DEFAULT_HOST
  const ip = await ownAddress(name)
  if (!isLoopback(ip) && !allowInsecure) {
    throw new ForYouError(
      'bad_usage',
      `HOST=${name} is insecure: by plain http other machines cannot verify anything.`,
      {
        hint: 'Leave HOST out, put https in front, or set ALLOW_INSECURE=1 to see what works without.',
      },
    )
  }
  const free = await freePort(ip, checkedPort(port), name)
  const shown = ip === '0.0.0.0' ? '127.0.0.1' : ip === '::' ? '::1' : ip
  const authority = name === 'localhost' ? name : shown.includes(':') ? `[${shown}]` : shown
  return { ip, port: free, url: `http://${authority}:${free}` }
}

function checkedPort(port: string | number | undefined): number {
  if (port === undefined || port === '') return DEFAULT_PORT
  if (/^\d{1,5}$/.test(String(port)) && Number(port) <= 65_535) return Number(port)
  throw new ForYouError('bad_usage', `PORT=${port} is not a port.`, { hint: 'Use a number from 1 to 65535.' })
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || /^127\.\d+\.\d+\.\d+$/.test(ip)
}

async function ownAddress(name: string): Promise<string> {
  if (name === '0.0.0.0' || name === '::') return name
  const bare = name.replace(/^\[(.*)\]$/, '$1')
  const wrong = (cause?: unknown) =>
    new ForYouError('bad_usage', `HOST=${name} is not an address of this machine.`, {
      cause,
      hint: `Leave HOST out to use ${DEFAULT_HOST}.`,
    })
  let ip: string
  try {
    // IPv4 first: "localhost" then means the same to curl, browsers and the edge.
    ;({ address: ip } = await lookup(bare, { order: 'ipv4first' }))
  } catch (cause) {
    throw wrong(cause)
  }
  const own = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))
  if (isLoopback(ip) || own.includes(ip)) return ip
  throw wrong()
}

async function freePort(ip: string, port: number, name: string): Promise<number> {
  const server = createServer()
  try {
    return await new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host: ip, exclusive: true }, () => {
        const address = server.address()
        resolve(typeof address === 'object' && address ? address.port : port)
      })
    })
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'EADDRINUSE') {
      throw new ForYouError('bad_usage', `Port ${port} is in use.`, {
        cause,
        hint: `Choose another one: PORT=${port === 65_535 ? 8788 : port + 1}.`,
      })
    }
    throw new ForYouError('bad_usage', `Nothing can listen on ${name}:${port} (${code}).`, {
      cause,
      hint: 'Choose a PORT above 1023 and a HOST of this machine.',
    })
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
