import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../models/random.ts'
import {
  GENERATORS,
  type GeneratorName,
  LIST_GENERATORS,
  type ListGenerator,
  PERSONAL_GENERATORS,
  type PersonalGenerator,
} from '../../shared/bundle/generators.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import {
  type CandidatePlan,
  decodeRanker,
  encodeRanker,
  type RankerFile,
} from '../../shared/bundle/rankerFile.ts'
import { FEATURE_HALF_LIVES } from '../../shared/features/bundleFeatures.ts'
import { FEATURE_IDS, FEATURES, featureRows } from '../../shared/features/features.ts'
import { listMeasures, popularGenerator } from '../../shared/rank/bundleLists.ts'
import { quantilesOf } from '../../shared/rank/calibrate.ts'
import { candidateSource, candidates, DEFAULT_PLAN, provenanceOf } from '../../shared/rank/candidates.ts'
import { type Listed, rawScore, type Scored, scoreValue } from '../../shared/rank/generator.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import { firstOf } from '../../shared/rank/popular.ts'
import {
  type QueryScores,
  queryScores,
  queryState,
  type RankState,
  rankState,
} from '../../shared/rank/queryState.ts'
import { scoreRows } from '../../shared/rank/scoreCandidates.ts'
import { bundleOf, checkerboard, T0 } from '../worlds.ts'

let bundle: Bundle
let state: RankState
beforeAll(async () => {
  const world = checkerboard(60, 40)
  bundle = await bundleOf(world)
  // Some items are new, so that every generator has something to say.
  const firstDay = bundle.firstDay.map((_, i) => Math.floor(T0 / 86_400_000) + (i % 3 === 0 ? 30 : -200))
  bundle = { ...bundle, firstDay }
  state = rankState(bundle)
})

const viewOf = (numbers: readonly number[]) =>
  historyView(
    bundle,
    numbers.map((n, i) => ({ item: bundle.ids[n]!, kind: 'view' as const, at: T0 + i * 3_600_000 })),
    T0 + 100 * 3_600_000,
  )
const histories = fc.uniqueArray(fc.integer({ min: 0, max: 39 }), { minLength: 1, maxLength: 6 })
const plans = fc
  .record({
    budget: fc.integer({ min: 1, max: 40 }),
    quotas: fc.record(
      Object.fromEntries(GENERATORS.map((name) => [name, fc.integer({ min: 0, max: 12 })])) as Record<
        GeneratorName,
        fc.Arbitrary<number>
      >,
    ),
  })
  .map((plan): CandidatePlan => plan)

test('scores of two generators cannot be added, compared or swapped', () => {
  const [popular, fresh] = [rawScore('popular-7d', 2), rawScore('fresh', 1)]
  // @ts-expect-error: a raw score is no number
  const sum: number = popular + fresh
  // @ts-expect-error: nor may one stand for another's
  const swapped: typeof fresh = popular
  // @ts-expect-error: nor be compared with it
  const more: boolean = popular === fresh
  expect([sum, swapped, more]).toBeDefined()
  expect(scoreValue(popular)).toBe(2)
})

test('every half-life of the features has a generator', () => {
  for (const days of FEATURE_HALF_LIVES) expect(popularGenerator(days)).toBe(`popular-${days}d`)
  expect(() => popularGenerator(2)).toThrow(RangeError)
})

