import type { Table } from '../../../shared/bundle/openBundle.ts'
import { naiveScan, ownScan, plainScan, type Search as Scan } from '../browser/ownScans.ts'
import type { CompareAnswer, CompareInput } from '../peersAnswer.ts'
import { clientVectorSearch } from './clientVectorSearch.ts'
import { hnswlib } from './hnswlib.ts'
import { orama } from './orama.ts'
import type { Peer, Search } from './peer.ts'
import { voy } from './voy.ts'

const ROUNDS = 40
const LIMIT_MS = 25_000

/** The same vectors and queries for all, in turns: the int8 rows of a trained table, as numbers. */
export async function run({ count, dims, k, queries }: CompareInput): Promise<CompareAnswer> {
  const held = watchMemory()
  const rows = new Int8Array(await (await fetch('./files/rows.bin')).arrayBuffer())
  const table = { count, dims, rows } as Table
  const vectors = Array.from({ length: count }, (_, i) =>
    Float32Array.from(rows.subarray(i * dims, (i + 1) * dims), (x, d) => x + jitter(i * dims + d)),
  )
  const asked = queries.map((values) => ({
    values: Int16Array.from(values),
    floats: Float32Array.from(values),
  }))
  const scan = (name: string, make: () => Scan) => async (): Promise<Peer> => ({
    name,
    build() {
      const search = make()
      return (query) => Array.from(search(Int16Array.from(query)))
    },
  })
  const peers = [
    scan('foryou: int8 kernel, norm stop', () => ownScan(table, k)),
    scan('objects, map + sort', () => naiveScan(table, k)),
    hnswlib,
    orama,
    voy,
    clientVectorSearch,
  ]
  const exact = plainScan(table, k)
  const truth = asked.map(({ values }) => new Set(Array.from(exact(values))))
  const built = []
  for (const load of peers) {
    const before = await held()
    const { name, build } = await load()
    const start = performance.now()
    const search: Search = await build(vectors)
    const buildMs = performance.now() - start
    const bytes = (await held()) - before
    let hits = 0
    for (const [q, { floats }] of asked.entries())
      for (const item of await search(floats, k)) if (truth[q]!.has(item)) hits++
    built.push({ name, search, buildMs, bytes, recall: hits / (k * asked.length), times: [] as number[] })
    console.log(`${name}: built`)
  }
  const began = performance.now()
  for (let round = 0; round < ROUNDS && performance.now() - began < LIMIT_MS; round++) {
    const { floats } = asked[round % asked.length]!
    for (const { search, times } of built) {
      await search(floats, k) // its own data in the cache again, as for a visitor who asks twice
      const start = performance.now()
      await search(floats, k)
      times.push(performance.now() - start)
    }
  }
  return built.map(({ search: _, times, ...one }) => {
    const sorted = times.sort((a, b) => a - b)
    return { ...one, median: sorted[sorted.length >> 1]!, best: sorted[0]! }
  })
}

/** From now on: everything that the page holds. The browser's own count leaves out the memory of WebAssembly. */
function watchMemory(): () => Promise<number> {
  const memories = new Set<WebAssembly.Memory>()
  const { Memory, instantiate } = WebAssembly
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor)
      memories.add(this)
    }
  }
  WebAssembly.instantiate = (async (source: BufferSource, imports?: WebAssembly.Imports) => {
    const made = await instantiate(source, imports)
    for (const part of Object.values(made.instance.exports)) if (part instanceof Memory) memories.add(part)
    return made
  }) as typeof WebAssembly.instantiate
  const measure = performance as Performance & {
    measureUserAgentSpecificMemory(): Promise<{ bytes: number }>
  }
  return async () => {
    const { bytes } = await measure.measureUserAgentSpecificMemory()
    return Array.from(memories).reduce((sum, { buffer }) => sum + buffer.byteLength, bytes)
  }
}

/** A thousandth at the most: a k-d tree gives up where many vectors share a coordinate, as those of whole numbers do. */
function jitter(n: number): number {
  return ((Math.imul(n + 1, 2_654_435_761) >>> 0) / 2 ** 32 - 0.5) / 500
}
