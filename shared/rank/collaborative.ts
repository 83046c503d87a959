import type { Bundle, SparseRows, Table } from '../bundle/openBundle.ts'
import { type RawScores, rawScore, type SpannedGenerator, sharesOf } from './generator.ts'
import { type HistoryView, WEIGHT_ONE } from './historyView.ts'
import { TopK } from './topK.ts'

/** Largest magnitude of a quantised query entry: every partial sum of a dot then stays below 2²⁴ (127 · 2047 · 64). */
const queryLimit = (dims: number) => (dims <= 64 ? 2047 : 1023)

/**
 * Table + neighbours, one generator. A visitor is folded in without training:
 *
 *   q = Σ_h w_h · a_h · t_h      score_i = τ · (q · t_i) + Σ_h w_h · S_hi
 *
 * t are the table's output-side rows, a_h turns item h's row into its input side, w the decayed history, S the neighbour
 * lists, τ the profile's table weight. Low-rank EASE with the same table on both sides (Steck, WWW 2019) plus what low
 * rank misses. q is quantised, so q · t_i is an exact integer dot, the same in TypeScript, SIMD and tfjs.
 */
export function collaborative(bundle: Bundle): SpannedGenerator<'collaborative'> | null {
  const { table, neighbours, items } = bundle
  if (!table && !neighbours) return null
  const ranks = table ? byNorm(table) : null
  const votes = new Float64Array(items)
  const touched = new Int32Array(items)
  const tableWeight = bundle.manifest.profile.tableWeight
  const voteUnit = (neighbours?.step ?? 0) / WEIGHT_ONE

  /** The history's dot with an item, weighted. */
  function tableDots(view: HistoryView) {
    const query = table && tableWeight > 0 ? foldIn(table, view) : null
    if (!query || !table) return null
    const unit = (tableWeight * query.unit * table.step * table.step * table.inputStep) / WEIGHT_ONE
    const of = (item: number) => (item < table.count ? rowDot(table, query.values, item) * unit : 0)
    return { values: query.values, unit, of }
  }

  return {
    name: 'collaborative',
    score(view) {
      const dots = tableDots(view)
      const count = neighbours ? castVotes(neighbours, view, votes, touched) : 0
      const voted = new Map<number, number>()
      for (let t = 0; t < count; t++) {
        voted.set(touched[t]!, votes[touched[t]!]!)
        votes[touched[t]!] = 0
      }
      const of = (item: number) => (dots?.of(item) ?? 0) + (voted.get(item) ?? 0) * voteUnit
      return {
        of: (item) => rawScore('collaborative', of(item)),
        top: (k, excluded) => {
          const best = new TopK(k)
          for (const item of voted.keys()) if (!excluded(item)) best.offer(item, of(item))
          if (dots && table && ranks)
            scan(table, ranks, dots.values, dots.unit, best, (i) => voted.has(i) || excluded(i))
          return positive(best)
        },
      }
    },
    shares(view, numbers) {
      const dots = tableDots(view)
      const count = neighbours ? castVotes(neighbours, view, votes, touched) : 0
      const scores = Float64Array.from(numbers, (i) => (dots?.of(i) ?? 0) + votes[i]! * voteUnit)
      for (let t = 0; t < count; t++) votes[touched[t]!] = 0
      return sharesOf(scores)
    },
    contribution(view, h, item) {
      const one: HistoryView = {
        ...view,
        numbers: view.numbers.subarray(h, h + 1),
        weights: view.weights.subarray(h, h + 1),
      }
      let total = 0
      if (table && tableWeight > 0 && item < table.count && one.numbers[0]! < table.count) {
        let dot = 0
        for (let d = 0; d < table.dims; d++) {
          dot += table.rows[one.numbers[0]! * table.dims + d]! * table.rows[item * table.dims + d]!
        }
        const scale = table.inputScale[one.numbers[0]!]! * table.inputStep
        total += (tableWeight * dot * table.step * table.step * scale * one.weights[0]!) / WEIGHT_ONE
      }
      if (neighbours) {
        for (
          let e = neighbours.offsets[one.numbers[0]!]!;
          e < neighbours.offsets[one.numbers[0]! + 1]!;
          e++
        ) {
          if (neighbours.columns[e] === item) total += neighbours.weights[e]! * one.weights[0]! * voteUnit
        }
      }
      return total
    },
  }
}

