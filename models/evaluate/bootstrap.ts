/** A mean and its 95 % interval. */
export interface Interval {
  readonly mean: number
  readonly low: number
  readonly high: number
}

export const RESAMPLES = 1000

/** Column sums as observed, and over each resample of whole units. The same units for all columns: everything is paired. */
export interface Resamples {
  readonly units: number
  readonly totals: Float64Array
  /** column → resample → sum */
  readonly sums: readonly Float64Array[]
}

/**
 * Draws whole units with replacement (Efron & Tibshirani 1993): queries of one user, or of one day, stand or fall together.
 * @param columns one value a query each
 * @param unitOf query → unit, dense from 0
 */
export function resample(
  columns: readonly Float64Array[],
  unitOf: Int32Array,
  random: () => number,
  resamples = RESAMPLES,
): Resamples {
  const units = unitOf.reduce((max, u) => Math.max(max, u + 1), 0)
  const byUnit = columns.map((column) => {
    const sums = new Float64Array(units)
    for (let q = 0; q < unitOf.length; q++) sums[unitOf[q]!]! += column[q]!
    return sums
  })
  const sums = columns.map(() => new Float64Array(resamples))
  const drawn = new Int32Array(units)
  for (let s = 0; s < resamples; s++) {
    drawn.fill(0)
    for (let i = 0; i < units; i++) drawn[Math.floor(random() * units)]!++
    for (let c = 0; c < columns.length; c++) {
      const values = byUnit[c]!
      let sum = 0
      for (let u = 0; u < units; u++) sum += drawn[u]! * values[u]!
      sums[c]![s] = sum
    }
  }
  return { units, totals: Float64Array.from(byUnit, (values) => values.reduce((sum, x) => sum + x, 0)), sums }
}

/**
 * Percentile interval of (Σ a − Σ b) / Σ below, columns given by position; without `b` of Σ a / Σ below. A denominator of 0
 * gives 0.
 */
export function ratioOf({ totals, sums }: Resamples, a: number, b: number | null, below: number): Interval {
  const ratio = (sum: (column: number) => number) => {
    const bottom = sum(below)
    return bottom === 0 ? 0 : (sum(a) - (b === null ? 0 : sum(b))) / bottom
  }
  const resamples = sums[a]!.length
  const ratios = Float64Array.from({ length: resamples }, (_, s) => ratio((column) => sums[column]![s]!))
  ratios.sort()
  return {
    mean: ratio((column) => totals[column]!),
    low: ratios[Math.floor(0.025 * resamples)]!,
    high: ratios[Math.ceil(0.975 * resamples) - 1]!,
  }
}

/** Percentile interval of Σ numerator / Σ denominator over queries, whole units resampled. */
export function ratioInterval(
  numerator: Float64Array,
  denominator: Float64Array,
  unitOf: Int32Array,
  random: () => number,
  resamples = RESAMPLES,
): Interval {
  return ratioOf(resample([numerator, denominator], unitOf, random, resamples), 0, null, 1)
}

export function wider(a: Interval, b: Interval): Interval {
  return a.high - a.low >= b.high - b.low ? a : b
}
