import type { FirstVisits } from '../../shared/bundle/evaluation.ts'
import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import { featureRows } from '../../shared/features/features.ts'
import { candidateSource, candidates } from '../../shared/rank/candidates.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import { queryScores, queryState, rankState } from '../../shared/rank/queryState.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { scoreRows } from '../../shared/rank/scoreCandidates.ts'
import { TopK } from '../../shared/rank/topK.ts'
import type { RankerDay } from '../train/replayedSlates.ts'
import { comparer } from './comparer.ts'
import { MEASURABLE } from './ladder.ts'

const DEPTH = 10

/**
 * What visitors without a history choose first, and how well three lists would have foreseen it: `for-you` as it ships, which is
 * what is popular; what is trending; and what the ranker would say of nobody.
 */
export function firstVisits(bundle: Bundle, days: readonly RankerDay[], seed: number): FirstVisits {
  const gains: Record<'shipped' | 'trending' | 'ranker', number[]> = { shipped: [], trending: [], ranker: [] }
  const userOf: number[] = []
  const dayOf: number[] = []
  const users = new Map<number, number>()
  for (const [d, day] of days.entries()) {
    const today = withPopularity(bundle, day.popularity)
    const lists = listsOf(today, day.midnight)
    for (const { history, target, user } of day.events) {
      if (history.length > 0) continue
      const gain = (list: readonly string[]) => {
        const at = list.indexOf(target)
        return at < 0 ? 0 : 1 / Math.log2(at + 2)
      }
      gains.shipped.push(gain(lists.shipped))
      gains.trending.push(gain(lists.trending))
      gains.ranker.push(gain(lists.ranker))
      if (!users.has(user)) users.set(user, users.size)
      userOf.push(users.get(user)!)
      dayOf.push(d)
    }
  }
  const columns = [gains.shipped, gains.trending, gains.ranker].map((values) => Float64Array.from(values))
  const queries = userOf.length
  const mean = (values: Float64Array) => (queries > 0 ? values.reduce((sum, x) => sum + x, 0) / queries : 0)
  const run = { daily: true, userOf: Int32Array.from(userOf), dayOf: Int32Array.from(dayOf) }
  const compare = queries > 0 ? comparer(columns, run, MEASURABLE.days, seed) : null
  return {
    queries,
    shipped: mean(columns[0]!),
    trending: mean(columns[1]!),
    ranker: bundle.ranker ? mean(columns[2]!) : null,
    overTrending: compare?.difference(0, 1) ?? null,
    overRanker: bundle.ranker ? (compare?.difference(0, 2) ?? null) : null,
  }
}

/** Nobody has seen anything yet: each list is the same for all first visits of a day. */
function listsOf(today: Bundle, now: number) {
  const recommender = createRecommender(today)
  const shown = (surface: 'for-you' | 'trending') =>
    recommender.recommend({ surface, history: [], k: DEPTH, now }).items.map(({ item }) => item)
  return { shipped: shown('for-you'), trending: shown('trending'), ranker: saidOfNobody(today, now) }
}

function saidOfNobody(today: Bundle, now: number): string[] {
  const { ranker } = today
  if (!ranker) return []
  const state = rankState(today)
  const view = historyView(today, [], now)
  const scores = queryScores(state, view)
  const found = candidates(candidateSource(state), scores, () => false)
  const rows = featureRows(queryState(state, view, scores, found), found.items)
  const best = new TopK(DEPTH)
  for (const [c, score] of scoreRows(rows, ranker, plainNetwork(ranker.network)).entries())
    best.offer(found.items[c]!, score)
  return Array.from(best.drain().items, (item) => today.ids[item]!)
}
