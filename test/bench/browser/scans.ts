import { syntheticFactors } from './factors.ts'
import { interleave, type Timing } from './interleave.ts'
import { fullScan, naiveScan, ownScan, plainScan, type Search } from './ownScans.ts'
import { startTfjs, tfjsColumns, tfjsNatural } from './tfjsScans.ts'

export interface ScansInput {
  readonly sizes: readonly number[]
  readonly dims: number
  readonly k: number
  /** Above it the naive loop's arrays would not fit. */
  readonly naiveBelow: number
}

/** By size and by whether norms are skewed: engine → time of a query. */
export type ScansAnswer = readonly {
  readonly size: number
  readonly skewed: boolean
  readonly times: Readonly<Record<string, Timing>>
}[]

const QUERIES = 64

/** @throws where an engine brings another list than the plain scan */
export async function run({ sizes, dims, k, naiveBelow }: ScansInput): Promise<ScansAnswer> {
  await startTfjs()
  const answer = []
  for (const size of sizes) {
    for (const skewed of [false, true]) {
      const { table, queries } = syntheticFactors(size, dims, QUERIES, skewed)
      const plain = plainScan(table, k)
      const tfjs = {
        'tfjs, [N, d] · [d, 1], topk': tfjsNatural(table, k),
        'tfjs, [1, d] · [d, N], heap': tfjsColumns(table, k, size),
        'tfjs, [1, d] · [d, 8192] each, heap': tfjsColumns(table, k, 8192),
      }
      const engines: Record<string, Search> = {
        'int8 kernel, every row': fullScan(table, k),
        'int8 kernel, norm stop (ships)': ownScan(table, k),
        ...tfjs,
        'int8 loop in TypeScript, heap': plain,
        ...(size < naiveBelow && { 'objects, map + sort': naiveScan(table, k) }),
      }
      for (const [name, search] of Object.entries(engines)) check(name, search, plain, queries)
      const contenders = Object.entries(engines).map(([name, search]) => ({
        name,
        run: (q: number) => search(queries[q]!),
      }))
      answer.push({
        size,
        skewed,
        times: interleave(contenders, QUERIES, 200, size > 500_000 ? 12_000 : 8_000),
      })
      console.log(`${size} x ${dims}, ${skewed ? 'skewed' : 'equal'} norms: timed`)
      for (const { dispose } of Object.values(tfjs)) dispose()
    }
  }
  return answer
}

/** Sums of integers below 2²⁴ are exact in float32, too: only the order of ties may differ. */
function check(name: string, search: Search, plain: Search, queries: readonly Int16Array[]): void {
  for (const query of queries.slice(0, 3)) {
    const [found, wanted] = [new Set(Array.from(search(query))), Array.from(plain(query))]
    const hit = wanted.filter((item) => found.has(item)).length
    if (hit < wanted.length - 1) throw new Error(`${name} found ${hit} of the ${wanted.length} best.`)
  }
}
