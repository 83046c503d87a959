import type { Settings } from '../settings.ts'
import type { ContentRows, ItemTable } from './trainer.ts'

/** Steps of conjugate gradients; the residual is small long before. */
const STEPS = 40
/** Fewer rows than this teach nothing about terms. */
const MIN_ROWS = 50

/**
 * Gives items without a row one that their content suggests, so that a new item can be recommended on its first day: a
 * ridge regression from terms to rows over the items that have both,
 *
 *   W = argmin Σ_i ‖x_i W − t_i‖² + λ ‖W‖²,  t_new = damping · x_new W
 *
 * (the attribute-to-feature map of Gantner et al., Learning Attribute-to-Feature Mappings for Cold-Start Recommendations,
 * ICDM 2010). No row is longer than the median of the trained ones times the damping: what is guessed must not flood the
 * lists. It is shorter still for an item that a few have chosen: in all that time more could have. Items without content
 * stay without a row. In a history a guess says nothing (its input side is 0): it only cost the others accuracy.
 * @param counts interactions by item
 */
export function withColdItems(
  table: ItemTable,
  content: ContentRows,
  settings: Settings['cold'],
  counts: Int32Array,
): ItemTable {
  const { dims: d, hasRow } = table
  const { terms: columns, weights, offsets } = content
  const warm = indexesWhere(hasRow, (i) => hasRow[i] === 1)
  const describes = (i: number) => weights.subarray(offsets[i]!, offsets[i + 1]!).some((weight) => weight > 0)
  const cold = indexesWhere(hasRow, (i) => hasRow[i] === 0 && describes(i))
  if (settings.damping === 0 || warm.length < MIN_ROWS || cold.length === 0) return table
  const map = ridgeMap(warm, table, content, settings.regularisation)
  const limit =
    settings.damping * median(Array.from(warm, (i) => normOf(table.rows.subarray(i * d, i * d + d))))
  const rows = table.rows.slice()
  const isCold = new Uint8Array(hasRow.length)
  const inputScale = table.inputScale.slice()
  for (const i of cold) {
    const row = rows.subarray(i * d, i * d + d).fill(0)
    for (let e = offsets[i]!; e < offsets[i + 1]!; e++) {
      const x = weights[e]! / NORM
      for (let k = 0, p = columns[e]! * d; k < d; k++, p++) row[k]! += settings.damping * x * map[p]!
    }
    const norm = normOf(row)
    if (norm === 0) continue
    const factor = Math.min(1, limit / norm) / (1 + counts[i]!)
    for (let k = 0; k < d; k++) row[k]! *= factor
    isCold[i] = 1
    inputScale[i] = 0
  }
  return { ...table, rows, inputScale, hasRow: hasRow.map((has, i) => has | isCold[i]!), cold: isCold }
}

/** The norm of a content row, see `contentRows`. */
const NORM = 255

/** W, terms × dims, by conjugate gradients on (XᵀX + λI) W = XᵀT, every column on its own. */
function ridgeMap(warm: Int32Array, table: ItemTable, content: ContentRows, lambda: number): Float64Array {
  const { dims: d } = table
  const size = content.values.length * d
  const products = (w: Float64Array) => {
    const out = w.map((x) => lambda * x)
    const y = new Float64Array(d)
    for (const i of warm) {
      y.fill(0)
      eachTerm(content, i, (term, x) => {
        for (let k = 0, p = term * d; k < d; k++, p++) y[k]! += x * w[p]!
      })
      eachTerm(content, i, (term, x) => {
        for (let k = 0, p = term * d; k < d; k++, p++) out[p]! += x * y[k]!
      })
    }
    return out
  }
  const residual = new Float64Array(size)
  for (const i of warm) {
    eachTerm(content, i, (term, x) => {
      for (let k = 0, p = term * d; k < d; k++, p++) residual[p]! += x * table.rows[i * d + k]!
    })
  }
  const w = new Float64Array(size)
  const direction = residual.slice()
  let before = columnDots(residual, residual, d)
  for (let step = 0; step < STEPS && before.some((x) => x > 0); step++) {
    const image = products(direction)
    const curvature = columnDots(direction, image, d)
    const length = before.map((x, k) => (curvature[k]! > 0 ? x / curvature[k]! : 0))
    for (let p = 0; p < size; p++) {
      w[p]! += length[p % d]! * direction[p]!
      residual[p]! -= length[p % d]! * image[p]!
    }
    const after = columnDots(residual, residual, d)
    for (let p = 0; p < size; p++) {
      const k = p % d
      direction[p] = residual[p]! + (before[k]! > 0 ? after[k]! / before[k]! : 0) * direction[p]!
    }
    before = after
  }
  return w
}

function eachTerm(
  { offsets, terms, weights }: ContentRows,
  item: number,
  use: (term: number, x: number) => void,
) {
  for (let e = offsets[item]!; e < offsets[item + 1]!; e++)
    if (weights[e]! > 0) use(terms[e]!, weights[e]! / NORM)
}

/** Σ_t a_tk b_tk for every column k. */
function columnDots(a: Float64Array, b: Float64Array, d: number): Float64Array {
  const sums = new Float64Array(d)
  for (let p = 0; p < a.length; p++) sums[p % d]! += a[p]! * b[p]!
  return sums
}

function indexesWhere({ length }: Uint8Array, holds: (i: number) => boolean): Int32Array {
  return Int32Array.from({ length }, (_, i) => i).filter(holds)
}

function normOf(row: Float64Array): number {
  return Math.sqrt(row.reduce((sum, x) => sum + x * x, 0))
}

function median(values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[sorted.length >> 1] ?? 0
}
