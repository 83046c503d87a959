import type { Dataset } from '../dataset.ts'
import { medianOf } from '../ingest/moments.ts'
import type { Fault, ValueFacts } from './dataQuality.ts'
import { MAX_FAULTS } from './faults.ts'

/** Upper ends of the scales that ratings are given on, and the share of ratings that must fit for the others to be wrong. */
const SCALES = [1, 5, 10, 20, 100]
const FITS = 0.99

/**
 * Ratings or quantities. A rating is out of range outside `given`; where no range is given, outside 0 to the smallest usual end
 * that 99 % of the ratings keep to. Nothing is told where they keep to none.
 */
export function valuesOf(dataset: Dataset, given: readonly [number, number] | undefined): ValueFacts | null {
  const { measure, lines } = dataset
  if (!measure) return null
  // Copied to doubles, and without the rows that have none: the median needs numbers.
  const values = Float64Array.from(dataset.values.filter((value) => !Number.isNaN(value)))
  if (values.length === 0) return null
  const scale = measure === 'rating' ? (given ?? scaleOf(values)) : null
  let [min, max, sum, outOfRange] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0]
  const faults: Fault[] = []
  for (let row = 0; row < dataset.values.length; row++) {
    const value = dataset.values[row]!
    if (Number.isNaN(value)) continue
    min = Math.min(min, value)
    max = Math.max(max, value)
    sum += value
    if (!scale || (value >= scale[0] && value <= scale[1])) continue
    outOfRange++
    if (lines) faults.push({ line: lines[row]!, value: String(value) })
  }
  return {
    measure,
    min,
    median: medianOf(values),
    mean: sum / values.length,
    max,
    scale,
    outOfRange,
    faults: faults.sort((a, b) => a.line - b.line).slice(0, MAX_FAULTS),
  }
}

function scaleOf(values: Float64Array): readonly [number, number] | null {
  for (const end of SCALES) {
    let fit = 0
    for (const value of values) if (value >= 0 && value <= end) fit++
    if (fit >= FITS * values.length) return [0, end]
  }
  return null
}
