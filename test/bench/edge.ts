import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { createEdgeClient, type EdgeClient } from '../../models/publish/edgeClient.ts'
import { ensureKeys, type Keys } from '../../models/publish/keys.ts'
import { type LocalEdge, startLocalEdge } from '../../models/publish/localEdge.ts'
import { publishBundle } from '../../models/publish/publishBundle.ts'
import { signManifest } from '../../models/publish/signManifest.ts'
import { seededRandom } from '../../models/random.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { parseManifest } from '../../shared/bundle/manifest.ts'
import { API, routes } from '../../shared/domain/routes.ts'
import { cpuBySize, startControl } from './edgeCpu.ts'
import { memoryUnderLoad } from './edgeMemory.ts'
import { type LoadOptions, load } from './load.ts'
import { cpuOf, workerProcess } from './processUse.ts'

/** Requests under way at once in the rows that give milliseconds, and in those that give requests a second. */
const CONNECTIONS = 8
const COLD_BLOBS = 400
const BLOB_BYTES = 64 * 1024
const BR = { 'accept-encoding': 'br' }

/**
 * The edge on loopback: the real Worker in workerd, started as `npm start` does it, with a bundle trained on the built-in
 * world. Bucket and cache are simulated on disk beside the Worker, and the load comes from this machine too: the figures
 * compare requests with each other and with themselves, they are not Cloudflare's.
 * @param minutes of the load that memory is watched under
 */
