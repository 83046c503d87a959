import {
  type Arrivals,
  CODE_MAX,
  encodeCount,
  encodePopularity,
  NO_ARRIVALS,
} from '../../shared/bundle/popularityFile.ts'
import type { Dataset } from '../dataset.ts'
import { type PopularityCounts, shrunkenMeans } from '../train/popularity.ts'
import type { ItemNumbers } from './itemOrder.ts'

/** Codes the counts in item-number order. Ratings, where there are any, are taken from the given slice of the dataset. */
export function popularityBlob(
  counts: PopularityCounts,
  order: ItemNumbers,
  ratings: RatingCodes | null,
  arrivals: Arrivals = NO_ARRIVALS,
): ArrayBuffer {
  const items = order.indexOf.length
  const peak = (scores: Float64Array) => scores.reduce((max, x) => Math.max(max, x), 0)
  const decayedMax = counts.decayed.map(peak)
  const countMax = peak(counts.count)
  const decayed = new Uint16Array(items * counts.halfLives.length)
  for (const [h, scores] of counts.decayed.entries()) {
    for (let n = 0; n < items; n++)
      decayed[h * items + n] = encodeCount(scores[order.indexOf[n]!]!, decayedMax[h]!)
  }
  return encodePopularity({
    asOf: counts.asOf,
    halfLives: counts.halfLives,
    decayedMax,
    decayed,
    countMax,
    count: Uint16Array.from(order.indexOf, (i) => encodeCount(counts.count[i]!, countMax)),
    mean: ratings ? Uint16Array.from(order.indexOf, (i) => ratings.codes[i]!) : new Uint16Array(0),
    meanLow: ratings?.low ?? 0,
    meanHigh: ratings?.high ?? 0,
    arrivals,
  })
}

/** Shrunken means over the range of the ratings, 0–65535, by item index. */
export interface RatingCodes {
  readonly codes: Uint16Array
  readonly low: number
  readonly high: number
}

/** @param range lowest and highest rating that the codes span; those of the dataset unless given */
export function ratingCodes(dataset: Dataset, range = ratingRange(dataset)): RatingCodes | null {
  if (!range) return null
  const { low, high } = range
  const code = (mean: number) => Math.round(((mean - low) / (high - low)) * CODE_MAX)
  const { means } = shrunkenMeans(dataset)
  return { codes: Uint16Array.from(means, (mean) => Math.min(CODE_MAX, Math.max(0, code(mean)))), low, high }
}

function ratingRange(dataset: Dataset): { low: number; high: number } | null {
  if (dataset.measure !== 'rating') return null // a mean of quantities says nothing about quality
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of dataset.values) {
    if (Number.isNaN(value)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return high > low ? { low, high } : null
}
