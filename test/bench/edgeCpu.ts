import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EdgeClient } from '../../models/publish/edgeClient.ts'
import { type LocalEdge, startLocalEdge } from '../../models/publish/localEdge.ts'
import { seededRandom } from '../../models/random.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { routes } from '../../shared/domain/routes.ts'
import { load } from './load.ts'
import { cpuOf, workerProcess } from './processUse.ts'

const SIZES = [10_000, 100_000, 1_000_000, 16_000_000]
/** About as many bytes for each size, within bounds. */
const BYTES = 3.2e8
const REQUESTS = [20, 600] as const
const ROUNDS = 3

/** The least that a Worker can do: what the cache holds, handed on. */
const CONTROL = `export default {
  async fetch(request) {
    if (request.method !== 'PUT') return (await caches.default.match(request.url)) ?? new Response(null, { status: 404 })
    const headers = { 'cache-control': 'public, max-age=86400', 'content-type': 'application/octet-stream' }
    const body = request.body.pipeThrough(new FixedLengthStream(Number(request.headers.get('content-length'))))
    await caches.default.put(request.url, new Response(body, { headers }))
    return new Response(null, { status: 204 })
  },
}
`

/**
 * Processor time for one warm blob of each size, in the process that runs the Worker, beside a Worker that does nothing but
 * hand on what the same simulated cache holds. Both processes copy every byte through that cache and the kernel; what our
 * code costs is the difference, and it must not grow with the size.
 * @returns paragraphs of Markdown
 */
export async function cpuBySize(edge: LocalEdge, client: EdgeClient, control: LocalEdge) {
  const rows: string[] = []
  for (const size of SIZES) {
    console.error(`… processor time of a blob of ${size} bytes`)
    const random = seededRandom(size)
    const bytes = Uint8Array.from({ length: size }, () => 256 * random())
    const name = await sha256(bytes)
    await client.putBlob(name, 'identity', bytes)
    const path = routes.blob(name)
    await fetch(control.url + path, { method: 'PUT', body: bytes })
    const ours: Cost[] = []
    const least: Cost[] = []
    // In turns, so that whatever else the machine does meets both.
    for (let round = 0; round <= ROUNDS; round++) {
      const cost = [await costOf(edge, path, size), await costOf(control, path, size)] as const
      if (round === 0) continue // warm-up
      ours.push(cost[0])
      least.push(cost[1])
    }
    const difference = ours.map(({ total }, i) => total - least[i]!.total)
    rows.push(
      `| ${size.toLocaleString('en')} B | ${spread(ours.map((cost) => cost.total))} | ${spread(ours.map((cost) => cost.kernel))} | ${spread(least.map((cost) => cost.total))} | ${spread(difference)} |`,
    )
  }
  return [
    [
      '| warm blob, identity | processor time a request | of it the kernel | a Worker that only hands on | difference: our code |',
      '| --- | --: | --: | --: | --: |',
      ...rows,
    ].join('\n'),
    `Milliseconds, median of ${ROUNDS} rounds and their range. The process includes the simulated cache, which copies every byte; on Cloudflare that is not the Worker's.`,
  ]
}

interface Cost {
  /** ms a request */
  readonly total: number
  readonly kernel: number
}

async function costOf(edge: LocalEdge, path: string, size: number): Promise<Cost> {
  const requests = Math.min(REQUESTS[1], Math.max(REQUESTS[0], Math.round(BYTES / size)))
  const pid = workerProcess(edge.pid)
  const before = cpuOf(pid)
  const { statuses, bytes } = await load(edge.url, { connections: 2, end: { requests }, path: () => path })
  const after = cpuOf(pid)
  if (statuses.get(200) !== requests || bytes !== requests * size)
    throw new Error(`${path} was not answered ${requests} times with ${size} bytes`)
  const kernel = (after.kernel - before.kernel) / requests
  return { total: (after.user - before.user) / requests + kernel, kernel }
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b)
  const ms = (x: number) => `${x < 0 ? '−' : ''}${Math.abs(x).toFixed(2)}`
  return `${ms(sorted[sorted.length >> 1]!)} (${ms(sorted[0]!)} to ${ms(sorted.at(-1)!)})`
}

/** A Worker that only hands on what the cache holds, or says that there is nothing. */
export async function startControl(root: string, dir: string): Promise<LocalEdge> {
  mkdirSync(join(dir, 'site'), { recursive: true })
  writeFileSync(join(dir, 'control.js'), CONTROL)
  writeFileSync(
    join(dir, 'wrangler.toml'),
    'name = "control"\nmain = "control.js"\ncompatibility_date = "2026-10-01"\n',
  )
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
  return startLocalEdge({ root: dir, port: 0, persistDir: join(dir, 'edge') })
}
