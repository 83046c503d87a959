import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { seededRandom, shuffle } from '../../models/random.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { RankerFile } from '../../shared/bundle/rankerFile.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { featureSchemaText, featuresOf, lackedFeature } from '../../shared/features/featureSchema.ts'
import { FEATURE_IDS } from '../../shared/features/features.ts'
import { SCORE_TOLERANCE } from '../../shared/rank/golden.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { bundleOf, checkerboard, T0 } from '../worlds.ts'

describe('what is lacking', () => {
  test('is told with what there is instead', () => {
    const here = ['a@1', 'b-c@2']
    expect(lackedFeature(['b-c@2', 'a@1'], here)).toBeNull()
    expect(lackedFeature([], here)).toBeNull()
    expect(lackedFeature(['a@1', 'a@2'], here)).toBe('a@2, and there is a@1')
    expect(lackedFeature(['b@1'], here)).toBe('b@1, and there is none of that name')
    expect(lackedFeature(['nonsense'], here)).toBe('nonsense, and there is none of that name')
  })

  test('is refused by whoever would have to compute it', () => {
    expect(featuresOf(FEATURE_IDS.toReversed()).map(({ name, version }) => `${name}@${version}`)).toEqual(
      FEATURE_IDS.toReversed(),
    )
    try {
      featuresOf(['mood@1'])
      expect.unreachable()
    } catch (error) {
      expect(errorCode(error)).toBe('bundle_version')
    }
  })
})

test('versions of before that a function still computes are read as well, and new rankers learn from the latest', () => {
  const [count] = featuresOf(['count@1'])
  expect(count).toBe(featuresOf(['count@2'])[0])
  expect(FEATURE_IDS).toContain('count@2')
  expect(FEATURE_IDS).not.toContain('count@1')
  expect(lackedFeature(['age@1'])).toBe('age@1, and there is age@2')
  expect(featureSchemaText(['count@1'])).not.toBe(featureSchemaText(['count@2']))
})

test('the schema is that of the features read: others may come, and none of these may change', () => {
  const some = FEATURE_IDS.slice(3, 9)
  expect(featureSchemaText(some)).not.toBe(featureSchemaText())
  expect(featureSchemaText(some)).not.toBe(featureSchemaText(some.toReversed()))
  expect(JSON.parse(featureSchemaText())).toHaveLength(FEATURE_IDS.length)
  expect(featureSchemaText(['mood@1'])).toBe('[["mood@1"]]')
})

describe('a ranker of before', () => {
  let bundle: Bundle
  beforeAll(async () => {
    bundle = await bundleOf(checkerboard(60, 40))
  })

  /** A ranker with random weights on some features; on the others it has none, or does not read them at all. */
  function rankerOf(ids: readonly string[], reads: readonly string[], seed: number): RankerFile {
    const [inputs, hidden] = [ids.length, 4]
    const column = (id: string) =>
      Array.from({ length: hidden }, seededRandom(seed + FEATURE_IDS.indexOf(id)))
    const w1 = ids.flatMap((id) =>
      reads.includes(id) ? column(id).map((x) => x - 0.5) : Array(hidden).fill(0),
    )
    const flat = (x: number, length = inputs) => new Float32Array(length).fill(x)
    const steps = Float32Array.of(0.1, 1, 10)
    return {
      features: ids,
      low: flat(0),
      high: flat(50),
      mean: flat(1),
      spread: flat(2),
      quantiles: { collaborative: steps, transitions: steps, content: steps, 'personal-popularity': steps },
      network: {
        inputs,
        hidden,
        w1: Float32Array.from(w1),
        b1: flat(0.1, hidden),
        w2: flat(1, hidden),
        b2: 0.2,
      },
    } as RankerFile
  }

  test('that reads fewer features, in another order, ranks as one that gives the others no weight', () => {
    const history = ['i00', 'i04', 'i07'].map((item, h) => ({ item, kind: 'view' as const, at: T0 + h }))
    const rankedBy = (ranker: RankerFile) => {
      const manifest = { ...bundle.manifest, forYou: 'ranker' as const }
      const slate = createRecommender({ ...bundle, manifest, ranker }).recommend({
        history,
        now: T0 + 99,
        k: 20,
      })
      for (const { why, score } of slate.items)
        expect(why.reduce((sum, { share }) => sum + share, 0)).toBe(score * 65_536)
      return slate.items
    }
    fc.assert(
      fc.property(fc.subarray([...FEATURE_IDS], { minLength: 1 }), fc.nat(999), (reads, seed) => {
        const all = rankedBy(rankerOf(FEATURE_IDS, reads, seed))
        const few = rankedBy(rankerOf(shuffle([...reads], seededRandom(seed)), reads, seed))
        expect(few).toHaveLength(all.length)
        for (const [r, { score }] of few.entries())
          expect(Math.abs(score - all[r]!.score)).toBeLessThanOrEqual(SCORE_TOLERANCE)
      }),
      { numRuns: 40 },
    )
  })
})
