import type { Source } from '../domain/slate.ts'
import { type Excluded, type RawScores, scoreValue } from './generator.ts'
import type { HistoryView } from './historyView.ts'
import type { RankState } from './queryState.ts'

export interface Companion {
  readonly item: number
  /** By source, each 0–1. */
  readonly shares: ReadonlyMap<Source, number>
}

/** Flattens how much the first places count, as in the paper. */
const RRF = 60
/** Of each source; always the same, or a longer slate would begin otherwise than a shorter one. */
const DEPTH = 500

/**
 * What goes with a basket: what visitors chose next (transitions) and what they chose as well (collaborative), by reciprocal rank
 * fusion (Cormack et al., SIGIR 2009), Σ 60 / (60 + place), because scores of two generators must not be added. Likeness of
 * attributes says nothing of what is bought together and is left out: a bundle without both lists gives nothing.
 * @param basket as a history, the latest first
 */
export function boughtTogether(
  { generators }: RankState,
  basket: HistoryView,
  excluded: Excluded,
): Companion[] {
  const companions = new Map<number, Map<Source, number>>()
  const add = (source: Source, top: RawScores<'transitions'> | RawScores<'collaborative'> | undefined) => {
    for (const [place, item] of (top?.items ?? []).entries()) {
      if (scoreValue<'transitions' | 'collaborative'>(top!.scores[place]!) <= 0) break
      const shares = companions.get(item) ?? new Map<Source, number>()
      companions.set(item, shares.set(source, RRF / (RRF + place)))
    }
  }
  const inBasket: Excluded = (item) => basket.seen.has(item) || excluded(item)
  add('transitions', generators.transitions?.score(basket).top(DEPTH, inBasket))
  add('collaborative', generators.collaborative?.score(basket).top(DEPTH, inBasket))
  const sum = (shares: ReadonlyMap<Source, number>) => [...shares.values()].reduce((a, b) => a + b, 0)
  return [...companions]
    .sort(([a, ofA], [b, ofB]) => sum(ofB) - sum(ofA) || a - b)
    .map(([item, shares]) => ({ item, shares }))
}
