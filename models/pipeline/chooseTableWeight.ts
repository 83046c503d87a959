import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { castVotes } from '../../shared/rank/collaborative.ts'
import { rowDot, tableFoldIn } from '../../shared/rank/foldIn.ts'
import { historyView, WEIGHT_ONE } from '../../shared/rank/historyView.ts'
import { TopK } from '../../shared/rank/topK.ts'
import { ndcg } from '../evaluate/metrics.ts'
import type { FoldInQuery } from '../split/foldInSplits.ts'

/** Weights of the table beside the lists that validation chooses among. */
const WEIGHTS = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.9]
const CUTOFF = 20

/**
 * The weight of the table beside the lists with the best NDCG@20, from the decoded bundle: votes and dots of each question
 * are computed once and mixed in every proportion. Of the weights that are at most one standard error (of
 * the paired differences) below the best, the one nearest to the usual is taken: so little data moves it little.
 * @param bundle with a table weight of 1 in the units of the settings
 */
export function chooseTableWeight(
  bundle: Bundle,
  queries: readonly FoldInQuery[],
  usual: number,
): { tableWeight: number; ndcg: number } {
  const weights = [...new Set([usual, ...WEIGHTS])]
  const values = ndcgByWeight(bundle, queries, weights)
  const means = values.map((each) => each.reduce((sum, x) => sum + x, 0) / each.length)
  const best = means.indexOf(Math.max(...means))
  const at = weights
    .map((_, w) => w)
    .sort((v, w) => Math.abs(weights[v]! - usual) - Math.abs(weights[w]! - usual) || v - w)
    .find((w) => means[best]! - means[w]! <= standardError(values[best]!, values[w]!))!
  return { tableWeight: weights[at]!, ndcg: means[at]! }
}

/** NDCG@20 of each query, for each weight. */
export function ndcgByWeight(
  bundle: Bundle,
  queries: readonly FoldInQuery[],
  weights: readonly number[],
): Float64Array[] {
  const values = weights.map(() => new Float64Array(queries.length))
  const votes = new Float64Array(bundle.items)
  const dots = new Float64Array(bundle.items)
  for (const [q, { history, relevant }] of queries.entries()) {
    const seen = score(bundle, history, votes, dots)
    const wanted = new Set(relevant.map((id, r) => bundle.numberOf.get(id) ?? -1 - r))
    for (const [w, weight] of weights.entries()) {
      const best = new TopK(CUTOFF)
      for (let item = 0; item < bundle.items; item++) {
        const value = votes[item]! + weight * dots[item]!
        if (value > 0 && value >= best.threshold && !seen.has(item)) best.offer(item, value)
      }
      values[w]![q] = ndcg(best.drain().items, wanted, CUTOFF)
    }
  }
  return values
}

/** Of the mean difference of paired values. */
function standardError(a: Float64Array, b: Float64Array): number {
  const n = a.length
  const differences = a.map((x, i) => x - b[i]!)
  const mean = differences.reduce((sum, x) => sum + x, 0) / n
  return Math.sqrt(differences.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n * Math.max(1, n - 1)))
}

/** Fills in the votes and the dots of every item for a history; returns the items to mask. */
function score(bundle: Bundle, history: FoldInQuery['history'], votes: Float64Array, dots: Float64Array) {
  const { table, neighbours } = bundle
  const view = historyView(bundle, history)
  votes.fill(0)
  dots.fill(0)
  if (neighbours) {
    castVotes(neighbours, view, votes, new Int32Array(bundle.items))
    for (let i = 0; i < votes.length; i++) votes[i]! *= neighbours.step / WEIGHT_ONE
  }
  const query = table ? tableFoldIn(table).query(view) : null
  if (table && query) {
    const unit = bundle.manifest.profile.tableWeight * query.unit
    for (let i = 0; i < table.count; i++) dots[i] = rowDot(table, query.values, i) * unit
  }
  return view.seen
}
