import type { Rung } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { assertTargetsUnseen } from '../split/assertNoLeak.ts'
import type { FoldInQuery } from '../split/foldInSplits.ts'
import { rungContenders } from './contender.ts'
import { type Beside, Contest } from './contest.ts'
import type { LadderRun } from './ladderRun.ts'
import type { RungCosts } from './rungCosts.ts'

/**
 * Ranks all items for every query, history masked, with the decoded bytes through the browser's own ranker.
 * @throws ForYouError `leak` where a history holds what it asks for
 */
export function foldInRun(
  protocol: string,
  bundle: Bundle,
  queries: readonly FoldInQuery[],
  rungs: readonly Rung[],
  costs: RungCosts,
  beside?: Beside,
): LadderRun {
  const contest = new Contest(bundle, rungContenders(rungs, costs, beside?.only), beside)
  contest.on(bundle)
  for (const query of queries) {
    assertTargetsUnseen(query)
    contest.ask({ ...query, at: query.history.at(-1)?.at ?? 0 })
  }
  return { protocol, daily: false, ...contest.finish() }
}