/** Folds the history in: integers throughout, then one quantisation to ±2047. `unit` turns it back. */
export function foldIn(table: Table, view: HistoryView): { values: Int16Array; unit: number } | null {
  const sum = new Float64Array(table.dims)
  for (let h = 0; h < view.numbers.length; h++) {
    const item = view.numbers[h]!
    if (item >= table.count) continue
    const weight = view.weights[h]! * table.inputScale[item]!
    for (let d = 0, p = item * table.dims; d < table.dims; d++, p++) sum[d]! += weight * table.rows[p]!
  }
  let peak = 0
  for (const x of sum) peak = Math.max(peak, Math.abs(x))
  if (peak === 0) return null
  const limit = queryLimit(table.dims)
  return { values: Int16Array.from(sum, (x) => Math.round((x * limit) / peak)), unit: peak / limit }
}

/** Adds up the votes of all lists of a history; `touched` names the items that got any. */
export function castVotes(
  rows: SparseRows,
  view: HistoryView,
  votes: Float64Array,
  touched: Int32Array,
): number {
  let count = 0
  for (let h = 0; h < view.numbers.length; h++) {
    const item = view.numbers[h]!
    if (view.weights[h] === 0) continue // decayed to nothing: it would touch items without a vote
    for (let e = rows.offsets[item]!; e < rows.offsets[item + 1]!; e++) {
      const target = rows.columns[e]!
      if (target >= votes.length) continue // its shard has not arrived
      if (votes[target] === 0) touched[count++] = target
      votes[target]! += view.weights[h]! * rows.weights[e]!
    }
  }
  return count
}

/** Integer dot of the quantised query and an int8 row. */
export function rowDot({ rows, dims }: Table, query: Int16Array, item: number): number {
  let dot = 0
  for (let d = 0, p = item * dims; d < dims; d++, p++) dot += query[d]! * rows[p]!
  return dot
}

/**
 * Offers every row in norm order and stops when no later row can enter: |q · t| ≤ ‖q‖ · ‖t‖. Exact, equal to a full scan.
 */
function scan(
  table: Table,
  { items, norms }: NormOrder,
  query: Int16Array,
  unit: number,
  best: TopK,
  skip: (item: number) => boolean,
): void {
  let length = 0
  for (const x of query) length += x * x
  length = Math.sqrt(length) * (1 + 1e-9) // rounding must never cut off a row that could enter
  for (let r = 0; r < items.length; r++) {
    if (length * norms[r]! * unit < best.threshold) return
    const item = items[r]!
    if (!skip(item)) best.offer(item, rowDot(table, query, item) * unit)
  }
}

/** Items by falling norm of their row, and those norms. */
interface NormOrder {
  readonly items: Int32Array
  readonly norms: Float64Array
}

function byNorm(table: Table): NormOrder {
  const square = new Float64Array(table.count)
  for (let i = 0; i < table.count; i++) {
    for (let p = i * table.dims; p < (i + 1) * table.dims; p++) square[i]! += table.rows[p]! ** 2
  }
  const items = Int32Array.from(square.keys()).sort((a, b) => square[b]! - square[a]! || a - b)
  return { items, norms: Float64Array.from(items, (i) => Math.sqrt(square[i]!)) }
}

/** Items that nothing speaks for are no candidates. */
function positive(best: TopK): RawScores<'collaborative'> {
  const { items, scores } = best.drain()
  let end = items.length
  while (end > 0 && scores[end - 1]! <= 0) end--
  return {
    items: items.subarray(0, end),
    scores: Array.from(scores.subarray(0, end), (s) => rawScore('collaborative', s)),
  }
}
