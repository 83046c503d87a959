import type { Rung } from '../../shared/bundle/manifest.ts'
import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import { assertDayAfter } from '../split/assertNoLeak.ts'
import type { RankerDay } from '../train/replayedSlates.ts'
import { rungContenders } from './contender.ts'
import { type Beside, Contest } from './contest.ts'
import type { LadderRun } from './ladderRun.ts'
import { CUTOFFS } from './metrics.ts'
import { QueryRecorder } from './queryRecorder.ts'
import type { RungCosts } from './rungCosts.ts'

/**
 * The temporal protocol: consecutive daily windows after the cut, one query per positive event, history strictly earlier,
 * seen items masked, every catalogue item a candidate. Generators and ranker stay as the bundle holds them; popularity is
 * the blob of the last midnight, the same for every contender. Ranks with the decoded bytes through the browser's own ranker.
 * @param oracle with the synthetic world: gives its best slate for a dataset row, as item ids
 * @throws ForYouError `leak` where a day was trained on, or an event sees what it asks for
 */
export function temporalRun(
  bundle: Bundle,
  days: readonly RankerDay[],
  rungs: readonly Rung[],
  costs: RungCosts,
  oracle?: (row: number, k: number) => readonly string[],
  beside?: Beside,
): { run: LadderRun; oracle: { ndcg10: number } | null } {
  const depth = Math.max(...CUTOFFS)
  const contest = new Contest(bundle, rungContenders(rungs, costs), beside)
  const best = oracle ? new QueryRecorder() : null
  for (const day of days) {
    const today = withPopularity(bundle, day.popularity)
    assertDayAfter(day, bundle.manifest.trainedUntil, today.popularity.asOf)
    contest.on(today)
    for (const { row, user, at, target, history } of day.events) {
      contest.ask({
        user,
        history,
        relevant: [target],
        at: day.midnight,
        ...(at === undefined ? {} : { now: at }),
      })
      best?.add(
        oracle!(row, depth).map((id) => today.numberOf.get(id) ?? -1),
        new Set([today.numberOf.get(target)!]),
        0,
      )
    }
  }
  const oracleRun = best?.finish(bundle.popularity.count.length)
  return {
    run: {
      protocol: `temporal: ${days.length} daily windows, popularity refreshed at midnight`,
      daily: true,
      ...contest.finish(),
    },
    oracle: oracleRun ? { ndcg10: average(oracleRun.values.get('ndcg@10') ?? new Float64Array(0)) } : null,
  }
}

function average(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, x) => sum + x, 0) / values.length
}
