import type { Contribution } from '../domain/slate.ts'
import { SCORE_UNITS } from './scoreCandidates.ts'

const THOUSANDTHS = 1000

/**
 * The score of an item that counts this share (0–1) of the best: ln(1 + 1000 · share), in units. On a logarithm a boost by
 * f, which adds ln f, makes an item count f times, as it multiplies the odds where scores are log-odds.
 */
export function shareScore(share: number): number {
  return Math.round(Math.log(1 + THOUSANDTHS * Math.max(0, share)) * SCORE_UNITS)
}

/** The inverse: 0–1 for what a score is of the best. */
export function scoreShare(score: number): number {
  return Math.expm1(score / SCORE_UNITS) / THOUSANDTHS
}

/** Contributions in the same proportions that sum to another score exactly; the first takes what rounding leaves. */
export function summingTo(why: readonly Contribution[], score: number): Contribution[] {
  const sum = why.reduce((all, { share }) => all + share, 0)
  if (sum === score || why.length === 0) return [...why]
  const shares = why.map(({ share }) => Math.round((share / (sum || 1)) * score))
  shares[0]! += score - shares.reduce((all, share) => all + share, 0)
  return why.map((part, w) => ({ ...part, share: shares[w]! }))
}