export async function edgeBench(root: string, minutes: number) {
  const dir = mkdtempSync(join(tmpdir(), 'foryou-bench-edge-'))
  let edge: LocalEdge | undefined
  let control: LocalEdge | undefined
  try {
    mkdirSync(join(dir, 'site'))
    writeFileSync(join(dir, 'site', 'index.html'), '<title>site</title>')
    const keys = await ensureKeys(dir)
    edge = await startLocalEdge({
      root,
      port: 0,
      persistDir: join(dir, 'edge'),
      siteDir: join(dir, 'site'),
      keysDir: dir,
      site: 'foryou',
    })
    const client = createEdgeClient({ endpoint: edge.url, tokens: keys.tokens })
    const release = trained(root, dir)
    const published = await publishBundle(release, client, { releaseKeys: keys.release })
    await client.change('promote', { manifest: published.manifest, op: 'bench' })
    console.error(`… publishing ${COLD_BLOBS} more blobs`)
    const blobs = await coldBlobs(client)
    const { files } = parseManifest(readFileSync(join(release, 'manifest.json'), 'utf8'))
    const large = await largeManifest(release, blobs, client, keys)
    const rows = await measured(edge, [
      ...(await publicRequests(edge, published.manifest, blobs)),
      ...promotes(keys.tokens.promote ?? '', [published.manifest, files.length], [large, blobs.length]),
    ])
    control = await startControl(root, join(dir, 'control'))
    const cpu = await cpuBySize(edge, client, control)
    console.error(`… memory under ${minutes} minutes of load`)
    const memory = await memoryUnderLoad(edge, mix(published.manifest, blobs), control, minutes)
    const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
    return {
      head: ['request', 'answer', 'bytes of the body', 'requests a second', 'p50', 'p99', 'processor time'],
      rows,
      note: [
        `${CONNECTIONS} connections, ${availableParallelism()} processors (${cpus()[0]?.model.trim() ?? 'this machine'}) shared by load, wrangler's proxy, Worker and simulated bucket; processor time is of the process that runs Worker, bucket and cache, an upper bound of the Worker's own (the free plan allows it 10 ms); the bundle has ${files.length} files and ${(total / 1e6).toFixed(2)} MB.`,
        memory,
        ...cpu,
        '`npm run bench -- edge --minutes 10`',
      ].join('\n\n'),
    }
  } finally {
    await edge?.stop()
    await control?.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** A release bundle of the built-in world, by the command line. */
function trained(root: string, dir: string): string {
  const out = join(dir, 'out')
  const script = join(root, 'models/cli/foryou.js')
  const args = [script, 'train', '--data', 'synthetic', '--out', out, '--json']
  const { status } = spawnSync(process.execPath, args, { cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`training ended with ${status}`)
  return join(out, 'release')
}

/** Blobs that nobody has asked for yet, as large as a shard of a small catalogue. */
async function coldBlobs(client: EdgeClient): Promise<readonly string[]> {
  const random = seededRandom(1)
  const names: string[] = []
  const one = async () => {
    while (names.length < COLD_BLOBS) {
      // Small whole numbers, most near the middle, as in a quantised table.
      const bytes = Uint8Array.from({ length: BLOB_BYTES }, () => 16 * (random() + random() + random()))
      const name = await sha256(bytes)
      names.push(name)
      const br = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
      await client.putBlob(name, 'br', br)
      await client.putBlob(name, 'identity', bytes)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, one))
  return names
}

/** A manifest of many files, which the edge looks up one by one before it promotes it. */
async function largeManifest(
  release: string,
  blobs: readonly string[],
  client: EdgeClient,
  keys: Keys,
): Promise<string> {
  const manifest = parseManifest(readFileSync(join(release, 'manifest.json'), 'utf8'))
  const more = blobs.map((name, i) => ({ role: `bench/${i}`, sha256: name, bytes: BLOB_BYTES }))
  const payload = JSON.stringify({ ...manifest, files: [...manifest.files, ...more] })
  const name = await sha256(payload)
  await client.putDocument(name, 'manifest', await signManifest(payload, keys.release))
  return name
}

/** The dearest thing that an edge does by itself: read, verify, look every file up, sign, write. */
function promotes(token: string, ...bundles: readonly (readonly [manifest: string, files: number])[]): Row[] {
  return bundles.map(([manifest, files]) => ({
    what: `promote a bundle of ${files} files`,
    path: () => routes.admin.promote,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: (n) => JSON.stringify({ manifest, op: `bench-${files}-${n}` }),
    connections: 1,
    end: { requests: 30 },
  }))
}

type Row = { what: string } & Omit<LoadOptions, 'connections' | 'end'> & Partial<LoadOptions>

async function publicRequests(edge: LocalEdge, manifest: string, blobs: readonly string[]): Promise<Row[]> {
  const nth = (n: number) => routes.blob(blobs[n % blobs.length]!)
  const etag = (await fetch(edge.url + routes.head)).headers.get('etag')!
  const absent = (n: number) => routes.blob(n.toString(16).padStart(64, '0'))
  const jobs: Row[] = [
    { what: 'head', path: () => routes.head },
    { what: 'head, not modified', path: () => routes.head, headers: { 'if-none-match': etag } },
    { what: 'manifest, Brotli', path: () => routes.manifest(manifest), headers: BR },
    { what: 'popular list, Brotli', path: () => routes.popular, headers: BR },
    { what: 'blob, Brotli, cold', path: nth, headers: BR, end: { requests: blobs.length } },
    { what: 'blob, Brotli, warm', path: nth, headers: BR },
    {
      what: 'blob, not modified',
      path: () => nth(0),
      headers: { ...BR, 'if-none-match': `"${blobs[0]}-br"` },
    },
    { what: 'blob, HEAD', path: () => nth(0), headers: BR, method: 'HEAD' },
    { what: 'flood: one name that is not there', path: () => absent(0) },
    { what: 'flood: another such name each time', path: (n) => absent(n + 1) },
    {
      what: 'flood: admin without a token',
      path: () => `${API}/admin/promote`,
      method: 'POST',
      headers: { 'content-length': '0' },
    },
  ]
  return jobs
}

/** Each row once warmed up: what was compiled is, and everything but the cold blobs is in the cache. */
async function measured(edge: LocalEdge, jobs: readonly Row[]): Promise<string[][]> {
  const pid = workerProcess(edge.pid)
  const rows: string[][] = []
  for (const { what, end = { seconds: 3 }, ...job } of jobs) {
    console.error(`… ${what}`)
    const options = { connections: CONNECTIONS, ...job }
    if (!('requests' in end)) await load(edge.url, { ...options, end: { requests: 200 } })
    const before = cpuOf(pid)
    const { perSecond, p50, p99, statuses, bytes, requests } = await load(edge.url, { ...options, end })
    const after = cpuOf(pid)
    const cpu = (after.user + after.kernel - before.user - before.kernel) / requests
    const answers = [...statuses].map(([status, count]) =>
      statuses.size === 1 ? `${status}` : `${status} × ${count}`,
    )
    rows.push([
      what,
      answers.join(', '),
      Math.round(bytes / requests).toLocaleString('en'),
      Math.round(perSecond).toLocaleString('en'),
      `${p50.toFixed(1)} ms`,
      `${p99.toFixed(1)} ms`,
      `${cpu.toFixed(2)} ms`,
    ])
  }
  return rows
}

/** What a day of visitors asks for: mostly heads, now and then a bundle, always somebody who asks for what is gone. */
function mix(manifest: string, blobs: readonly string[]): LoadOptions['path'] {
  const paths = [routes.head, routes.head, routes.manifest(manifest), routes.popular]
  return (n) => {
    if (n % 8 < paths.length) return paths[n % 8]!
    return n % 8 === 7
      ? routes.blob((n % 1000).toString(16).padStart(64, '0'))
      : routes.blob(blobs[n % blobs.length]!)
  }
}
