import type { Slate } from '../domain/slate.ts'
import type { ItemSet } from './finish/whereIndex.ts'
import type { HistoryView } from './historyView.ts'
import type { RankState } from './queryState.ts'
import { tasteShares } from './taste.ts'

/** A value that one item of the history has is no taste yet. */
const LEAST_ITEMS = 2

/** A value, and the items that carry it. */
export interface TopTaste extends ItemSet {
  readonly within: NonNullable<Slate['within']>
}

/**
 * The attribute value that a history says most of: the one of the greatest share · ln(share / usual), its term of the
 * Kullback–Leibler divergence from the catalogue, so that what everything carries is nobody's taste. `usual` is the share of the
 * catalogue's items that carry it.
 * @returns `null` where the catalogue has no such attribute or the history no such value
 */
export function topTaste({ taste, bundle }: RankState, view: HistoryView): TopTaste | null {
  if (!taste || !bundle.content) return null
  const { vocabulary, offsets, columns } = bundle.content
  const usual = new Uint32Array(vocabulary.values.length)
  for (const term of columns) usual[term]!++
  const carries = (term: number) => (item: number) =>
    columns.subarray(offsets[item]!, offsets[item + 1]!).includes(term)
  let best = -1
  let most = 0
  for (const [term, share] of tasteShares(taste, view).entries()) {
    if (share === 0) continue
    const gain = share * Math.log((share * bundle.items) / usual[term]!)
    const better = gain > most || (gain === most && term < best)
    if (better && view.numbers.filter(carries(term)).length >= LEAST_ITEMS) {
      best = term
      most = gain
    }
  }
  if (best < 0) return null
  const has = carries(best)
  const within = { attribute: vocabulary.names[vocabulary.nameOf[best]!]!, value: vocabulary.values[best]! }
  return { within, has, items: Int32Array.from({ length: bundle.items }, (_, i) => i).filter(has) }
}
