import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import type { TrainingSlates } from './trainingSlates.ts'

/** Pull of the slope to 1, in observations: a handful of slates must not turn the scores round. */
const PRIOR = 5
const STEPS = 50
const LEAST_SLOPE = 0.05

/** σ(slope · logit + offset) is a probability. */
export interface Platt {
  readonly slope: number
  readonly offset: number
}

/**
 * Slope and offset that make the network's scores log-odds: Platt scaling (1999) by logistic regression, fitted by Newton's
 * method on slates that the network did not learn from. The probability is that the visitor's next positive interaction is
 * with this candidate, among all queries: those whose candidates lack what was chosen count with all their candidates as
 * what was not. Sampled negatives stand for all candidates that they were drawn from.
 * @param hits slates whose first row was chosen, features scaled
 * @param misses slates without what was chosen, features scaled
 */
export function fitProbability(network: NetworkWeights, hits: TrainingSlates, misses: TrainingSlates): Platt {
  const logits: number[] = []
  const weights: number[] = []
  const chosen: number[] = []
  for (const [slates, isHit] of [
    [hits, true],
    [misses, false],
  ] as const) {
    const scores = plainNetwork(network).forward(slates.rows, slates.slates * slates.width)
    for (let s = 0; s < slates.slates; s++) {
      const length = slates.lengths[s]!
      const positives = isHit ? 1 : 0
      const others = (slates.found?.[s] ?? length) - positives
      for (let c = 0; c < length; c++) {
        const isChosen = isHit && c === 0
        logits.push(scores[s * slates.width + c]!)
        chosen.push(isChosen ? 1 : 0)
        weights.push(isChosen ? 1 : others / (length - positives))
      }
    }
  }
  return logisticLine(logits, chosen, weights)
}

/** Weighted logistic regression of 0/1 on one number. */
export function logisticLine(x: readonly number[], y: readonly number[], weights: readonly number[]): Platt {
  let total = 0
  let positives = 0
  for (let i = 0; i < x.length; i++) {
    total += weights[i]!
    positives += weights[i]! * y[i]!
  }
  if (positives === 0 || positives === total) return { slope: 1, offset: 0 }
  let slope = 1
  // Where the mean of exp(x) lies, so that the first step starts near the base rate.
  let offset = Math.log(positives) - Math.log(x.reduce((sum, xi, i) => sum + weights[i]! * Math.exp(xi), 0))
  for (let step = 0; step < STEPS; step++) {
    let [gs, go, hss, hso, hoo] = [PRIOR * (slope - 1), 0, PRIOR, 0, 1e-9]
    for (let i = 0; i < x.length; i++) {
      const p = 1 / (1 + Math.exp(-(slope * x[i]! + offset)))
      const error = weights[i]! * (p - y[i]!)
      const curve = weights[i]! * p * (1 - p)
      gs += error * x[i]!
      go += error
      hss += curve * x[i]! * x[i]!
      hso += curve * x[i]!
      hoo += curve
    }
    const determinant = hss * hoo - hso * hso
    const [ds, dof] = [(gs * hoo - go * hso) / determinant, (go * hss - gs * hso) / determinant]
    slope -= Math.max(-1, Math.min(1, ds))
    offset -= Math.max(-2, Math.min(2, dof))
    if (Math.abs(ds) + Math.abs(dof) < 1e-10) break
  }
  // A line that falls would turn every slate round: what is learned then says nothing, and hardly moves.
  return { slope: Math.max(LEAST_SLOPE, slope), offset }
}

/** The same network, its scores log-odds. A rising line: the order of every slate stays. */
export function asLogOdds(network: NetworkWeights, { slope, offset }: Platt): NetworkWeights {
  return {
    ...network,
    w2: network.w2.map((w) => w * slope),
    b2: Math.fround(network.b2 * slope + offset),
  }
}
