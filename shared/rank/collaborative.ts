import type { Bundle, SparseRows } from '../bundle/openBundle.ts'
import { rowDot, tableFoldIn } from './foldIn.ts'
import { type RawScores, rawScore, type SpannedGenerator, sharesOf } from './generator.ts'
import { type HistoryView, WEIGHT_ONE } from './historyView.ts'
import { tableScan } from './kernel/tableScan.ts'
import { lazy } from './lazy.ts'
import { TopK } from './topK.ts'

/**
 * Table + neighbours, one generator. A visitor is folded in without training, into a vector q (see `tableFoldIn`):
 *
 *   score_i = τ · (q · t_i) + Σ_h w_h · S_hi
 *
 * t are the table's output-side rows, w the decayed history, S the neighbour lists, τ the profile's table weight. Low-rank
 * EASE with the same table on both sides (Steck, WWW 2019) plus what low rank misses. q is quantised, so q · t_i is an exact
 * integer dot, the same in TypeScript, SIMD and tfjs.
 */
export function collaborative(bundle: Bundle): SpannedGenerator<'collaborative'> | null {
  const { table, neighbours, items } = bundle
  if (!table && !neighbours) return null
  const votes = new Float64Array(items)
  const touched = new Int32Array(items)
  const tableWeight = bundle.manifest.profile.tableWeight
  const voteUnit = (neighbours?.step ?? 0) / WEIGHT_ONE
  const foldIn = table && tableWeight > 0 ? tableFoldIn(table) : null
  const scan = lazy(() => (table ? tableScan(table) : null))

  /** The history's dot with an item, weighted. */
  function tableDots(view: HistoryView) {
    const query = foldIn?.query(view)
    if (!query || !table) return null
    const { values } = query
    const unit = tableWeight * query.unit
    const of = (item: number) => (item < table.count ? rowDot(table, values, item) * unit : 0)
    return { values, unit, of }
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
          if (dots) scan()?.offer(dots, best, (i) => voted.has(i) || excluded(i))
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
      const from = view.numbers[h]!
      let total = foldIn ? tableWeight * foldIn.contribution(view, h, item) : 0
      if (neighbours) {
        for (let e = neighbours.offsets[from]!; e < neighbours.offsets[from + 1]!; e++) {
          if (neighbours.columns[e] === item) total += neighbours.weights[e]! * view.weights[h]! * voteUnit
        }
      }
      return total
    },
  }
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
