import { beforeAll, describe, expect, test } from 'vitest'
import { fitStage, openStage } from '../../models/build/stage.ts'
import { daysWithPopularity } from '../../models/pipeline/fitUntil.ts'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings } from '../../models/settings.ts'
import { cutsOf } from '../../models/split/cuts.ts'
import { before } from '../../models/split/slice.ts'
import { asLogOdds, fitProbability, logisticLine } from '../../models/train/fitProbability.ts'
import { listwiseLoss } from '../../models/train/listwiseLoss.ts'
import { type TrainedRanker, trainRanker } from '../../models/train/ranker.ts'
import { type TrainingSlates, tempered } from '../../models/train/trainingSlates.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import { encodeRanker, type NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import { FEATURES } from '../../shared/features/features.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { SCORE_UNITS } from '../../shared/rank/scoreCandidates.ts'

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

describe('scores as probabilities', () => {
  test('a logistic line is found again, and negatives that were sampled stand for all', () => {
    const random = seededRandom(4)
    const all = Array.from({ length: 60_000 }, () => {
      const x = 4 * random() - 2
      return { x, y: random() < sigmoid(1.5 * x - 3) ? 1 : 0 }
    })
    const full = logisticLine(
      all.map(({ x }) => x),
      all.map(({ y }) => y),
      all.map(() => 1),
    )
    expect(full.slope).toBeCloseTo(1.5, 1)
    expect(full.offset).toBeCloseTo(-3, 1)
    const kept = all.filter(({ y }, i) => y === 1 || i % 5 === 0)
    const weights = (share: number) => kept.map(({ y }) => (y === 1 ? 1 : share))
    const xs = kept.map(({ x }) => x)
    const ys = kept.map(({ y }) => y)
    const sampled = logisticLine(xs, ys, weights(5))
    expect(Math.abs(sampled.slope - full.slope)).toBeLessThan(0.1)
    expect(Math.abs(sampled.offset - full.offset)).toBeLessThan(0.1)
    // Without the weights the chance of being chosen would come out several times too high.
    expect(logisticLine(xs, ys, weights(1)).offset - full.offset).toBeGreaterThan(1)
  })

  test('never turn a slate round: a score that misleads is worth almost nothing', () => {
    const line = logisticLine([3, 2, 1, 0, -1], [0, 0, 0, 1, 1], [100, 100, 100, 100, 100])
    expect(line.slope).toBeGreaterThan(0)
    expect(logisticLine([1, 2], [0, 0], [1, 1])).toEqual({ slope: 1, offset: 0 })
  })

  test('slates that lack what was chosen lower them all', () => {
    const network: NetworkWeights = {
      inputs: 1,
      hidden: 1,
      w1: Float32Array.of(1),
      b1: Float32Array.of(0),
      w2: Float32Array.of(2),
      b2: 0,
    }
    const slates = (n: number): TrainingSlates => ({
      slates: n,
      width: 4,
      rows: Float32Array.from({ length: n * 4 }, (_, r) => (r % 4 === 0 && r % 8 === 0 ? 1 : -1)),
      lengths: new Int32Array(n).fill(4),
      found: new Int32Array(n).fill(40),
    })
    const none = { ...slates(1), slates: 0 }
    const rate = (misses: TrainingSlates) => {
      const scores = plainNetwork(asLogOdds(network, fitProbability(network, slates(50), misses)))
      // Every slate has its first row and 39 others.
      const sum = (s: TrainingSlates, first: number) =>
        Array.from(scores.forward(s.rows, s.slates * 4), (x, r) =>
          r % 4 === 0
            ? sigmoid(x) * first
            : sigmoid(x) * ((40 - (first === 1 ? 1 : 0)) / (first === 1 ? 3 : 4)),
        ).reduce((a, b) => a + b, 0)
      return sum(slates(50), 1)
    }
    // Fifty were chosen in fifty slates; with as many misses the same rows promise half.
    expect(rate(none)).toBeCloseTo(50, 0)
    expect(rate(slates(50))).toBeLessThan(30)
  })
})

