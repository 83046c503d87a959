import type { Table } from '../bundle/openBundle.ts'
import type { Ridge } from '../bundle/tableFile.ts'
import { choleskyFactor, choleskySolve } from './cholesky.ts'
import { type HistoryView, WEIGHT_ONE } from './historyView.ts'

/** Largest magnitude of a quantised query entry: every partial sum of a dot then stays below 2²⁴ (127 · 2047 · 64). */
const queryLimit = (dims: number) => (dims <= 64 ? 2047 : 1023)

/** A visitor as a quantised vector: `unit` times its integer dot with a row is the row's score. */
export interface FoldedIn {
  readonly values: Int16Array
  readonly unit: number
}

/** A table's way of turning a history into a vector. */
export interface FoldIn {
  /** `null` where no item of the history has a row. */
  query(view: HistoryView): FoldedIn | null
  /** What the h-th item of the history brings to the score of `item`: over the history these sum to the score. */
  contribution(view: HistoryView, h: number, item: number): number
}

/**
 * Folds histories in without training:
 *
 *   linear   q = Σ_h w_h · a_h · t_h
 *   ridge    q = (Σ_h w_h t_h t_hᵀ + α₀ G + λ (Σ_h w_h + α₀ n) I)⁻¹ Σ_h w_h t_h
 *
 * t are the decoded rows, a_h turns row h into its input side, w is the decayed history. The ridge solve is iALS's own user
 * step (Hu, Koren, Volinsky, ICDM 2008; regularisation as in Rendle et al., RecSys 2022), with G = Σ t tᵀ over all n rows
 * that were trained: a visitor gets what a trained user with the same history has.
 */
export function tableFoldIn(table: Table): FoldIn {
  const { ridge, step, inputStep, inputScale } = table
  if (!ridge) {
    const unit = (step * step * inputStep) / WEIGHT_ONE
    const scale = (item: number) => inputScale[item]!
    return {
      query: (view) => quantised(weightedRows(table, view, scale), unit),
      contribution(view, h, item) {
        const from = view.numbers[h]!
        if (item >= table.count || from >= table.count) return 0
        return view.weights[h]! * scale(from) * unit * rowProduct(table, from, rowOf(table, item))
      },
    }
  }
  // Reasons ask for every item of a list, and for each with every item of one history.
  const factorOf = latest((view: HistoryView) => ridgeFactor(table, ridge, view))
  const solvedFor = latest((view: HistoryView) =>
    latest((item: number) => choleskySolve(factorOf(view), table.dims, rowOf(table, item))),
  )
  return {
    query(view) {
      const sum = weightedRows(table, view, (item) => Number(inputScale[item]! > 0))
      return quantised(choleskySolve(factorOf(view), table.dims, sum), 1 / WEIGHT_ONE)
    },
    contribution(view, h, item) {
      const from = view.numbers[h]!
      if (item >= table.count || from >= table.count || inputScale[from] === 0) return 0
      return (view.weights[h]! / WEIGHT_ONE) * rowProduct(table, from, solvedFor(view)(item))
    },
  }
}

/** Remembers the last answer. */
function latest<K, V>(compute: (key: K) => V): (key: K) => V {
  let last: { readonly key: K; readonly value: V } | null = null
  return (key) => {
    if (last?.key !== key) last = { key, value: compute(key) }
    return last.value
  }
}

/** Integer dot of the quantised query and an int8 row. */
export function rowDot({ rows, dims }: Table, query: Int16Array, item: number): number {
  let dot = 0
  for (let d = 0, p = item * dims; d < dims; d++, p++) dot += query[d]! * rows[p]!
  return dot
}

function quantised(query: Float64Array, unit: number): FoldedIn | null {
  let peak = 0
  for (const x of query) peak = Math.max(peak, Math.abs(x))
  if (peak === 0) return null
  const limit = queryLimit(query.length)
  return {
    values: Int16Array.from(query, (x) => Math.round((x * limit) / peak)),
    unit: (peak / limit) * unit,
  }
}

/** Σ_h w_h · scale_h · t_h, an exact integer sum. */
function weightedRows(table: Table, view: HistoryView, scale: (item: number) => number): Float64Array {
  const sum = new Float64Array(table.dims)
  for (let h = 0; h < view.numbers.length; h++) {
    const item = view.numbers[h]!
    if (item >= table.count) continue
    const weight = view.weights[h]! * scale(item)
    for (let d = 0, p = item * table.dims; d < table.dims; d++, p++) sum[d]! += weight * table.rows[p]!
  }
  return sum
}

/** Cholesky factor of the system in integer rows: Σ w t tᵀ + α₀ G + (λ / step²)(Σ w + α₀ n) I. */
function ridgeFactor(
  { dims, rows, step, count, inputScale }: Table,
  ridge: Ridge,
  view: HistoryView,
): Float64Array {
  const { unobserved, regularisation, gram, items } = ridge
  const a = new Float64Array(dims * dims)
  let p = 0
  for (let i = 0; i < dims; i++) for (let j = 0; j <= i; j++) a[i * dims + j] = unobserved * gram[p++]!
  let total = 0
  for (let h = 0; h < view.numbers.length; h++) {
    const item = view.numbers[h]!
    if (item >= count || inputScale[item] === 0) continue
    const weight = view.weights[h]! / WEIGHT_ONE
    total += weight
    for (let i = 0, row = item * dims; i < dims; i++) {
      const x = weight * rows[row + i]!
      for (let j = 0; j <= i; j++) a[i * dims + j]! += x * rows[row + j]!
    }
  }
  const diagonal = (regularisation * (total + unobserved * items)) / (step * step)
  for (let i = 0; i < dims; i++) a[i * dims + i]! += diagonal
  return choleskyFactor(a, dims)
}

function rowOf({ rows, dims }: Table, item: number): Int8Array {
  return rows.subarray(item * dims, item * dims + dims)
}

function rowProduct({ rows, dims }: Table, item: number, vector: ArrayLike<number>): number {
  let dot = 0
  for (let d = 0, p = item * dims; d < dims; d++, p++) dot += vector[d]! * rows[p]!
  return dot
}
