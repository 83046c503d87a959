import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { RulesDocument } from '../../shared/domain/rules.ts'
import { rulesAt } from '../../shared/domain/rulesAt.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { inventedHistories } from '../build/goldenCases.ts'
import { titleOf } from './titleOf.ts'

const K = 12
/** Each gives a handful of visitors, from none to thirty items. */
const SEEDS = [1, 2, 3, 4, 5]
const LISTED = 5

export interface RulesEffect {
  readonly k: number
  readonly slates: number
  /** Those that are another one, order included. */
  readonly changed: number
  /** Most often first. */
  readonly entered: readonly MovedItem[]
  readonly left: readonly MovedItem[]
}
export interface MovedItem {
  readonly item: string
  readonly title: string
  /** In how many slates. */
  readonly times: number
}

/**
 * What another document does to `for-you`, for visitors who do not exist: enough to see a typing error, no forecast.
 * @param now ms since 1970 UTC: only rules that hold count
 */
export function rulesEffect(
  bundle: Bundle,
  before: RulesDocument,
  after: RulesDocument,
  now: number,
): RulesEffect {
  const recommender = createRecommender(bundle)
  const counts = { entered: new Map<string, number>(), left: new Map<string, number>() }
  let [slates, changed] = [0, 0]
  for (const seed of SEEDS) {
    const invented = inventedHistories(bundle, seed)
    for (const history of invented.histories) {
      const slateOf = ({ rules }: RulesDocument) =>
        recommender
          .recommend({ k: K, history, now: invented.now, rules: rulesAt(rules, now) })
          .items.map(({ item }) => item)
      const [old, next] = [slateOf(before), slateOf(after)]
      slates++
      if (old.join('\n') !== next.join('\n')) changed++
      count(counts.entered, next, old)
      count(counts.left, old, next)
    }
  }
  const listed = (times: ReadonlyMap<string, number>) =>
    [...times]
      .map(([item, n]) => ({ item, title: titleOf(bundle, item), times: n }))
      .sort((a, b) => b.times - a.times || (a.item < b.item ? -1 : 1))
      .slice(0, LISTED)
  return { k: K, slates, changed, entered: listed(counts.entered), left: listed(counts.left) }
}

function count(into: Map<string, number>, some: readonly string[], others: readonly string[]): void {
  for (const item of some) if (!others.includes(item)) into.set(item, (into.get(item) ?? 0) + 1)
}
