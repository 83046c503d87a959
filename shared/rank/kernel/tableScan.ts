import type { Table } from '../../bundle/openBundle.ts'
import type { FoldedIn } from '../foldIn.ts'
import type { Excluded } from '../generator.ts'
import type { TopK } from '../topK.ts'
import { BLOCK_ROWS, type ScanKernel, scanKernel } from './scanKernel.ts'

export interface TableScan {
  readonly backend: ScanKernel['backend']
  /**
   * Offers to `best` every item whose score could enter it: `unit` times the integer dot of its row with the query. Rows are
   * read by falling norm, and no further once ‖q‖ · ‖t‖ cannot reach the k-th score. Exact, equal to a full scan.
   * @param skip items that must not be offered; asked only of those that could enter
   * @returns how many rows were read
   */
  offer(query: FoldedIn, best: TopK, skip: Excluded): number
}

const LEAST = -(2 ** 31)
const MOST = 2 ** 31 - 1
/** The first block is short: once it has filled the list, little of the others passes the limit. */
const FIRST_ROWS = 128

/** @param simd false: without WebAssembly, whatever the device has */
export function tableScan(table: Table, simd = true): TableScan {
  const { items, norms } = byNorm(table)
  const { dims, rows } = table
  const kernel = scanKernel(
    {
      count: items.length,
      dims,
      row: (r) => rows.subarray(items[r]! * dims, items[r]! * dims + dims),
    },
    simd,
  )
  return {
    backend: kernel.backend,
    offer({ values, unit }, best, skip) {
      let square = 0
      for (const x of values) square += x * x
      // Rounding must never cut off a row that could enter.
      const length = Math.sqrt(square) * (1 + 1e-9) * unit
      kernel.load(values)
      let start = 0
      while (start < items.length && length * norms[start]! >= best.threshold) {
        const count = Math.min(start === 0 ? FIRST_ROWS : BLOCK_ROWS, items.length - start)
        const limit = Math.max(LEAST, Math.min(MOST, Math.floor(best.threshold / unit) - 1))
        const found = kernel.scan(start, count, limit)
        for (let hit = 0; hit < found; hit++) {
          const item = items[start + kernel.hits[2 * hit]!]!
          const score = kernel.hits[2 * hit + 1]! * unit
          if (score >= best.threshold && !skip(item)) best.offer(item, score)
        }
        start += count
      }
      return start
    },
  }
}

/** Items by falling norm of their row, ties by number, and those norms. */
function byNorm({ count, dims, rows }: Table): { items: Int32Array; norms: Float64Array } {
  // Squares are whole numbers below 2²², so one double holds the square and, below it, the item.
  const keys = new Float64Array(count)
  for (let i = 0, p = 0; i < count; i++) {
    let square = 0
    for (const end = p + dims; p < end; p++) square += rows[p]! * rows[p]!
    keys[i] = i - square * 2 ** 31
  }
  keys.sort()
  const items = Int32Array.from(keys, (key) => key - Math.floor(key / 2 ** 31) * 2 ** 31)
  return { items, norms: Float64Array.from(keys, (key) => Math.sqrt(-Math.floor(key / 2 ** 31))) }
}
