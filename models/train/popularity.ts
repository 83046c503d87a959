import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset } from '../dataset.ts'

/** Half-lives in days among which the popularity baseline chooses on validation: it gets its best. */
export const HALF_LIVES = [0.25, 0.5, 1, 2, 3, 7, 14, 30, 90] as const

/** Interactions per item: count_i = |{(u, i)}|. */
export function countByItem(dataset: Dataset): Int32Array {
  const counts = new Int32Array(dataset.catalogue.length)
  for (const item of dataset.items) counts[item]!++
  return counts
}

/**
 * Bayesian mean of the ratings, (Σ r + m·μ) / (n + m): an item with few ratings is drawn towards the mean μ of all
 * ratings, as if it had m more of them. m is the mean number of ratings a rated item has (the formula of IMDb's weighted
 * rating). Items without a rating get μ.
 */
export function shrunkenMeans(dataset: Dataset): {
  means: Float64Array
  plain: Float64Array
  ratings: Int32Array
  prior: number
  strength: number
} {
  const n = dataset.catalogue.length
  const sums = new Float64Array(n)
  const ratings = new Int32Array(n)
  let total = 0
  let rows = 0
  for (let r = 0; r < dataset.items.length; r++) {
    const value = dataset.values[r]!
    if (Number.isNaN(value)) continue
    sums[dataset.items[r]!]! += value
    ratings[dataset.items[r]!]!++
    total += value
    rows++
  }
  const rated = ratings.reduce((count, x) => count + (x > 0 ? 1 : 0), 0)
  const prior = rows > 0 ? total / rows : 0
  const strength = rated > 0 ? rows / rated : 1
  const means = Float64Array.from(sums, (sum, i) => (sum + strength * prior) / (ratings[i]! + strength))
  const plain = Float64Array.from(sums, (sum, i) => (ratings[i]! > 0 ? sum / ratings[i]! : Number.NaN))
  return { means, plain, ratings, prior, strength }
}

/**
 * Time-decayed popularity: Σ 2^(−(asOf − t) / halfLife) over the item's interactions strictly before `asOf`.
 * @param asOf ms since 1970 UTC
 * @param halfLifeDays days
 */
export function decayedCounts(dataset: Dataset, asOf: number, halfLifeDays: number): Float64Array {
  const scores = new Float64Array(dataset.catalogue.length)
  const rate = Math.LN2 / (halfLifeDays * DAY_MS)
  for (let r = 0; r < dataset.items.length; r++) {
    const age = asOf - dataset.times[r]!
    if (age > 0) scores[dataset.items[r]!]! += Math.exp(-rate * age)
  }
  return scores
}

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
