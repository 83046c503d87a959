import type { Rung } from '../../shared/bundle/manifest.ts'
import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import type { RankerDay } from '../train/ranker.ts'
import type { LadderRun } from './ladder.ts'
import { CUTOFFS } from './metrics.ts'
import { QueryRecorder } from './queryRecorder.ts'

/** What each rung costs, beside what it gains. */
export type RungCosts = Readonly<Record<Rung, { model: string; bytes: number; trainSeconds: number }>>

/**
 * The temporal protocol: consecutive daily windows after the cut, one query per positive event, history strictly earlier,
 * seen items masked, every catalogue item a candidate. Generators and ranker stay as the bundle holds them; popularity is
 * the blob of the last midnight, the same for every rung. Ranks with the decoded bytes through the browser's own ranker.
 * @param oracle with the synthetic world: gives its best slate for a dataset row, as item ids
 */
export function temporalRun(
  bundle: Bundle,
  days: readonly RankerDay[],
  rungs: readonly Rung[],
  costs: RungCosts,
  oracle?: (row: number, k: number) => readonly string[],
): { run: LadderRun; oracle: { ndcg10: number } | null; cold: ReadonlySet<number> } {
  const depth = Math.max(...CUTOFFS)
  const recorders = rungs.map((rung) => ({ rung, recorder: new QueryRecorder(rung) }))
  const best = oracle ? new QueryRecorder('ranker') : null
  const users = new Map<number, number>()
  const userOf: number[] = []
  const dayOf: number[] = []
  const cold = new Set<number>()
  for (const [d, day] of days.entries()) {
    if (day.midnight < bundle.manifest.trainedUntil) {
      throw new ForYouError(
        'leak',
        'An evaluation day lies at or before the moment the bundle was trained until.',
      )
    }
    const today = withPopularity(bundle, day.popularity)
    const recommender = createRecommender(today)
    for (const { row, user, at, target, history } of day.events) {
      const relevant = new Set([today.numberOf.get(target)!])
      for (const { rung, recorder } of recorders) {
        const start = performance.now()
        const view = historyView(today, history, at)
        const { items } = recommender.rank(rung, view, depth, (item) => view.seen.has(item))
        recorder.add(items, relevant, performance.now() - start)
      }
      best?.add(
        oracle!(row, depth).map((id) => today.numberOf.get(id) ?? -1),
        relevant,
        0,
      )
      if (history.length === 0) cold.add(userOf.length)
      if (!users.has(user)) users.set(user, users.size)
      userOf.push(users.get(user)!)
      dayOf.push(d)
    }
  }
  const items = bundle.popularity.count.length
  const oracleRun = best?.finish(items, { model: 'oracle', bytes: 0, trainSeconds: 0 })
  return {
    run: {
      protocol: `temporal: ${days.length} daily windows, popularity refreshed at midnight`,
      daily: true,
      rungs: recorders.map(({ rung, recorder }) => recorder.finish(items, costs[rung])),
      userOf: Int32Array.from(userOf),
      dayOf: Int32Array.from(dayOf),
    },
    oracle: oracleRun ? { ndcg10: average(oracleRun.values.get('ndcg@10') ?? new Float64Array(0)) } : null,
    cold,
  }
}

function average(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, x) => sum + x, 0) / values.length
}
