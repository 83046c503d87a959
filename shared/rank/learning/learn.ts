import type { NetworkWeights } from '../../bundle/rankerFile.ts'
import { type Lesson, lessonLoss, unitScore } from './lesson.ts'

/** Computes the gradient of Σ `lessonLoss` with respect to the output weights. */
export type LessonGradient = (lessons: readonly Lesson[], weights: Float32Array) => Float32Array

/** What a visitor's feedback has made of a ranker. */
export interface Learned {
  /** Output weights of the network: the shipped ones unless `applied`. */
  readonly w2: Float32Array
  /** Output bias: moved so that the mean score over the lessons' items, and with it the level of all chances, stays. */
  readonly b2: number
  /** Whether what was learned has predicted the visitor's own next choices better than what was shipped. */
  readonly applied: boolean
  /** By how many nats over the latest lessons, each foretold before it was learned from. */
  readonly evidence: number
  /** Distance from the shipped weights over the largest that is allowed, 0–1. */
  readonly reach: number
}

/** Lessons that are kept at the most: the latest. */
export const MAX_LESSONS = 50
/** Gradient steps after each lesson. */
const STEPS = 8
const RATE = 0.5
/** As if so many lessons had confirmed the shipped weights: the precision of a normal prior around them. */
const PRIOR = 20
/** The trust region: never further from the shipped weights than this share of their own length. */
export const RADIUS = 0.25
/** Nats by which what was learned must have been the better prophet over the latest lessons. */
const MARGIN = 1
const LATEST = 20

/** Learns one lesson after the other. */
export interface Learner {
  add(lesson: Lesson): Learned
}

/**
 * Adapts the output weights of a ranker to one visitor, lesson by lesson: before a lesson is learned from, shipped and learned
 * weights foretell its choice, and only while the learned ones have been the better prophets (prequential evidence, Dawid,
 * JRSS A 1984) they are used at all. The loss is convex, a quadratic prior holds the weights to the shipped ones and a ball
 * around these bounds them whatever the feedback is. The same lessons in the same order give the same weights.
 */
export function learner({ w2: shipped, b2 }: NetworkWeights, gradient: LessonGradient): Learner {
  const radius = RADIUS * norm(shipped)
  const unlearned: Learned = { w2: shipped, b2, applied: false, evidence: 0, reach: 0 }
  const kept: Lesson[] = []
  let current: Float32Array = shipped
  const gains: number[] = []
  let failed = false

  function step(): Float32Array {
    const slope = gradient(kept, current)
    const moved = current.map(
      (x, h) => x - (RATE * (slope[h]! + PRIOR * (x - shipped[h]!))) / (kept.length + PRIOR),
    )
    return withinBall(moved, shipped, radius)
  }

  return {
    add(lesson) {
      gains.push(lessonLoss(lesson, shipped) - lessonLoss(lesson, current))
      const evidence = gains.slice(-LATEST).reduce((sum, gain) => sum + gain, 0)
      kept.push(lesson)
      if (kept.length > MAX_LESSONS) kept.shift()
      for (let s = 0; s < STEPS; s++) current = step()
      failed ||= !Number.isFinite(evidence) || current.some((x) => !Number.isFinite(x))
      if (failed) return unlearned
      const applied = evidence >= MARGIN
      if (!applied) return { ...unlearned, evidence }
      const reach = radius > 0 ? Math.min(1, distance(current, shipped) / radius) : 0
      return { w2: current, b2: b2 - risen(kept, current, shipped), applied, evidence, reach }
    },
  }
}

/** By how much the mean score of everything that was shown has risen. */
function risen(lessons: readonly Lesson[], weights: Float32Array, shipped: Float32Array): number {
  let rise = 0
  let items = 0
  for (const lesson of lessons) {
    for (let place = 0; place < lesson.shown; place++)
      rise += unitScore(lesson, place, weights) - unitScore(lesson, place, shipped)
    items += lesson.shown
  }
  return items > 0 ? rise / items : 0
}

function withinBall(weights: Float32Array, centre: Float32Array, radius: number): Float32Array {
  const away = distance(weights, centre)
  if (!(away > radius)) return weights
  const shrink = radius / away
  return weights.map((x, h) => centre[h]! + (x - centre[h]!) * shrink)
}

function distance(a: Float32Array, b: Float32Array): number {
  return norm(a.map((x, h) => x - b[h]!))
}

function norm(weights: Float32Array): number {
  return Math.sqrt(weights.reduce((sum, x) => sum + x * x, 0))
}
