import type * as tfjs from '@tensorflow/tfjs-core'
import type { LessonGradient } from './learn.ts'
import { type Lesson, logExamination, unitScore } from './lesson.ts'

/** Score of the padding behind a short slate: its share of the softmax is 0. */
const PADDING = -1e9

/** Lessons side by side, padded to the longest. */
interface Batch {
  /** lessons × width rows of hidden units, and what is added to their scores. */
  readonly units: Float32Array
  readonly offsets: Float32Array
  readonly lessons: number
  readonly width: number
  /** Σ of the chosen items' units. */
  readonly chosen: Float32Array
  /** Of each refused item: its units less the mean of the slate's other items. */
  readonly refused: Float32Array
}

/** What is used of TensorFlow.js: a page brings single operations and the gradients of their kernels, Node the whole. */
export type LearningOps = Pick<
  typeof tfjs,
  'add' | 'exp' | 'grad' | 'log' | 'matMul' | 'mul' | 'reshape' | 'softplus' | 'sum' | 'tensor2d' | 'tidy'
>

/** The gradient on whatever tfjs backend is active, by tfjs's own differentiation. */
export function tfjsGradient(ops: LearningOps): LessonGradient {
  return (lessons, weights) => {
    const batch = batchOf(lessons, weights)
    const slope = ops.tidy(() => {
      const at = ops.tensor2d(weights, [weights.length, 1])
      return ops
        .grad((w) => lossOf(ops, batch, w as tfjs.Tensor2D))(at)
        .dataSync()
    })
    return Float32Array.from(slope)
  }
}

function lossOf(ops: LearningOps, batch: Batch, weights: tfjs.Tensor2D): tfjs.Tensor {
  const { add, exp, log, matMul, mul, reshape, softplus, sum, tensor2d } = ops
  const hidden = weights.shape[0]
  const { lessons, width, units, offsets, chosen, refused } = batch
  const scores = reshape(matMul(tensor2d(units, [lessons * width, hidden]), weights), [lessons, width])
  const shifted = add(scores, tensor2d(offsets, [lessons, width]))
  const level = sum(log(sum(exp(shifted), 1)))
  const minus = mul(sum(matMul(tensor2d(chosen, [1, hidden]), weights)), -1)
  const choices = add(level, minus)
  if (refused.length === 0) return choices
  const against = matMul(tensor2d(refused, [refused.length / hidden, hidden]), weights)
  return add(choices, sum(softplus(against)))
}

/**
 * Scores are moved by the best of their slate under the weights as they are, which no softmax notices, so that no exponential
 * overflows. A lesson without a choice is padding alone but for one row of zeros: its log is 0.
 */
function batchOf(lessons: readonly Lesson[], weights: Float32Array): Batch {
  const hidden = weights.length
  const width = lessons.reduce((max, { shown }) => Math.max(max, shown), 1)
  const units = new Float32Array(lessons.length * width * hidden)
  const offsets = new Float32Array(lessons.length * width).fill(PADDING)
  const chosen = new Float32Array(hidden)
  const refused: number[] = []
  for (const [l, lesson] of lessons.entries()) {
    const first = l * width
    if (lesson.chosen < 0) offsets[first] = 0
    else {
      units.set(lesson.units, first * hidden)
      const scores = Array.from(
        { length: lesson.shown },
        (_, place) => unitScore(lesson, place, weights) + logExamination(place),
      )
      const most = Math.max(...scores)
      for (let place = 0; place < lesson.shown; place++) offsets[first + place] = logExamination(place) - most
      for (let h = 0; h < hidden; h++) chosen[h]! += lesson.units[lesson.chosen * hidden + h]!
    }
    for (const place of lesson.refused) refused.push(...lessOthers(lesson, place, hidden))
  }
  return { units, offsets, lessons: lessons.length, width, chosen, refused: Float32Array.from(refused) }
}

function lessOthers({ units, shown }: Lesson, place: number, hidden: number): number[] {
  return Array.from({ length: hidden }, (_, h) => {
    let others = 0
    for (let r = 0; r < shown; r++) if (r !== place) others += units[r * hidden + h]!
    return units[place * hidden + h]! - others / Math.max(1, shown - 1)
  })
}