test('weights against popularity are (1 + n)^−γ, 1 on average', () => {
  const count = FEATURES.findIndex(({ name }) => name === 'count')
  const rows = new Float32Array(2 * FEATURES.length)
  rows[count] = Math.log1p(3)
  const slates = { slates: 2, width: 1, rows, lengths: Int32Array.of(1, 1) }
  // ½ and 1, over their mean ¾.
  expect([...tempered(slates, 0.5).weights!].map((w) => w.toFixed(4))).toEqual(['0.6667', '1.3333'])
  expect(tempered(slates, 0)).toBe(slates)
})

test('the loss of a slate is what the softmax leaves to the others, padding left out', () => {
  const network = {
    inputs: 1,
    hidden: 1,
    w1: Float32Array.of(0),
    b1: Float32Array.of(0),
    w2: Float32Array.of(0),
    b2: 7,
  }
  const slates = { slates: 2, width: 4, rows: new Float32Array(8), lengths: Int32Array.of(4, 2) }
  expect(listwiseLoss(network, slates)).toBeCloseTo((Math.log(4) + Math.log(2)) / 2, 6)
})

describe('a ranker trained on a small world', () => {
  const dataset = syntheticWorld({ visitors: 700, days: 60, films: 250 })
  const settings = {
    ...defaultSettings('time'),
    popularHalfLife: 3,
    ranker: { hidden: 12, epochs: 3, learningRate: 0.01, negatives: 29, weightDecay: 0.003 },
  }
  const { replayFrom, cut, testEnd } = cutsOf(dataset, settings)
  const stage = fitStage(before(dataset, replayFrom), settings, replayFrom)
  let trained: TrainedRanker
  let bundle: Bundle
  const train = async () => {
    const early = await openStage(dataset, stage, 'popularity')
    const days = daysWithPopularity(dataset, stage, replayFrom, cut)
    return trainRanker(early, days, settings, seededRandom(1))
  }
  beforeAll(async () => {
    trained = await train()
    bundle = await openStage(dataset, stage, 'ranker', encodeRanker(trained.ranker))
  })

  test('promises as many choices as come, on days that it never saw, and more where more come', () => {
    const rows: { p: number; chosen: boolean }[] = []
    for (const day of daysWithPopularity(dataset, stage, cut, testEnd)) {
      const recommender = createRecommender(withPopularity(bundle, day.popularity))
      for (const { history, target, at } of day.events) {
        if (history.length === 0) continue
        const view = historyView(bundle, history, at)
        const { items, scores, own } = recommender.rank('ranker', view, 200, (i) => view.seen.has(i))
        for (let r = 0; r < own; r++)
          rows.push({ p: sigmoid(scores[r]! / SCORE_UNITS), chosen: bundle.ids[items[r]!] === target })
      }
    }
    const promised = (part: typeof rows) => part.reduce((sum, { p }) => sum + p, 0)
    const came = (part: typeof rows) => part.filter(({ chosen }) => chosen).length
    expect(came(rows)).toBeGreaterThan(300)
    expect(promised(rows) / came(rows)).toBeGreaterThan(0.8)
    expect(promised(rows) / came(rows)).toBeLessThan(1.25)
    for (const part of [rows.filter(({ p }) => p > 0.03), rows.filter(({ p }) => p < 0.005)]) {
      expect(promised(part) / came(part)).toBeGreaterThan(0.6)
      expect(promised(part) / came(part)).toBeLessThan(1.6)
    }
  })

  test('learns from nobody who is held out, and twice the same', async () => {
    expect(trained.heldOut.slates).toBeGreaterThan(50)
    expect(trained.heldOut.slates + trained.learned.slates).toBe(trained.slates)
    const again = await train()
    expect(new Uint8Array(encodeRanker(again.ranker))).toEqual(new Uint8Array(encodeRanker(trained.ranker)))
  })

  test('two visitors with one film each get different slates, each with more than a list says', () => {
    const recommender = createRecommender(bundle)
    const slate = (item: string) =>
      recommender
        .recommend({ history: [{ item, kind: 'view', at: cut - 1000 }], now: cut, k: 12 })
        .items.map((i) => i.item)
    const popular = recommender.recommend({ history: [], now: cut, k: 12 }).items.map((i) => i.item)
    const slates = bundle.ids.slice(0, 40).map((id) => slate(id).join(' '))
    expect(new Set(slates).size).toBe(slates.length)
    for (const one of slates) expect(one).not.toBe(popular.join(' '))
  })
})
