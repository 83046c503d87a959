import type { NetworkWeights } from '../../bundle/rankerFile.ts'
import { tanh } from '../tanh.ts'

/**
 * What one slate taught: its items as the ranker's hidden units saw them, and what the visitor did with them. Scores are
 * linear in the output weights, so this is all that adapting these needs.
 */
export interface Lesson {
  readonly shown: number
  /** shown × hidden: tanh(W₁ᵀx + b₁), in the order in which they were shown. */
  readonly units: Float32Array
  /** The chosen item's place; −1 where the slate taught only what is not wanted. */
  readonly chosen: number
  /** Places of what the visitor does not want to see. */
  readonly refused: readonly number[]
}

/** Chance that a place is looked at, over the first one's: 1 / (1 + place / 10). */
const FADE = 10

/** log of the chance that a place was looked at (position-based model, Richardson et al., WWW 2007). */
export function logExamination(place: number): number {
  return -Math.log1p(place / FADE)
}

/**
 * The hidden units of scaled feature rows.
 * @param rows shown × inputs, scaled
 * @returns shown × hidden
 */
export function hiddenUnits(rows: Float32Array, { inputs, hidden, w1, b1 }: NetworkWeights): Float32Array {
  const shown = rows.length / inputs
  const units = new Float32Array(shown * hidden)
  for (let r = 0; r < shown; r++) {
    for (let h = 0; h < hidden; h++) {
      let sum = b1[h]!
      for (let i = 0; i < inputs; i++) sum += rows[r * inputs + i]! * w1[i * hidden + h]!
      units[r * hidden + h] = tanh(sum)
    }
  }
  return units
}

/** Σ_h units · weights of one shown item. */
export function unitScore({ units }: Lesson, place: number, weights: ArrayLike<number>): number {
  let score = 0
  for (let h = 0, p = place * weights.length; h < weights.length; h++, p++) score += units[p]! * weights[h]!
  return score
}

/**
 * What a lesson costs under the given output weights, in nats: −log of the chance that of all that was looked at the chosen
 * item is chosen, and log(1 + exp(score − mean score of the others)) of each refused one.
 */
export function lessonLoss(lesson: Lesson, weights: ArrayLike<number>): number {
  const scores = Array.from({ length: lesson.shown }, (_, place) => unitScore(lesson, place, weights))
  let loss = 0
  if (lesson.chosen >= 0) {
    const looked = scores.map((score, place) => score + logExamination(place))
    const most = looked.reduce((max, score) => Math.max(max, score), Number.NEGATIVE_INFINITY)
    const level = most + Math.log(looked.reduce((sum, score) => sum + Math.exp(score - most), 0))
    loss += level - looked[lesson.chosen]!
  }
  const total = scores.reduce((sum, score) => sum + score, 0)
  for (const place of lesson.refused) {
    const x = scores[place]! - (total - scores[place]!) / Math.max(1, lesson.shown - 1)
    loss += Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)))
  }
  return loss
}
