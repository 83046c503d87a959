import type { GeneratorName } from '../bundle/generators.ts'
import { type RawScore, scoreValue } from './generator.ts'

declare const calibrated: unique symbol
/** A score on the common scale 0–1: the share of replayed candidates that a generator scored lower. */
export type Calibrated = number & { readonly [calibrated]: true }

/**
 * The quantile of a raw score in the generator's own distribution, linear between the stored quantiles; 0 for a score that
 * is not positive. Invariant under any rescaling of the generator that its stored quantiles share.
 */
export function calibrate<G extends GeneratorName>(score: RawScore<G>, quantiles: Float32Array): Calibrated {
  const x = Math.fround(scoreValue(score))
  const last = quantiles.length - 1
  if (x <= 0 || last < 0) return 0 as Calibrated
  let low = 0
  let high = last + 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (quantiles[middle]! <= x) low = middle + 1
    else high = middle
  }
  // `low` quantiles are ≤ x; position p of n quantiles stands for (p + 1) / (n + 1).
  const below = low === 0 ? 0 : quantiles[low - 1]!
  const above = low > last ? x : quantiles[low]!
  const within = above > below ? (x - below) / (above - below) : 0
  return ((low + Math.min(within, 1)) / (last + 2)) as Calibrated
}

/** Stored quantiles of a generator's positive scores. */
export function quantilesOf(scores: Float64Array, count = 63): Float32Array {
  const sorted = scores.filter((x) => x > 0).sort()
  if (sorted.length === 0) return new Float32Array(0)
  return Float32Array.from(
    { length: count },
    (_, p) => sorted[Math.floor(((p + 1) / (count + 1)) * sorted.length)]!,
  )
}

/** An eighth of the replayed candidates that a generator says anything of have a lower score. */
const TYPICAL = 1 / 8

/**
 * A generator's typical low score, which its scores are told in where a quantile is too coarse: far above all stored quantiles
 * there is still more and less popular. 1, its own unit, where nothing is stored.
 */
export function typicalOf(quantiles: Float32Array | undefined): number {
  const typical = quantiles?.[Math.ceil(TYPICAL * (quantiles.length + 1)) - 1]
  return typical !== undefined && typical > 0 ? typical : 1
}

/** A score as a multiple of its generator's typical one. Invariant under rescaling, as `calibrate` is. */
export function inTypical<G extends GeneratorName>(score: RawScore<G>, typical: number): number {
  return scoreValue(score) / typical
}
