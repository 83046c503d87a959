import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { Excluded } from '../../shared/rank/generator.ts'
import type { HistoryView } from '../../shared/rank/historyView.ts'
import { popularOrder } from '../../shared/rank/popular.ts'
import { TopK } from '../../shared/rank/topK.ts'
import type { Dataset } from '../dataset.ts'
import type { Referee } from '../train/trainer.ts'

/**
 * Ranks with a model that cannot be encoded, as the rungs do with theirs: item numbers of the bundle, ties to the lower one,
 * and popularity where the model has nothing to say.
 * @param dataset what the referee was trained on: the bundle's items, by its own indexes
 */
export function refereeRanker(
  referee: Referee,
  bundle: Bundle,
  dataset: Dataset,
): (view: HistoryView, k: number, excluded: Excluded) => Int32Array {
  const indexes = new Map(dataset.catalogue.map(({ id }, i) => [id, i]))
  const indexOf = Int32Array.from(bundle.ids, (id) => indexes.get(id)!)
  const popular = popularOrder(bundle)
  return (view, k, excluded) => {
    const oldestFirst = view.numbers.toReversed()
    const scores = referee.score(
      oldestFirst.map((number) => indexOf[number]!),
      Float64Array.from(view.weights.toReversed()),
    )
    const best = new TopK(k)
    for (let number = 0; number < bundle.items; number++) {
      const score = scores[indexOf[number]!]!
      if (score > 0 && score >= best.threshold && !excluded(number)) best.offer(number, score)
    }
    const own = best.drain().items
    if (own.length === k) return own
    const listed = new Set(own)
    const more = popular.filter((number) => !listed.has(number) && !excluded(number))
    return Int32Array.of(...own, ...more.subarray(0, k - own.length))
  }
}
