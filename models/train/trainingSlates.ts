import type { RankerFile } from '../../shared/bundle/rankerFile.ts'
import { FEATURES } from '../../shared/features/features.ts'
import { scaleRows } from '../../shared/rank/scoreCandidates.ts'
import type { ReplayedSlate } from './replayedSlates.ts'

type FeatureScales = Pick<RankerFile, 'low' | 'high' | 'mean' | 'spread'>

/** Slates as the network sees them: the chosen item first, then sampled candidates of the same slate. */
export interface TrainingSlates {
  readonly slates: number
  readonly width: number
  /** slates × width × features */
  readonly rows: Float32Array
  /** slates: how many of the width are real */
  readonly lengths: Int32Array
  /** slates: how many candidates there were, sampled or not; as many as are real where it is left out */
  readonly found?: Int32Array
  /** slates: how much each counts, 1 on average; all the same where it is left out */
  readonly weights?: Float32Array
}

/** Rows of all slates behind one another, in place of whatever is sampled behind the width zeros. */
export function gathered(slates: readonly ReplayedSlate[], width: number): TrainingSlates {
  const stride = width * FEATURES.length
  const rows = new Float32Array(slates.length * stride)
  for (const [s, slate] of slates.entries()) rows.set(slate.rows, s * stride)
  return {
    slates: slates.length,
    width,
    rows,
    lengths: Int32Array.from(slates, ({ items }) => items.length),
    found: Int32Array.from(slates, ({ found }) => found),
    ...(slates.some(({ event }) => (event.weight ?? 1) !== 1)
      ? { weights: Float32Array.from(slates, ({ event }) => event.weight ?? 1) }
      : {}),
  }
}

/** Trained range, mean and spread of every feature over the real rows of all slates. */
export function scalesOf({ slates, width, rows, lengths }: TrainingSlates): FeatureScales {
  const inputs = FEATURES.length
  const low = new Float32Array(inputs).fill(Number.POSITIVE_INFINITY)
  const high = new Float32Array(inputs).fill(Number.NEGATIVE_INFINITY)
  const sum = new Float64Array(inputs)
  const squares = new Float64Array(inputs)
  let n = 0
  for (let s = 0; s < slates; s++) {
    n += lengths[s]!
    for (let c = 0; c < lengths[s]!; c++) {
      for (let f = 0; f < inputs; f++) {
        const x = rows[(s * width + c) * inputs + f]!
        if (x < low[f]!) low[f] = x
        if (x > high[f]!) high[f] = x
        sum[f]! += x
        squares[f]! += x * x
      }
    }
  }
  const mean = Float32Array.from(sum, (x) => x / n)
  const spread = Float32Array.from(squares, (x, f) => Math.sqrt(Math.max(0, x / n - (sum[f]! / n) ** 2)) || 1)
  return { low, high, mean, spread }
}

/** The same slates, their features clamped and standardised in place. */
export function scaled(training: TrainingSlates, scales: FeatureScales): TrainingSlates {
  scaleRows(training.rows, scales)
  return training
}

const COUNT = FEATURES.findIndex(({ name }) => name === 'count')

/**
 * Slates weighted against popularity: by (1 + n)^−γ, n the chosen item's interactions over the typical, 1 on average. What is
 * chosen although few choose it says more about taste (propensities tempered by γ, Yang et al., RecSys 2018).
 * @param exponent γ, 0 … 1; 0 leaves the slates as they are
 */
export function tempered(training: TrainingSlates, exponent: number): TrainingSlates {
  if (exponent === 0) return training
  const { slates, width, rows, weights } = training
  // The feature is ln(1 + n).
  const tilted = Float64Array.from({ length: slates }, (_, s) => {
    const logCount = rows[s * width * FEATURES.length + COUNT]!
    return (weights?.[s] ?? 1) * Math.exp(-exponent * logCount)
  })
  const mean = tilted.reduce((sum, x) => sum + x, 0) / slates
  return { ...training, weights: Float32Array.from(tilted, (x) => x / mean) }
}
