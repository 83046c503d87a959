import { encodeCount, encodePopularity } from '../../shared/bundle/popularityFile.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset } from '../dataset.ts'
import { shrunkenMeans } from '../train/popularity.ts'
import type { ItemOrder } from './itemOrder.ts'

/** Exact counts of one moment, by item index: what the popularity blob codes. */
export interface PopularityCounts {
  readonly asOf: number
  readonly halfLives: readonly number[]
  /** Per half-life: Σ 2^(−age / half-life) */
  readonly decayed: readonly Float64Array[]
  readonly count: Float64Array
}

/**
 * Walks through the interactions in time and gives the counts at each moment asked for, so that a month of daily blobs
 * costs one pass. Moments must rise. Counts see only what lies strictly before their moment.
 */
export function* popularityOver(
  dataset: Dataset,
  halfLives: readonly number[],
  moments: Iterable<number>,
): Generator<PopularityCounts> {
  const rows = Int32Array.from(dataset.items.keys()).sort(
    (a, b) => dataset.times[a]! - dataset.times[b]! || a - b,
  )
  const items = dataset.catalogue.length
  const decayed = halfLives.map(() => new Float64Array(items))
  const count = new Float64Array(items)
  let next = 0
  let at: number | null = null
  for (const moment of moments) {
    if (at !== null) {
      for (const [h, days] of halfLives.entries()) {
        const fade = 2 ** (-(moment - at) / (days * DAY_MS))
        const scores = decayed[h]!
        for (let i = 0; i < items; i++) scores[i]! *= fade
      }
    }
    for (; next < rows.length && dataset.times[rows[next]!]! < moment; next++) {
      const row = rows[next]!
      const item = dataset.items[row]!
      count[item]!++
      for (const [h, days] of halfLives.entries()) {
        decayed[h]![item]! += 2 ** (-(moment - dataset.times[row]!) / (days * DAY_MS))
      }
    }
    at = moment
    yield { asOf: moment, halfLives, decayed, count }
  }
}

export function popularityAt(dataset: Dataset, halfLives: readonly number[], asOf: number): PopularityCounts {
  return popularityOver(dataset, halfLives, [asOf]).next().value as PopularityCounts
}

/** Codes the counts in item-number order. Ratings, where there are any, are taken from the given slice of the dataset. */
export function popularityBlob(
  counts: PopularityCounts,
  order: ItemOrder,
  ratings: RatingCodes | null,
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
  })
}

/** Shrunken means over the range of the ratings, 0–65535, by item index. */
export interface RatingCodes {
  readonly codes: Uint16Array
  readonly low: number
  readonly high: number
}

export function ratingCodes(dataset: Dataset): RatingCodes | null {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of dataset.values) {
    if (Number.isNaN(value)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (!(high > low)) return null
  const { means } = shrunkenMeans(dataset)
  return {
    codes: Uint16Array.from(means, (mean) => Math.round(((mean - low) / (high - low)) * 65_535)),
    low,
    high,
  }
}
