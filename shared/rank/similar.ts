import type { Source } from '../domain/slate.ts'
import { type Excluded, scoreValue } from './generator.ts'
import { WEIGHT_ONE } from './historyView.ts'
import type { RankState } from './queryState.ts'

export interface SimilarItem {
  readonly item: number
  readonly source: Source
  /** Of the best one; what content brings goes on from the last that other visitors' choices have brought. */
  readonly share: number
}

/**
 * Items like one item: what the collaborative generator says of a history that holds only it, then, where that has no more
 * to say (a new or rare item), what its content says. The two are never added: one list follows the other.
 */
export function similarTo(
  { generators }: RankState,
  item: number,
  k: number,
  excluded: Excluded,
): SimilarItem[] {
  const view = {
    numbers: Int32Array.of(item),
    kinds: Float64Array.of(1),
    weights: Int32Array.of(WEIGHT_ONE),
    times: Float64Array.of(0),
    now: undefined,
    seen: new Set<number>(),
    length: 1,
    unknown: 0,
  }
  const found: SimilarItem[] = []
  const taken = new Set<number>()
  for (const source of ['collaborative', 'content'] as const) {
    const top = generators[source]?.score(view).top(k - found.length, (i) => taken.has(i) || excluded(i))
    if (!top || top.items.length === 0) continue
    const best = scoreValue<'collaborative' | 'content'>(top.scores[0]!)
    const from = found.at(-1)?.share ?? 1
    for (const [r, i] of top.items.entries()) {
      const relative = scoreValue<'collaborative' | 'content'>(top.scores[r]!) / best
      found.push({ item: i, source, share: relative * from })
      taken.add(i)
    }
  }
  return found
}
