import fc from 'fast-check'
import type { Table } from '../../shared/bundle/openBundle.ts'
import { rowDot } from '../../shared/rank/foldIn.ts'
import { tableScan } from '../../shared/rank/kernel/tableScan.ts'
import { TopK } from '../../shared/rank/topK.ts'

export interface KernelCase {
  readonly table: Table
  readonly values: Int16Array
  readonly unit: number
  readonly k: number
  readonly skipped: ReadonlySet<number>
  /** Items that are scored by other means, and their scores. */
  readonly offered: ReadonlyMap<number, number>
}

function tableOf(dims: number, rows: Int8Array): Table {
  const count = rows.length / dims
  return {
    count,
    dims,
    rows,
    step: 1,
    inputStep: 1,
    inputScale: new Uint8Array(count).fill(1),
    ridge: null,
  } as unknown as Table
}

/** Tables of odd sizes and skewed norms with many ties, up to some blocks long; queries up to the largest entries. */
export const kernelCases: fc.Arbitrary<KernelCase> = fc
  .record({
    dims: fc.constantFrom(1, 3, 7, 8, 9, 16, 24, 50, 64),
    count: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1000, max: 2400 })),
    peak: fc.constantFrom(1, 5, 127),
    largest: fc.constantFrom(0, 3, 2047),
    unit: fc.constantFrom(1, 0.125, 3e-7, 1 / 3),
    k: fc.integer({ min: 0, max: 60 }),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
  })
  .map(({ dims, count, peak, largest, unit, k, seed }) => {
    let state = seed
    const whole = (limit: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return Math.floor(((state >>> 8) / 2 ** 24) * (2 * limit + 1)) - limit
    }
    const rows = new Int8Array(count * dims)
    for (let i = 0; i < count; i++) {
      const own = Math.max(1, Math.floor(peak / (1 + ((i * 7) % 13))))
      for (let d = 0; d < dims; d++) rows[i * dims + d] = i % 11 === 5 ? 0 : whole(own)
    }
    const skipped = new Set(Array.from({ length: count >> 2 }, () => Math.abs(whole(count))))
    const offered = new Map<number, number>()
    for (let n = 0; n < Math.min(5, count); n++) {
      const item = (n * 3) % count
      if (!skipped.has(item)) offered.set(item, whole(peak * largest * 4) * unit)
      skipped.add(item)
    }
    const values = Int16Array.from({ length: dims }, () => whole(largest))
    return { table: tableOf(dims, rows), values, unit, k, skipped, offered }
  })

/** What the scan gives, with or without SIMD. */
export function scanned(of: KernelCase, simd: boolean) {
  const { table, values, unit, k, skipped, offered } = of
  const best = new TopK(k)
  for (const [item, score] of offered) best.offer(item, score)
  const scan = tableScan(table, simd)
  // Twice: nothing of a query may stay behind.
  scan.offer({ values: values.map((x) => -x), unit }, new TopK(7), () => false)
  const read = scan.offer({ values, unit }, best, (item) => skipped.has(item))
  return { backend: scan.backend, read, ...best.drain() }
}

/** The same by looking at everything. */
export function fullScan({ table, values, unit, k, skipped, offered }: KernelCase) {
  const all = [...offered].map(([item, score]) => ({ item, score }))
  for (let item = 0; item < table.count; item++)
    if (!skipped.has(item)) all.push({ item, score: rowDot(table, values, item) * unit })
  const first = all.sort((a, b) => b.score - a.score || a.item - b.item).slice(0, k)
  return { items: first.map(({ item }) => item), scores: first.map(({ score }) => score) }
}
