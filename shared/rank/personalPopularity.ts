import type { Bundle } from '../bundle/openBundle.ts'
import { type Generator, rawScore } from './generator.ts'
import type { HistoryView } from './historyView.ts'
import { popularCount, popularList } from './popular.ts'
import { affinity, mostAffinity, type TasteTerms, tasteShares, tasteTerms } from './taste.ts'
import { TopK } from './topK.ts'

/**
 * Popularity within the visitor's own genres, brands and categories: score_i = popularity_i × affinity_i. The plainest
 * personal recommender, and the one that a learned model must beat first.
 */
export function personalPopularity(bundle: Bundle): Generator<'personal-popularity'> | null {
  const terms = tasteTerms(bundle)
  if (!terms) return null
  const popularity = popularCount(bundle)
  const byPopularity = popularList(bundle, bundle.manifest.profile.popularHalfLife, bundle.items)
  const counts = Float64Array.from(byPopularity, popularity)
  return {
    name: 'personal-popularity',
    score(view) {
      const shares = tasteShares(terms, view)
      const of = (item: number) => {
        const count = popularity(item)
        return count > 0 ? count * affinity(terms, shares, item) : 0
      }
      return {
        of: (item) => rawScore('personal-popularity', of(item)),
        top(k, excluded) {
          const best = new TopK(k)
          const most = mostAffinity(terms, shares)
          for (let place = 0; place < byPopularity.length; place++) {
            const i = byPopularity[place]!
            // Nothing further down the list can enter any more.
            if (counts[place]! * most < best.threshold) break
            const score = counts[place]! * affinity(terms, shares, i)
            if (score > 0 && score >= best.threshold && !excluded(i)) best.offer(i, score)
          }
          const { items, scores } = best.drain()
          return { items, scores: Array.from(scores, (s) => rawScore('personal-popularity', s)) }
        },
      }
    },
    contribution: (view, h, item) => sharedTaste(terms, view, h, item) * view.weights[h]!,
  }
}

/** What one item of the history and another item share, as `affinity` counts it. */
function sharedTaste(attributes: TasteTerms, view: HistoryView, h: number, item: number): number {
  let mix = 0
  for (const { offsets, terms } of attributes) {
    const own = terms.subarray(offsets[view.numbers[h]!]!, offsets[view.numbers[h]! + 1]!)
    const other = terms.subarray(offsets[item]!, offsets[item + 1]!)
    for (const term of own) if (other.includes(term)) mix += 1 / (own.length * Math.sqrt(other.length))
  }
  return mix
}
