import type { Bundle } from '../bundle/openBundle.ts'
import type { Kind, UserHistory } from '../domain/interaction.ts'

/** Weights are fixed-point integers in units of 2⁻¹², so that everything summed from them is exact. */
export const WEIGHT_ONE = 4096

/**
 * How much an interaction of a kind says about taste: all the same, because the ranker was trained on histories of one kind.
 * A `hide` says nothing here: it only excludes.
 */
const KIND_WEIGHT: Readonly<Record<Kind, number>> = { view: 1, click: 1, save: 1, buy: 1, rate: 1, hide: 0 }

/** A history as the generators read it: the latest distinct items that the bundle knows, latest first. */
export interface HistoryView {
  readonly numbers: Int32Array
  /** Parallel to `numbers`: decay^(steps back) × weight of the kind, in units of 2⁻¹². */
  readonly weights: Int32Array
  /** Item numbers never to recommend: seen or hidden. */
  readonly seen: ReadonlySet<number>
  /** Distinct items in the whole history, known to the bundle or not. */
  readonly length: number
  /** Distinct items that have no row yet because their shard has not arrived, or that the catalogue lacks. */
  readonly unknown: number
}

/**
 * The decayed, deduplicated view of a history. Decay is a running product, not a power: products have the same bits in
 * every engine.
 */
export function historyView(bundle: Bundle, history: UserHistory): HistoryView {
  const { decay, historyLength } = bundle.manifest.profile
  const numbers: number[] = []
  const weights: number[] = []
  const seen = new Set<number>()
  const strangers = new Set<string>()
  let scale = WEIGHT_ONE
  for (let r = history.length - 1; r >= 0; r--) {
    const { item, kind } = history[r]!
    const number = bundle.numberOf.get(item)
    if (number === undefined) {
      strangers.add(item)
      continue
    }
    if (seen.has(number)) continue
    seen.add(number)
    const weight = Math.round(scale * KIND_WEIGHT[kind])
    if (weight > 0 && numbers.length < historyLength) {
      numbers.push(number)
      weights.push(weight)
      scale *= decay
    }
  }
  return {
    numbers: Int32Array.from(numbers),
    weights: Int32Array.from(weights),
    seen,
    length: seen.size + strangers.size,
    unknown: strangers.size,
  }
}
