import type { Comparison } from '../../shared/bundle/evaluation.ts'
import { seededRandom } from '../random.ts'
import { type Interval, type Resamples, ratioOf, resample, wider } from './bootstrap.ts'
import { simultaneous } from './simultaneous.ts'

/** Compares the columns of one run, given by position, all on the same resamples. */
export interface Comparer {
  /** Mean difference a − b. */
  difference(a: number, b: number): Interval
  /** Difference over the mean of b. */
  gain(a: number, b: number): Interval
  /** `a` against every column, by position, corrected for all of these comparisons. */
  against(a: number): Comparison[]
}

/**
 * Resamples users and, with at least `minDays` daily windows, days; whichever interval is wider counts, and the larger p.
 * @param columns one value a query, one column a model
 */
export function comparer(
  columns: readonly Float64Array[],
  run: { readonly daily: boolean; readonly userOf: Int32Array; readonly dayOf: Int32Array },
  minDays: number,
  seed: number,
): Comparer {
  const ones = new Float64Array(run.userOf.length).fill(1)
  const all = [...columns, ones]
  const drawn: Resamples[] = [resample(all, run.userOf, seededRandom(seed))]
  if (run.daily && new Set(run.dayOf).size >= minDays)
    drawn.push(resample(all, run.dayOf, seededRandom(seed)))
  const widest = (of: (resamples: Resamples) => Interval) => drawn.map(of).reduce(wider)
  const last = columns.length
  const difference = (a: number, b: number) => widest((resamples) => ratioOf(resamples, a, b, last))
  const gain = (a: number, b: number) => widest((resamples) => ratioOf(resamples, a, b, b))
  return {
    difference,
    gain,
    against(a) {
      const pairs = columns.map((_, b) => [a, b] as const)
      const corrected = drawn.map((resamples) => simultaneous(resamples, pairs, last))
      return pairs.map(([, b]) => ({
        difference: difference(a, b),
        gain: gain(a, b),
        adjusted: corrected.map((each) => each[b]!.adjusted).reduce(wider),
        p: Math.max(...corrected.map((each) => each[b]!.p)),
      }))
    },
  }
}
