import type { Interval, Resamples } from './bootstrap.ts'

const LEVEL = 0.95

/** One of several comparisons, corrected for all of them. */
export interface Corrected {
  /** Difference of means with its simultaneous 95 % interval. */
  readonly adjusted: Interval
  /** Two-sided, corrected: chance that the largest of all differences would be as large if none were real. */
  readonly p: number
}

/**
 * Single-step max-t over paired resamples (Westfall & Young 1993; Romano & Wolf 2005): with d_j the observed difference of
 * means, d*_j the resampled one and s_j its standard deviation, t* = max_j |d*_j − d_j| / s_j. All intervals d_j ± q·s_j with
 * q the 95th percentile of t* hold together, so the chance of any false difference among them is about 5 %; how the models'
 * errors go together is in the resamples, which Bonferroni and Holm would ignore. Spreads are widened for few units.
 * @param pairs positions of the two columns of each comparison
 * @param ones position of the column that counts queries
 */
export function simultaneous(
  { units, totals, sums }: Resamples,
  pairs: readonly (readonly [a: number, b: number])[],
  ones: number,
): Corrected[] {
  const resamples = sums[ones]!.length
  const largest = new Float64Array(resamples)
  const observed = pairs.map(([a, b]) => {
    const mean = totals[ones] === 0 ? 0 : (totals[a]! - totals[b]!) / totals[ones]!
    const drawn = sums[a]!.map((x, s) => (sums[ones]![s] === 0 ? 0 : (x - sums[b]![s]!) / sums[ones]![s]!))
    const centre = drawn.reduce((sum, x) => sum + x, 0) / resamples
    const spread =
      forFewUnits(units) * Math.sqrt(drawn.reduce((sum, x) => sum + (x - centre) ** 2, 0) / (resamples - 1))
    if (spread > 0) {
      for (let s = 0; s < resamples; s++)
        largest[s] = Math.max(largest[s]!, (forFewUnits(units) * Math.abs(drawn[s]! - mean)) / spread)
    }
    return { mean, spread }
  })
  const reach = largest.toSorted()[Math.ceil(LEVEL * resamples) - 1]!
  return observed.map(({ mean, spread }) => {
    const t = spread > 0 ? Math.abs(mean) / spread : mean === 0 ? 0 : Number.POSITIVE_INFINITY
    const asLarge = t === 0 ? resamples : largest.reduce((count, x) => count + (x >= t ? 1 : 0), 0)
    return {
      adjusted: { mean, low: mean - reach * spread, high: mean + reach * spread },
      p: (1 + asLarge) / (resamples + 1),
    }
  })
}

/**
 * A bootstrap of n units underestimates a standard deviation by √((n − 1)/n), and what it studentises has the tails of t with
 * n − 1 degrees: t ≈ z + (z³ + z) / 4(n − 1) (Cornish & Fisher 1938). 1.12 for 14 days, 1.02 for 80 users.
 */
function forFewUnits(units: number): number {
  const degrees = Math.max(1, units - 1)
  const z = 1.96
  return Math.sqrt((degrees + 1) / degrees) * (1 + (z ** 2 + 1) / (4 * degrees))
}
