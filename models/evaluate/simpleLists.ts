import type { RankQuery } from '../../shared/domain/slate.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { lazy } from '../../shared/rank/lazy.ts'
import { firstOf, isUnreleased, popularList } from '../../shared/rank/popular.ts'
import type { Recommender } from '../../shared/rank/recommend.ts'

type Asking = RankQuery & { readonly k: number }

/** Lists that anybody could show, with the visitor's own and unreleased items masked as the surfaces mask them. Item ids. */
export function simpleLists(recommender: Recommender) {
  const { bundle } = recommender
  const unreleased = isUnreleased(bundle)
  const allTime = lazy(() => popularList(bundle, -1, bundle.items))
  const latest = lazy(() => {
    const dated = Array.from(bundle.firstDay.keys()).filter((i) => bundle.firstDay[i]! >= 0)
    return Int32Array.from(dated.sort((a, b) => bundle.firstDay[b]! - bundle.firstDay[a]! || a - b))
  })
  const masked =
    (list: () => Int32Array) =>
    ({ history, now, k }: Asking): string[] => {
      const { seen } = historyView(bundle, history, now)
      return Array.from(
        firstOf(list(), k, (item) => seen.has(item) || unreleased(item)),
        (item) => bundle.ids[item]!,
      )
    }
  return {
    /** What the bundle calls popular, at the moment of its popularity. */
    popular: (query: Asking) =>
      recommender.recommend({ ...query, surface: 'popular' }).items.map((i) => i.item),
    /** By count since the data began. */
    allTime: masked(allTime),
    /** By falling day, ties by item number. */
    latest: masked(latest),
  }
}
