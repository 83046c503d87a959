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
  /** Parallel to `numbers`: weight of the kind. */
  readonly kinds: Float64Array
  /** Parallel to `numbers`: decay^(steps back) × weight of the kind, in units of 2⁻¹². */
  readonly weights: Int32Array
  /** Parallel to `numbers`: moment of the interaction, ms. */
  readonly times: Float64Array
  /** The query's moment on the clock of the history, ms; `undefined` where nobody says. */
  readonly now: number | undefined
  /** Item numbers never to recommend: seen or hidden. */
  readonly seen: ReadonlySet<number>
  /** Distinct items in the whole history, known to the bundle or not. */
  readonly length: number
  /** Distinct items that have no row yet because their shard has not arrived, or that the catalogue lacks. */
  readonly unknown: number
}

/**
 * The decayed, deduplicated view of a history.
 * @param now the query's moment on the clock of the history, ms
 */
export function historyView(bundle: Bundle, history: UserHistory, now?: number): HistoryView {
  const { decay, historyLength } = bundle.manifest.profile
  const numbers: number[] = []
  const kinds: number[] = []
  const times: number[] = []
  const seen = new Set<number>()
  const strangers = new Set<string>()
  for (let r = history.length - 1; r >= 0; r--) {
    const { item, kind, at } = history[r]!
    const number = bundle.numberOf.get(item)
    if (number === undefined) {
      strangers.add(item)
      continue
    }
    if (seen.has(number)) continue
    seen.add(number)
    if (KIND_WEIGHT[kind] > 0 && numbers.length < historyLength) {
      numbers.push(number)
      kinds.push(KIND_WEIGHT[kind])
      times.push(at)
    }
  }
  return {
    numbers: Int32Array.from(numbers),
    kinds: Float64Array.from(kinds),
    weights: decayedWeights(kinds, decay),
    times: Float64Array.from(times),
    now,
    seen,
    length: seen.size + strangers.size,
    unknown: strangers.size,
  }
}

/** The same history under another decay: generators differ in how far back they look. */
export function withDecay(view: HistoryView, decay: number): HistoryView {
  const known = decayed.get(view) ?? new Map<number, HistoryView>()
  decayed.set(view, known)
  const other = known.get(decay) ?? { ...view, weights: decayedWeights(view.kinds, decay) }
  known.set(decay, other)
  return other
}

/** Views of one query under other decays: scores ask once, reasons for every item again. */
const decayed = new WeakMap<HistoryView, Map<number, HistoryView>>()

/** Decay is a running product, not a power: products have the same bits in every engine. */
function decayedWeights(kinds: ArrayLike<number>, decay: number): Int32Array {
  const weights = new Int32Array(kinds.length)
  for (let h = 0, scale = WEIGHT_ONE; h < weights.length; h++, scale *= decay) {
    weights[h] = Math.round(scale * kinds[h]!)
  }
  return weights
}
