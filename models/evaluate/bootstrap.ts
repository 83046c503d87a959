/** A mean and its 95 % interval. */
export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

export const RESAMPLES = 1000

/**
 * Percentile interval of Σ a / Σ b by resampling whole units with replacement (Efron & Tibshirani 1993): queries of one
 * user, or of one day, stand or fall together. Paired: numerator and denominator come from the same units.
 * @param unitOf query → unit, dense from 0
 */
export function ratioInterval(
  numerator: Float64Array,
  denominator: Float64Array,
  unitOf: Int32Array,
  random: () => number,
  resamples = RESAMPLES,
): Interval {
  const units = unitOf.reduce((max, u) => Math.max(max, u + 1), 0)
  const a = new Float64Array(units)
  const b = new Float64Array(units)
  for (let q = 0; q < unitOf.length; q++) {
    a[unitOf[q]!]! += numerator[q]!
    b[unitOf[q]!]! += denominator[q]!
  }
  const sum = (values: Float64Array) => values.reduce((total, x) => total + x, 0)
  const ratios = new Float64Array(resamples)
  for (let s = 0; s < resamples; s++) {
    let top = 0
    let bottom = 0
    for (let i = 0; i < units; i++) {
      const u = Math.floor(random() * units)
      top += a[u]!
      bottom += b[u]!
    }
    ratios[s] = bottom === 0 ? 0 : top / bottom
  }
  ratios.sort()
  return {
    mean: sum(b) === 0 ? 0 : sum(a) / sum(b),
    low: ratios[Math.floor(0.025 * resamples)]!,
    high: ratios[Math.ceil(0.975 * resamples) - 1]!,
  }
}

export function wider(a: Interval, b: Interval): Interval {
  return a.high - a.low >= b.high - b.low ? a : b
}