describe('candidates', () => {
  test('are a naive union by place over quota, no more than the budget, and know who brought them where', () => {
    fc.assert(
      fc.property(histories, plans, (numbers, plan) => {
        const view = viewOf(numbers)
        const excluded = (item: number) => view.seen.has(item)
        const scores = queryScores(state, view)
        const found = candidates(candidateSource(state, plan), scores, excluded)
        const offered = GENERATORS.map((name): ArrayLike<number> => {
          const quota = plan.quotas[name]!
          const list = state.lists[name as ListGenerator]
          if (list) return firstOf(list.items, quota, excluded)
          return scores[name as PersonalGenerator]?.top(quota, excluded).items ?? []
        })
        const turns = offered
          .flatMap((list, g) =>
            Array.from(list, (item, p) => ({ item, g, at: (p + 1) / plan.quotas[GENERATORS[g]!]! })),
          )
          .sort((a, b) => a.at - b.at || a.g - b.g)
        const union: number[] = []
        for (const { item } of turns)
          if (union.length < plan.budget && !union.includes(item)) union.push(item)
        expect([...found.items]).toEqual(union.sort((a, b) => a - b))
        for (const item of found.items) {
          const brought = provenanceOf(found, item)
          expect(brought.length).toBeGreaterThan(0)
          for (const { generator, place } of brought)
            expect(offered[GENERATORS.indexOf(generator)]![place - 1]).toBe(item)
        }
      }),
    )
  })

  test('come from every generator that the bundle has something for', () => {
    const view = viewOf([0, 2])
    const found = candidates(candidateSource(state), queryScores(state, view), (i) => view.seen.has(i))
    const silent = GENERATORS.filter((name) => found.brought[name].length === 0)
    // Its half-life of popularity is one of the others.
    expect(silent).toEqual(['popular'])
  })
})

/** A ranker of random weights over this bundle, with quantiles of what each generator says. */
function randomRanker(seed: number): RankerFile {
  const random = seededRandom(seed)
  const [inputs, hidden] = [FEATURES.length, 6]
  const draw = (n: number, scale: number) => Float32Array.from({ length: n }, () => (random() - 0.5) * scale)
  const view = viewOf([0, 3, 10])
  const scores = queryScores(state, view)
  const quantiles = Object.fromEntries(
    GENERATORS.map((name) => {
      const scored = scores[name as PersonalGenerator] ?? state.lists[name as ListGenerator]
      const values = Float64Array.from({ length: bundle.items }, (_, i) =>
        scored ? scoreValue<GeneratorName>(scored.of(i)) : 0,
      )
      return [name, quantilesOf(values)]
    }),
  )
  return {
    features: FEATURE_IDS,
    low: new Float32Array(inputs).fill(-50),
    high: new Float32Array(inputs).fill(50),
    mean: new Float32Array(inputs),
    spread: new Float32Array(inputs).fill(1),
    quantiles,
    candidates: { budget: 25, quotas: DEFAULT_PLAN.quotas },
    network: {
      inputs,
      hidden,
      w1: draw(inputs * hidden, 2),
      b1: draw(hidden, 1),
      w2: draw(hidden, 2),
      b2: 0,
    },
  }
}

/** The state with one generator's scores `factor` times as large. */
function rescaled(of: RankState, scaled: GeneratorName, factor: number): RankState {
  const times = <G extends GeneratorName>(name: G, s: Pick<Scored<G>, 'of'>, item: number) =>
    rawScore(name, scoreValue(s.of(item)) * factor)
  const generator = of.generators[scaled as PersonalGenerator]
  const list = of.lists[scaled as ListGenerator] as Listed<ListGenerator> | null
  const name = scaled as PersonalGenerator
  const wrapped = generator && {
    ...generator,
    score(view: Parameters<typeof generator.score>[0]) {
      const scored = generator.score(view) as Scored<PersonalGenerator>
      return {
        of: (item: number) => times(name, scored, item),
        top(k: number, excluded: (item: number) => boolean) {
          const { items, scores } = scored.top(k, excluded)
          return { items, scores: scores.map((s) => rawScore(name, scoreValue(s) * factor)) }
        },
      }
    },
  }
  const lists = list
    ? { ...of.lists, [scaled]: { ...list, of: (item: number) => times(scaled as ListGenerator, list, item) } }
    : of.lists
  const generators = wrapped ? { ...of.generators, [scaled]: wrapped } : of.generators
  const measures = listMeasures(lists, of.bundle.ranker!.quantiles)
  // What features keep of every item must be learned anew.
  return {
    ...of,
    kept: rankState({ ...of.bundle }).kept,
    lists,
    measures,
    generators: generators as RankState['generators'],
  }
}

