import type { Rung } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import type { FoldInQuery } from '../split/foldInSplits.ts'
import type { LadderRun } from './ladder.ts'
import { CUTOFFS } from './metrics.ts'
import { QueryRecorder } from './queryRecorder.ts'
import type { RungCosts } from './temporal.ts'

/** Ranks all items for every query, history masked, with the decoded bytes through the browser's own ranker. */
export function foldInRun(
  protocol: string,
  bundle: Bundle,
  queries: readonly FoldInQuery[],
  rungs: readonly Rung[],
  costs: RungCosts,
  ranked?: (query: FoldInQuery, rung: Rung, items: Int32Array, scores: Float64Array) => void,
): LadderRun {
  const depth = Math.max(...CUTOFFS)
  const recommender = createRecommender(bundle)
  const recorders = rungs.map((rung) => ({ rung, recorder: new QueryRecorder(rung) }))
  for (const query of queries) {
    const { history, relevant } = query
    // An item nobody can rank gets a number of its own, so that it stays in the denominators.
    const wanted = new Set(relevant.map((id, r) => bundle.numberOf.get(id) ?? -1 - r))
    for (const { rung, recorder } of recorders) {
      const start = performance.now()
      const view = historyView(bundle, history)
      const { items, scores } = recommender.rank(rung, view, depth, (item) => view.seen.has(item))
      recorder.add(items, wanted, performance.now() - start)
      ranked?.(query, rung, items, scores)
    }
  }
  const dense = new Map([...new Set(queries.map(({ user }) => user))].map((user, u) => [user, u]))
  return {
    protocol,
    daily: false,
    rungs: recorders.map(({ rung, recorder }) =>
      recorder.finish(bundle.popularity.count.length, costs[rung]),
    ),
    userOf: Int32Array.from(queries, ({ user }) => dense.get(user)!),
    dayOf: new Int32Array(queries.length),
  }
}
