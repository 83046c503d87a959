import { beforeAll, describe, expect, test } from 'vitest'
import { open } from '../../models/build/builtBundle.ts'
import { evaluateBundle } from '../../models/pipeline/evaluateBundle.ts'
import { type Trained, train } from '../../models/pipeline/train.ts'
import { seededRandom } from '../../models/random.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { featureSchemaText } from '../../shared/features/featureSchema.ts'
import { checkGolden, decodeGolden } from '../../shared/rank/golden.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'

const world = syntheticWorld({ visitors: 700, days: 60, films: 250 })
const SETTINGS = {
  testDays: 7,
  replayDays: 14,
  ranker: { hidden: 16, epochs: 3, learningRate: 0.01, negatives: 29, weightDecay: 0.003 },
}
const options = { site: 'test', fingerprint: '0'.repeat(64), archive: true, progress: () => {} }

let trained: Trained
beforeAll(async () => {
  trained = await train(world, SETTINGS, options)
}, 120_000)

describe('training', () => {
  test('gives the same blobs and the same unsigned manifest again', async () => {
    const again = await train(world, SETTINGS, options)
    const named = ({ release, result }: Trained) => [
      release.manifest.files.map(({ role, sha256: hash }) => [role, hash]),
      result.bundle.manifest.files.map(({ role, sha256: hash }) => [role, hash]),
    ]
    expect(named(again)).toEqual(named(trained))
  }, 120_000)

  test('no model ranks better than the Bayes-optimal slate: it would be a leak', () => {
    const { evaluation, oracleNdcg } = trained.result
    expect(oracleNdcg).toBeGreaterThan(0.1)
    for (const { metrics } of evaluation.ladder) expect(metrics['ndcg@10']!).toBeLessThan(oracleNdcg!)
  })

  test('the release names the bundle that was evaluated and carries its ladder', () => {
    const { release, result } = trained
    expect(release.manifest.evaluation?.manifest).toBe(result.bundle.hash)
    expect(release.manifest.evaluation?.ladder.map(({ rung }) => rung)).toContain('ranker')
    expect(release.manifest.trainedUntil).toBeGreaterThan(result.bundle.manifest.trainedUntil)
  })

  test('the manifest pins the feature schema that this code computes', async () => {
    expect(trained.release.manifest.featureSchema).toBe(await sha256(featureSchemaText()))
  })

  test('histories of golden cases are invented, and the decoded bundle passes them; other weights do not', () => {
    const bundle = open(trained.release)
    const cases = decodeGolden(trained.release.blobs.get('golden')!)
    expect(cases.length).toBeGreaterThanOrEqual(6)
    checkGolden(bundle, cases)
    if (!bundle.ranker) throw new Error('the small world should ship a ranker')
    const w2 = bundle.ranker.network.w2.map((w) => -w)
    let code = 'accepted'
    try {
      checkGolden(bundle, cases, plainNetwork({ ...bundle.ranker.network, w2 }))
    } catch (error) {
      code = errorCode(error)
    }
    expect(code).toBe('ranker_failed')
  })
})

describe('evaluating a bundle again', () => {
  test('gives the ladder that the training printed', async () => {
    const { evaluation } = await evaluateBundle(trained.result.bundle, world, 'temporal')
    const ndcg = (ladder: typeof evaluation.ladder) =>
      ladder.map(({ rung, metrics }) => [rung, metrics['ndcg@10']])
    expect(ndcg(evaluation.ladder)).toEqual(ndcg(trained.result.evaluation.ladder))
  }, 120_000)

  test('refuses data that the bundle has seen', async () => {
    const refusal = await evaluateBundle(trained.release, world, 'temporal').then(() => 'accepted', errorCode)
    expect(refusal).toBe('leak')
  })
})

describe('a visitor without a history', () => {
  test('gets the popular list, the same that the edge shows', () => {
    const bundle = open(trained.release)
    const recommender = createRecommender(bundle)
    const { items, reason } = recommender.recommend({ history: [], now: 0, k: 20 })
    const listed = recommender.recommend({ surface: 'popular', history: [], now: 0, k: 20 })
    expect(reason).toBe('popular')
    expect(items.map(({ item }) => item)).toEqual(listed.items.map(({ item }) => item))
  })
})

describe('reasons of the ranker', () => {
  test('signed shares sum to every score exactly, and name items of the history', () => {
    const bundle = open(trained.release)
    expect(bundle.manifest.forYou).toBe('ranker')
    const recommender = createRecommender(bundle)
    const random = seededRandom(4)
    for (let length = 1; length <= 20; length++) {
      const history = Array.from({ length }, (_, at) => ({
        item: bundle.ids[Math.floor(random() * bundle.items)]!,
        kind: 'view' as const,
        at,
      }))
      const own = new Set(history.map(({ item }) => item))
      const { items, reason } = recommender.recommend({ history, now: 0, k: 12 })
      expect(reason).toBe('personal')
      for (const { score, why } of items) {
        expect(why.reduce((sum, { share }) => sum + share, 0)).toBe(score * 65_536)
        for (const { item } of why) if (item !== undefined) expect(own.has(item)).toBe(true)
      }
      expect(items.some(({ why }) => why.some(({ item }) => item !== undefined))).toBe(true)
    }
  })
})
