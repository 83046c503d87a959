import type { Dataset } from '../dataset.ts'
import type { PopularBy, Trainer } from './trainer.ts'

const lacksTimes = (dataset: Dataset) =>
  dataset.order === 'time' ? null : `${dataset.name} has no times: popularity cannot decay.`

const lacksRatings = (dataset: Dataset) =>
  dataset.measure === 'rating' ? null : `${dataset.name} has no ratings: there is no mean to shrink.`

function popularity(
  popularBy: PopularBy,
  formula: string,
  source: string,
  missing: (dataset: Dataset) => string | null,
): Trainer {
  return {
    name: `popularity-${popularBy}`,
    rung: 'popularity',
    formula,
    source,
    missing,
    train: () => ({ trainer: `popularity-${popularBy}`, popularBy }),
  }
}

export const popularityCount = popularity(
  'count',
  'score_i = |{interactions of i}|',
  'the plainest baseline',
  () => null,
)
export const popularityMean = popularity(
  'shrunken-mean',
  'score_i = (Σ r + m·μ) / (n + m)',
  "Bayesian mean as in IMDb's weighted rating",
  lacksRatings,
)
export const popularityDecayed = popularity(
  'decayed',
  'score_i = Σ 2^(−age / half-life)',
  'exponential smoothing; the half-life is chosen on validation',
  lacksTimes,
)
export const popularityTrending = popularity(
  'trending',
  'score_i = √s · (s + p) / (l + p), s and l recent and usual interactions a day, p a prior',
  'ratio of a short and a long exponential average, as in trend detection; see `trendOf`',
  lacksTimes,
)
