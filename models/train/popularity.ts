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
