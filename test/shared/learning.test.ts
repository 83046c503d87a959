import * as tf from '@tensorflow/tfjs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../models/random.ts'
import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import { type Learned, type LessonGradient, learner, RADIUS } from '../../shared/rank/learning/learn.ts'
import { hiddenUnits, type Lesson, lessonLoss, unitScore } from '../../shared/rank/learning/lesson.ts'
import { tfjsGradient } from '../../shared/rank/learning/tfjsGradient.ts'
import { plainNetwork } from '../../shared/rank/network.ts'

const HIDDEN = 5

beforeAll(() => tf.setBackend('cpu'))

const number = (size: number) => fc.double({ min: -size, max: size, noNaN: true })
const weightsOf = (size = 2) =>
  fc.array(number(size), { minLength: HIDDEN, maxLength: HIDDEN }).map((xs) => Float32Array.from(xs))

/** Slates of one to nine items of which one may be chosen and some refused. */
const lesson: fc.Arbitrary<Lesson> = fc.integer({ min: 1, max: 9 }).chain((shown) =>
  fc.record({
    shown: fc.constant(shown),
    units: fc
      .array(number(1), { minLength: shown * HIDDEN, maxLength: shown * HIDDEN })
      .map((xs) => Float32Array.from(xs)),
    chosen: fc.integer({ min: -1, max: shown - 1 }),
    refused: shown < 2 ? fc.constant([]) : fc.uniqueArray(fc.nat({ max: shown - 1 }), { maxLength: 2 }),
  }),
)

const lossOf = (lessons: readonly Lesson[], weights: ArrayLike<number>) =>
  lessons.reduce((sum, one) => sum + lessonLoss(one, weights), 0)

describe('the gradient of tfjs', () => {
  test('is the slope of the loss, by finite differences', () => {
    const gradient = tfjsGradient(tf)
    fc.assert(
      fc.property(fc.array(lesson, { minLength: 1, maxLength: 4 }), weightsOf(), (lessons, weights) => {
        const slope = gradient(lessons, weights)
        for (let h = 0; h < HIDDEN; h++) {
          const at = (by: number) =>
            lossOf(
              lessons,
              Float64Array.from(weights, (x, i) => (i === h ? x + by : x)),
            )
          expect(slope[h]).toBeCloseTo((at(1e-4) - at(-1e-4)) / 2e-4, 2)
        }
      }),
      { numRuns: 60 },
    )
  })
})

test('hidden units times output weights are what the network scores', () => {
  const random = seededRandom(2)
  const some = (n: number) => Float32Array.from({ length: n }, () => random() * 2 - 1)
  const network = { inputs: 7, hidden: 4, w1: some(28), b1: some(4), w2: some(4), b2: 0.5 }
  const rows = some(21)
  const units = hiddenUnits(rows, network)
  const shown = { shown: 3, units, chosen: 0, refused: [] }
  const scores = plainNetwork(network).forward(rows, 3)
  for (let r = 0; r < 3; r++) expect(unitScore(shown, r, network.w2) + network.b2).toBeCloseTo(scores[r]!, 5)
})

/** After all lessons. */
function learn(network: NetworkWeights, lessons: readonly Lesson[], gradient: LessonGradient): Learned {
  const { add } = learner(network, gradient)
  const none: Learned = { w2: network.w2, b2: network.b2, applied: false, evidence: 0, reach: 0 }
  return lessons.reduce<Learned>((_, one) => add(one), none)
}

describe('learning', () => {
  const networkOf = (w2: Float32Array) => ({
    inputs: 1,
    hidden: HIDDEN,
    w1: new Float32Array(HIDDEN),
    b1: new Float32Array(HIDDEN),
    w2,
    b2: 0,
  })

  test('never leaves the trust region, whatever somebody clicks, and gives the same again', () => {
    const gradient = tfjsGradient(tf)
    fc.assert(
      fc.property(fc.array(lesson, { maxLength: 12 }), weightsOf(5), (lessons, w2) => {
        const learned = learn(networkOf(w2), lessons, gradient)
        const length = Math.hypot(...w2)
        const away = Math.hypot(...learned.w2.map((x, h) => x - w2[h]!))
        expect(away).toBeLessThanOrEqual(RADIUS * length * (1 + 1e-5))
        expect(learned.reach).toBeGreaterThanOrEqual(0)
        expect(learned.reach).toBeLessThanOrEqual(1)
        if (!learned.applied) expect([...learned.w2]).toEqual([...w2])
        expect(learn(networkOf(w2), lessons, gradient)).toEqual(learned)
      }),
      { numRuns: 25 },
    )
  })

  test('follows a visitor who always chooses against what was shipped, and leaves one who chooses with it alone', () => {
    const gradient = tfjsGradient(tf)
    const random = seededRandom(9)
    const w2 = Float32Array.of(1, 0.2, 0, 0, 0)
    const taste = Float32Array.of(0, 0, 3, 0, 0)
    const slate = (by: Float32Array) => {
      const units = Float32Array.from({ length: 8 * HIDDEN }, () => random() * 2 - 1)
      const all = { shown: 8, units, chosen: 0, refused: [] }
      const scores = Array.from({ length: 8 }, (_, r) => unitScore(all, r, by))
      return { ...all, chosen: scores.indexOf(Math.max(...scores)) }
    }
    const other = Array.from({ length: 30 }, () => slate(taste))
    const learned = learn(networkOf(w2), other, gradient)
    expect(learned.applied).toBe(true)
    expect(learned.w2[2]).toBeGreaterThan(0.15)
    const later = Array.from({ length: 50 }, () => slate(taste))
    const total = (w: Float32Array) => later.reduce((sum, one) => sum + lessonLoss(one, w), 0)
    expect(total(learned.w2)).toBeLessThan(total(w2) - 3)
    expect(learn(networkOf(w2), [], gradient)).toMatchObject({ applied: false, evidence: 0 })
  })

  test('is held back at the edge of the trust region by somebody who insists', () => {
    const gradient = tfjsGradient(tf)
    const w2 = Float32Array.of(0.2, 0, 0, 0, 0)
    const units = Float32Array.of(1, 0, 0, 0, 0, 0, 1, 1, 1, 1)
    const stubborn: Lesson = { shown: 2, units, chosen: 1, refused: [0] }
    const learned = learn(
      networkOf(w2),
      Array.from({ length: 40 }, () => stubborn),
      gradient,
    )
    expect(learned).toMatchObject({ applied: true, reach: expect.closeTo(1, 4) })
    expect(Math.hypot(...learned.w2.map((x, h) => x - w2[h]!))).toBeLessThan(RADIUS * 0.2 * 1.0001)
    const score = (place: number) => unitScore(stubborn, place, learned.w2) + learned.b2
    expect((score(0) + score(1)) / 2).toBeCloseTo(0.1, 5) // the level of chances is that of the shipped ranker
  })

  test('feedback that is no number changes nothing', () => {
    const broken = () => new Float32Array(HIDDEN).fill(Number.NaN)
    const one: Lesson = { shown: 2, units: new Float32Array(2 * HIDDEN), chosen: 1, refused: [] }
    const w2 = Float32Array.of(1, 2, 3, 4, 5)
    expect(learn(networkOf(w2), [one], broken)).toEqual({ w2, b2: 0, applied: false, evidence: 0, reach: 0 })
  })
})
