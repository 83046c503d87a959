import { lazy } from '../lazy.ts'
import { SCAN_BINARY } from './scanBinary.ts'

/** Rows of a table that a query is held against, block by block. */
export interface ScanKernel {
  readonly backend: 'simd' | 'plain'
  /** @param query dims integers, each at most ±2047 (±1023 above 64 dims), so that dots stay below 2²⁴ */
  load(query: Int16Array): void
  /**
   * Finds the rows of [start, start + count) whose dot with the query is at least `limit`.
   * @param count at most `BLOCK_ROWS`
   * @param limit a whole number of 32 bits
   * @returns how many there are: `hits` then holds as many pairs (row − start, dot), rows rising
   */
  scan(start: number, count: number, limit: number): number
  readonly hits: Int32Array
}

/** Rows of one call at the most: their hits stay in the processor's first cache. */
export const BLOCK_ROWS = 1024

/** int8 rows, row-major, in the order in which they are scanned. */
export interface ScanRows {
  readonly count: number
  readonly dims: number
  /** The dims values of a row. */
  row(r: number): Int8Array
}

/** Four rows are read at a time, eight values at a time. */
const ROWS_AT_ONCE = 4
const VALUES_AT_ONCE = 8
const PAGE = 65_536

type Scan = (row: number, rows: number, stride: number, query: number, limit: number, out: number) => number

/** `null` where there is no WebAssembly, no SIMD, or a page's policy forbids to compile it. */
const compiled = lazy((): WebAssembly.Module | null => {
  try {
    return new WebAssembly.Module(Uint8Array.from(atob(SCAN_BINARY), (c) => c.charCodeAt(0)))
  } catch {
    return null
  }
})

/**
 * The fastest kernel that this device has; both give the same integers.
 * @param simd false: the plain one, whatever the device has
 */
export function scanKernel(rows: ScanRows, simd = true): ScanKernel {
  const module = simd ? compiled() : null
  try {
    return module ? simdKernel(module, rows) : plainKernel(rows)
  } catch {
    return plainKernel(rows) // no memory for a copy of the rows
  }
}

/** A copy of the rows in memory of its own: scratch, query and hits first. */
function simdKernel(module: WebAssembly.Module, { count, dims, row }: ScanRows): ScanKernel {
  const stride = Math.ceil(dims / VALUES_AT_ONCE) * VALUES_AT_ONCE
  const query = 16
  const out = query + 2 * stride
  const first = out + 8 * BLOCK_ROWS
  const padded = Math.ceil(count / ROWS_AT_ONCE) * ROWS_AT_ONCE
  const memory = new WebAssembly.Memory({ initial: Math.ceil((first + padded * stride) / PAGE) })
  const bytes = new Int8Array(memory.buffer)
  for (let r = 0; r < count; r++) bytes.set(row(r), first + r * stride)
  const queryAt = new Int16Array(memory.buffer, query, stride)
  const { scan } = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as { scan: Scan }
  const hits = new Int32Array(memory.buffer, out, 2 * BLOCK_ROWS)
  return {
    backend: 'simd',
    hits,
    load: (values) => queryAt.set(values),
    scan(start, rows, limit) {
      const whole = Math.ceil(rows / ROWS_AT_ONCE) * ROWS_AT_ONCE
      let found = scan(first + start * stride, whole, stride, query, limit, out)
      // Rows beyond the last were read along with it.
      while (found > 0 && hits[2 * found - 2]! >= rows) found--
      return found
    },
  }
}

function plainKernel({ dims, row }: ScanRows): ScanKernel {
  const hits = new Int32Array(2 * BLOCK_ROWS)
  const query = new Int32Array(dims)
  return {
    backend: 'plain',
    hits,
    load: (values) => query.set(values),
    scan(start, rows, limit) {
      let found = 0
      for (let r = 0; r < rows; r++) {
        const values = row(start + r)
        let dot = 0
        for (let d = 0; d < dims; d++) dot += query[d]! * values[d]!
        if (dot < limit) continue
        hits[2 * found] = r
        hits[2 * found + 1] = dot
        found++
      }
      return found
    },
  }
}
