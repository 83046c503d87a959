import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import wabt from 'wabt'
import type { LoadOptions } from '../../models/ingest/loadDataset.ts'
import { tableScan } from '../../shared/rank/kernel/tableScan.ts'
import { TopK } from '../../shared/rank/topK.ts'
import type { Timing } from './browser/interleave.ts'
import type { LimitAnswer, LimitInput } from './browser/limit.ts'
import type { ScansAnswer, ScansInput } from './browser/scans.ts'
import { inBrowser } from './inBrowser.ts'
import { realTables } from './realTables.ts'

/** A table of the README. */
export interface BenchTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly note: string
}

export interface BenchPlaces {
  /** The project's folder. */
  readonly root: string
  /** Where the public data sets lie, if they do. */
  readonly data: string
  readonly places: LoadOptions
}

/** What `npm run bench -- rank` measures, one table for each. */
export const RANK_SECTIONS: readonly ((places: BenchPlaces) => Promise<BenchTable>)[] = [scans, limit, stops]

const DIMS = 64
const K = 20

/** Score every item and keep the 20 best, in a worker of Chromium. */
async function scans({ root }: BenchPlaces): Promise<BenchTable> {
  const sizes = [10_000, 100_000, 1_000_000]
  const input: ScansInput = { sizes, dims: DIMS, k: K, naiveBelow: 500_000 }
  const answer = await inBrowser<ScansAnswer>(root, module('scans'), input)
  const ships = 'int8 kernel, norm stop (ships)'
  const names = Object.keys(answer[0]!.times)
  return {
    head: [
      `best ${K} of N × ${DIMS}: ms, median (best)`,
      ...answer.map(({ size, skewed }) => `${size / 1000}k, ${skewed ? 'skewed' : 'equal'} norms`),
    ],
    rows: names.map((name) => [
      name === ships ? `**${name}**` : name,
      ...answer.map(({ times }) => cell(times[name], times['int8 kernel, every row']!)),
    ]),
    note: 'Headless Chromium, one worker, interleaved; × is the ratio of medians to the kernel over every row. `npm run bench -- rank`',
  }
}

/** How near the kernels come to reading the rows alone, which nothing can beat that reads them. */
async function limit({ root }: BenchPlaces): Promise<BenchTable> {
  const { parseWat } = await wabt()
  const wat = readFileSync(join(import.meta.dirname, 'browser', 'limit.wat'), 'utf8')
  const { buffer } = parseWat('limit.wat', wat, { simd: true }).toBinary({})
  const input: LimitInput = { sizes: [100_000, 1_000_000], dims: DIMS, k: K }
  const files = { 'limit.wasm': buffer }
  const answer = await inBrowser<LimitAnswer>(root, module('limit'), input, { files })
  const rows = answer.flatMap(({ size, times }) =>
    (['float32', 'int8'] as const).map((type) => {
      const [stream, kernel] = [times[`stream ${type}`]!, times[`${type} kernel`]!]
      const bytes = size * DIMS * (type === 'int8' ? 1 : 4)
      return [
        `${type}, ${size / 1000}k × ${DIMS}${type === 'int8' ? ' (ships)' : ''}`,
        `${(bytes / 1e6).toFixed(1)} MB`,
        `${(bytes / stream.best / 1e6).toFixed(1)} GB/s`,
        `${ms(stream.median)} (${ms(stream.best)})`,
        `${ms(kernel.median)} (${ms(kernel.best)})`,
        `${((100 * stream.best) / kernel.best).toFixed(0)} %`,
      ]
    }),
  )
  return {
    head: [`every row, best ${K}`, 'read', 'memory gives', 'reading alone, ms', 'kernel, ms', 'of the limit'],
    rows,
    note: 'Median (best); the share is of the best times. WebAssembly reads with eight vector loads a step, in the same run.',
  }
}

/** Shares of the rows, by falling norm, that have arrived. */
const PARTS = [0.02, 0.05, 0.1, 0.2]

/** What the norms of trained tables are worth: how early a scan stops, and what the first rows alone already find. */
async function stops(places: BenchPlaces): Promise<BenchTable> {
  const rows = (await realTables(places)).map((real) => {
    const { table } = real
    const whole = tableScan(table)
    const top = (visitor: number, count: number) => {
      const best = new TopK(K)
      const values = real.query(visitor, count)
      const seen = new Set(real.histories[visitor])
      const scan = count === table.count ? whole : tableScan({ ...table, count })
      const read = values ? scan.offer({ values, unit: 1 }, best, (item) => seen.has(item)) : 0
      return { items: best.drain().items, read }
    }
    const visitors = Array.from(real.histories.keys())
    const final = visitors.map((visitor) => top(visitor, table.count))
    const overlap = (part: number) =>
      mean(
        visitors.map((visitor) => {
          const { items } = top(visitor, Math.round(part * table.count))
          return items.filter((item) => final[visitor]!.items.includes(item)).length / K
        }),
      )
    return [
      real.name,
      `${(100 * mean(final.map(({ read }) => read / table.count))).toFixed(0)} %`,
      ...PARTS.map((part) => overlap(part).toFixed(2)),
    ]
  })
  return {
    head: ['trained table', 'rows read', ...PARTS.map((part) => `first ${100 * part} %`)],
    rows,
    note: `What a scan for the best ${K} unseen items reads before it may stop, and how many of them a visitor already has, folded in from the rows that have arrived alone: means over 64 visitors.`,
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length
}

/** Median, best, and the ratio to another's median. */
function cell(timing: Timing | undefined, to: Timing): string {
  if (!timing) return '–'
  return `${ms(timing.median)} (${ms(timing.best)}) ×${(timing.median / to.median).toPrecision(2)}`
}

const ms = (x: number) => (x < 0.1 ? x.toFixed(3) : x.toPrecision(3))

const module = (name: string) => join(import.meta.dirname, 'browser', `${name}.ts`)
