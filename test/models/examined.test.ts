import { beforeAll, describe, expect, test } from 'vitest'
import { fitStage, openStage } from '../../models/build/stage.ts'
import { bundleContenders, factsOf } from '../../models/evaluate/bundleContenders.ts'
import { examineRanker } from '../../models/evaluate/examineRanker.ts'
import { firstVisits } from '../../models/evaluate/firstVisits.ts'
import { daysWithPopularity } from '../../models/pipeline/fitUntil.ts'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings } from '../../models/settings.ts'
import { cutsOf } from '../../models/split/cuts.ts'
import { before } from '../../models/split/slice.ts'
import { linearRanker, zScoreBlend } from '../../models/train/linearRankers.ts'
import { type TrainedRanker, trainRanker } from '../../models/train/ranker.ts'
import type { RankerDay } from '../../models/train/replayedSlates.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import { encodeRanker } from '../../shared/bundle/rankerFile.ts'
import { FEATURES } from '../../shared/features/features.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'

const dataset = syntheticWorld({ visitors: 400, days: 50, films: 300 })
const settings = {
  ...defaultSettings('time'),
  popularHalfLife: 3,
  ranker: { hidden: 8, epochs: 2, learningRate: 0.01, negatives: 19, weightDecay: 0.003 },
}
let trained: TrainedRanker
let bundle: Bundle
let days: RankerDay[]
beforeAll(async () => {
  const { replayFrom, cut, testEnd } = cutsOf(dataset, settings)
  const stage = fitStage(before(dataset, replayFrom), settings, replayFrom)
  const early = await openStage(dataset, stage, 'popularity')
  const learn = daysWithPopularity(dataset, stage, replayFrom, cut)
  trained = await trainRanker(early, learn, settings, seededRandom(1))
  bundle = await openStage(dataset, stage, 'ranker', encodeRanker(trained.ranker))
  days = daysWithPopularity(dataset, stage, cut, testEnd)
})

describe('what is examined besides the ladder', () => {
  test('candidates and probabilities count what the ranker itself ranks', () => {
    const some = days.slice(0, 6)
    const { candidates, reliability } = examineRanker(bundle, some)!
    let [queries, found, inTen] = [0, 0, 0]
    for (const day of some) {
      const recommender = createRecommender(withPopularity(bundle, day.popularity))
      for (const { history, target, at } of day.events) {
        if (history.length === 0) continue
        const view = historyView(bundle, history, at)
        const { items, own } = recommender.rank('ranker', view, 200, (i) => view.seen.has(i))
        const place = items.subarray(0, own).indexOf(bundle.numberOf.get(target)!)
        queries++
        if (place >= 0) found++
        if (place >= 0 && place < 10) inTen++
      }
    }
    expect(queries).toBeGreaterThan(200)
    expect(candidates.queries).toBe(queries)
    expect(candidates.recall).toBeCloseTo(found / queries, 10)
    expect(candidates.mean).toBeLessThanOrEqual(candidates.budget!)
    expect(reliability.firstTen.observed).toBeCloseTo(inTen / queries, 10)
    const chosen = reliability.bins.reduce((sum, { rows, observed }) => sum + rows * observed, 0)
    expect(chosen).toBeCloseTo(found, 6)
    for (const { upTo, promised } of reliability.bins) expect(promised).toBeLessThanOrEqual(upTo)
    for (const { alone, loss } of candidates.generators) {
      expect(alone).toBeGreaterThanOrEqual(0)
      expect(loss).toBeLessThanOrEqual(candidates.recall)
    }
    // Without the collaborative generator others could not find all the same.
    expect(candidates.generators.find(({ name }) => name === 'collaborative')!.alone).toBeGreaterThan(0.1)
  })

  test('a bundle without a ranker has nothing to examine', () => {
    expect(examineRanker({ ...bundle, ranker: null }, days)).toBeNull()
  })

  test('first visits are those without a history, all asked the list of the day', () => {
    const visits = firstVisits(bundle, days, 1)
    const asked = days.flatMap((day) =>
      day.events.filter(({ history }) => history.length === 0).map(() => day),
    )
    expect(visits.queries).toBe(asked.length)
    const hits = asked.map((day) => {
      const { recommend } = createRecommender(withPopularity(bundle, day.popularity))
      return recommend({ surface: 'popular', history: [], k: 10, now: day.midnight }).items.map(
        ({ item }) => item,
      )
    })
    const targets = days.flatMap((day) => day.events.filter(({ history }) => history.length === 0))
    const gains = targets.map(({ target }, q) => {
      const place = hits[q]!.indexOf(target)
      return place < 0 ? 0 : 1 / Math.log2(place + 2)
    })
    expect(visits.shipped).toBeCloseTo(gains.reduce((a, b) => a + b, 0) / gains.length, 10)
    expect(visits.overTrending!.mean).toBeCloseTo(visits.shipped - visits.trending, 10)
    expect(firstVisits({ ...bundle, ranker: null }, days, 1).ranker).toBeNull()
  })
})

describe('models over the ranker’s own candidates', () => {
  test('a blend of z-scores is blind to the scale and level of every generator', () => {
    const blend = zScoreBlend(trained.learned, seededRandom(1))
    const rows = trained.learned.rows.slice(0, 10 * FEATURES.length)
    const scores = blend.forward(rows, 10)
    expect(new Set(scores).size).toBeGreaterThan(5)
    const other = rows.map((x, at) => 4 * x + (at % FEATURES.length))
    for (const [r, score] of blend.forward(other, 10).entries()) expect(score).toBeCloseTo(scores[r]!, 3)
  })

  test('learn what the slates say: the chosen item comes before most others', () => {
    const { heldOut, learned } = trained
    for (const learn of [linearRanker, zScoreBlend]) {
      const network = learn(learned, seededRandom(1))
      let [ahead, all] = [0, 0]
      for (let s = 0; s < heldOut.slates; s++) {
        const size = heldOut.width * FEATURES.length
        const scores = network.forward(
          heldOut.rows.subarray(s * size, s * size + heldOut.lengths[s]! * FEATURES.length),
          heldOut.lengths[s]!,
        )
        for (const score of scores.subarray(1)) {
          all++
          if (scores[0]! > score) ahead++
        }
      }
      expect(ahead / all).toBeGreaterThan(0.7)
    }
  })

  test('contend with whole lists, masked, popularity behind what they find', () => {
    const contenders = bundleContenders(bundle, [
      { facts: factsOf('same', ''), network: plainNetwork(trained.ranker.network) },
    ])
    expect(contenders.map(({ name }) => name)).toEqual(['neighbours', 'fresh', 'same'])
    const today = withPopularity(bundle, days[0]!.popularity)
    const recommender = createRecommender(today)
    for (const { history, at } of days[0]!.events.slice(0, 30)) {
      const view = historyView(today, history, at)
      for (const contender of contenders) {
        const { items } = contender.on(today)({ history, view, ...(at === undefined ? {} : { now: at }) }, 30)
        expect(new Set(items).size).toBe(30)
        for (const item of items) expect(view.seen.has(item)).toBe(false)
        // The ranker's own network in the place of another gives the ranker's own list.
        if (contender.name !== 'same') continue
        const own = recommender.rank('ranker', view, 30, (item) => view.seen.has(item))
        expect([...items].slice(0, 5)).toEqual([...own.items].slice(0, 5))
      }
    }
  })
})
