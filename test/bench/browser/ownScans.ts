import type { Table } from '../../../shared/bundle/openBundle.ts'
import { BLOCK_ROWS, scanKernel } from '../../../shared/rank/kernel/scanKernel.ts'
import { tableScan } from '../../../shared/rank/kernel/tableScan.ts'
import { TopK } from '../../../shared/rank/topK.ts'

/** A query → the k best item numbers, best first. */
export type Search = (query: Int16Array) => ArrayLike<number>

const nothing = () => false

/** The product's own scan: kernel and norm stop. */
export function ownScan(table: Table, k: number): Search {
  const scan = tableScan(table)
  if (scan.backend !== 'simd') throw new Error('This browser has no WebAssembly SIMD.')
  return (values) => {
    const best = new TopK(k)
    scan.offer({ values, unit: 1 }, best, nothing)
    return best.drain().items
  }
}

/** The product's kernel over every row. */
export function fullScan(table: Table, k: number): Search {
  const { dims, count, rows } = table
  const kernel = scanKernel({ count, dims, row: (r) => rows.subarray(r * dims, (r + 1) * dims) })
  return (query) => {
    const best = new TopK(k)
    kernel.load(query)
    for (let start = 0; start < count; start += BLOCK_ROWS) {
      const limit = Math.max(-(2 ** 31), best.threshold)
      const found = kernel.scan(start, Math.min(BLOCK_ROWS, count - start), limit)
      for (let h = 0; h < found; h++) best.offer(start + kernel.hits[2 * h]!, kernel.hits[2 * h + 1]!)
    }
    return best.drain().items
  }
}

/** The definition in TypeScript: int8 rows, a heap of the best. */
export function plainScan({ rows, dims, count }: Table, k: number): Search {
  return (query) => {
    const best = new TopK(k)
    for (let i = 0, p = 0; i < count; i++) {
      let dot = 0
      for (let d = 0; d < dims; d++, p++) dot += query[d]! * rows[p]!
      best.offer(i, dot)
    }
    return best.drain().items
  }
}

/** What tutorials show: objects with arrays, map and reduce, a sort of everything. */
export function naiveScan({ rows, dims, count }: Table, k: number): Search {
  const items = Array.from({ length: count }, (_, id) => ({
    id,
    vector: Array.from(rows.subarray(id * dims, (id + 1) * dims)),
  }))
  return (values) => {
    const query = Array.from(values)
    return items
      .map(({ id, vector }) => ({ id, score: vector.reduce((sum, x, d) => sum + x * query[d]!, 0) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, k)
      .map(({ id }) => id)
  }
}