/** Item and score of every candidate, best first. */
function slateOf(of: RankState, numbers: readonly number[]): string[] {
  const ranker = of.bundle.ranker!
  const view = viewOf(numbers)
  const scores: QueryScores = queryScores(of, view)
  const found = candidates(candidateSource(of), scores, (item) => view.seen.has(item))
  const rows = featureRows(queryState(of, view, scores, found), found.items)
  const units = scoreRows(rows, ranker, plainNetwork(ranker.network))
  return Array.from(found.items, (item, c) => ({ item, score: units[c]! }))
    .sort((a, b) => b.score - a.score || a.item - b.item)
    .map(({ item, score }) => `${item} ${score}`)
}

describe('rescaling one generator', () => {
  const factors = fc.constantFrom(1 / 1024, 0.25, 8, 4096)

  test.each([...GENERATORS])(
    '%s, its scores and its stored quantiles alike, changes no slate',
    (generator) => {
      fc.assert(
        fc.property(histories, factors, fc.integer({ min: 1, max: 99 }), (numbers, factor, seed) => {
          const ranker = randomRanker(seed)
          const quantiles = {
            ...ranker.quantiles,
            [generator]: ranker.quantiles[generator]!.map((x) => x * factor),
          }
          const own = rankState({ ...bundle, ranker })
          const other = rankState({ ...bundle, ranker: { ...ranker, quantiles } })
          expect(slateOf(rescaled(other, generator, factor), numbers)).toEqual(slateOf(own, numbers))
        }),
        { numRuns: 15 },
      )
    },
  )

  test('without its quantiles it would: every generator that a feature reads has to be calibrated', () => {
    const own = rankState({ ...bundle, ranker: randomRanker(3) })
    const changed = GENERATORS.filter(
      (name) => slateOf(rescaled(own, name, 8), [0, 3]).join() !== slateOf(own, [0, 3]).join(),
    )
    // What is new and what the latest neighbours are is told by other features; the rest of the silent list is a duplicate.
    const unread = ['neighbours', 'popular', 'fresh']
    expect(changed).toEqual(GENERATORS.filter((name) => !unread.includes(name)))
  })
})

describe('a ranker file', () => {
  test('brings plan and quantiles back; one from before they were stored is read as it was', () => {
    const ranker = randomRanker(1)
    const back = decodeRanker(encodeRanker(ranker), 'ranker')
    expect(back.candidates).toEqual(ranker.candidates)
    expect(Object.keys(back.quantiles).sort()).toEqual([...GENERATORS].sort())
    const always = ['collaborative', 'transitions', 'content', 'personal-popularity'] as const
    const quantiles = Object.fromEntries(always.map((name) => [name, ranker.quantiles[name]!]))
    const { candidates: _, ...rest } = ranker
    const earlier = decodeRanker(encodeRanker({ ...rest, quantiles }), 'ranker')
    expect(earlier.candidates).toBeUndefined()
    expect(earlier.quantiles['popular-7d']).toBeUndefined()
    const source = candidateSource(rankState({ ...bundle, ranker: earlier }))
    expect(source.plan.budget).toBe(Number.POSITIVE_INFINITY)
    expect(source.plan.quotas.trending).toBeUndefined()
    // Counts are then told one by one, as they were.
    const { measures, lists } = rankState({ ...bundle, ranker: earlier })
    expect(measures['popular-7d'](0)).toBe(scoreValue(lists['popular-7d']!.of(0)))
  })

  test('with a quota or budget that is no number of items is refused', () => {
    const ranker = randomRanker(1)
    for (const candidates of [
      { budget: 0, quotas: {} },
      { budget: 200, quotas: { fresh: -1 } },
      { budget: 200, quotas: { fresh: 1.5 } },
    ]) {
      expect(() => decodeRanker(encodeRanker({ ...ranker, candidates }), 'ranker')).toThrow(/candidates/)
    }
  })
})

test('names are those of the bundle, each once', () => {
  expect(new Set(GENERATORS).size).toBe(PERSONAL_GENERATORS.length + LIST_GENERATORS.length)
  expect(Object.keys(DEFAULT_PLAN.quotas).sort()).toEqual([...GENERATORS].sort())
})
