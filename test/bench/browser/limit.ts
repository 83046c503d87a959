import { TopK } from '../../../shared/rank/topK.ts'
import { syntheticFactors } from './factors.ts'
import { interleave, type Timing } from './interleave.ts'
import { fullScan, plainScan } from './ownScans.ts'

export interface LimitInput {
  /** Multiples of `STEP`. */
  readonly sizes: readonly number[]
  readonly dims: number
  readonly k: number
}

export type LimitAnswer = readonly {
  readonly size: number
  /** `stream float32`, `float32 kernel`, `stream int8`, `int8 kernel` */
  readonly times: Readonly<Record<string, Timing>>
}[]

interface Kernels {
  stream(at: number, bytes: number): number
  floats(at: number, rows: number, dims: number, query: number, limit: number, out: number): number
}

/** Rows of one call of the float32 kernel: a multiple of 16. */
const STEP = 4000
/** Addresses: the query, then what a call writes down, then the rows. */
const OUT = 1024
const ROWS = 65_536
const RECORD = 17
const QUERIES = 16

/** Reads what a scan reads, and scans: what share of the speed of memory a kernel reaches. */
export async function run({ sizes, dims, k }: LimitInput): Promise<LimitAnswer> {
  const module = await WebAssembly.compile(await (await fetch('./files/limit.wasm')).arrayBuffer())
  const answer = []
  for (const size of sizes) {
    const { table, queries } = syntheticFactors(size, dims, QUERIES, false)
    const bytes = size * dims * 4
    const memory = new WebAssembly.Memory({ initial: Math.ceil((ROWS + bytes) / 65_536) })
    const { exports } = await WebAssembly.instantiate(module, { env: { memory } })
    const { stream, floats } = exports as unknown as Kernels
    const rows = new Float32Array(memory.buffer, ROWS, size * dims)
    for (let i = 0; i < size; i++)
      for (let d = 0; d < dims; d++)
        rows[(i >> 4) * 16 * dims + d * 16 + (i & 15)] = table.rows[i * dims + d]!
    const asked = new Float32Array(memory.buffer, 0, dims)
    const numbers = new Int32Array(memory.buffer, OUT, (ROWS - OUT) >> 2)
    const dots = new Float32Array(memory.buffer, OUT, (ROWS - OUT) >> 2)
    const floatScan = (query: Int16Array) => {
      asked.set(query)
      const best = new TopK(k)
      for (let start = 0; start < size; start += STEP) {
        const at = ROWS + start * dims * 4
        const end = (floats(at, STEP, dims, 0, best.threshold, OUT) - OUT) >> 2
        for (let r = 0; r < end; r += RECORD)
          for (let j = 0; j < 16; j++)
            if (dots[r + 1 + j]! >= best.threshold) best.offer(start + numbers[r]! + j, dots[r + 1 + j]!)
      }
      return best.drain().items
    }
    const own = fullScan(table, k)
    const plain = plainScan(table, k)
    for (const query of queries.slice(0, 2))
      if (String(Array.from(floatScan(query))) !== String(Array.from(plain(query))))
        throw new Error('float32: another list')
    const contenders = [
      { name: 'stream float32', run: () => stream(ROWS, bytes) },
      { name: 'float32 kernel', run: (q: number) => floatScan(queries[q]!) },
      { name: 'stream int8', run: () => stream(ROWS, bytes / 4) },
      { name: 'int8 kernel', run: (q: number) => own(queries[q]!) },
    ]
    answer.push({ size, times: interleave(contenders, QUERIES, 200, 12_000) })
    console.log(`${size} x ${dims}: memory timed`)
  }
  return answer
}
