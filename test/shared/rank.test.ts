import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { RankerFile } from '../../shared/bundle/rankerFile.ts'
import { bundleTime, DAY_MS } from '../../shared/domain/clock.ts'
import { startingConsent } from '../../shared/domain/consent.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { calibrate, quantilesOf } from '../../shared/rank/calibrate.ts'
import { NO_CANDIDATES } from '../../shared/rank/candidates.ts'
import { collaborative } from '../../shared/rank/collaborative.ts'
import { rowDot, tableFoldIn } from '../../shared/rank/foldIn.ts'
import { rawScore, scoreValue } from '../../shared/rank/generator.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { personalPopularity } from '../../shared/rank/personalPopularity.ts'
import { queryScores, queryState, rankState } from '../../shared/rank/queryState.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { scoreRows } from '../../shared/rank/scoreCandidates.ts'
import { TopK } from '../../shared/rank/topK.ts'
import { bundleOf, checkerboard, T0 } from '../worlds.ts'

let bundle: Bundle
beforeAll(async () => {
  bundle = await bundleOf(checkerboard())
})

const view = (ids: readonly string[]) =>
  historyView(
    bundle,
    ids.map((item, i) => ({ item, kind: 'view' as const, at: T0 + i })),
  )
const history = (ids: readonly string[]) =>
  ids.map((item, i) => ({ item, kind: 'view' as const, at: T0 + i }))
const someIds = fc
  .uniqueArray(fc.integer({ min: 0, max: 19 }), { maxLength: 8 })
  .map((numbers) => numbers.map((n) => `i${String(n).padStart(2, '0')}`))

describe('TopK', () => {
  test('equals a full sort with ties to the lower number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 60 }),
        fc.nat({ max: 20 }),
        (scores, k) => {
          const heap = new TopK(k)
          for (const [item, score] of scores.entries()) heap.offer(item, score)
          const naive = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, k)
          expect([...heap.drain().items]).toEqual(naive)
        },
      ),
    )
  })
})

describe('the collaborative generator', () => {
  test('its stopping scan equals a naive full scan, for any history and k', () => {
    const generator = collaborative(bundle)!
    fc.assert(
      fc.property(someIds, fc.integer({ min: 1, max: 20 }), (ids, k) => {
        const v = view(ids)
        const scored = generator.score(v)
        const all = Array.from({ length: bundle.items }, (_, i) => ({ i, s: scoreValue(scored.of(i)) }))
        const naive = all
          .filter(({ i, s }) => s > 0 && !v.seen.has(i))
          .sort((a, b) => b.s - a.s || a.i - b.i)
          .slice(0, k)
        const got = scored.top(k, (i) => v.seen.has(i))
        expect([...got.items]).toEqual(naive.map(({ i }) => i))
      }),
    )
  })

  test('every partial sum of a dot stays an exact integer below 2²⁴', () => {
    const table = bundle.table!
    const query = tableFoldIn(table).query(view(['i00', 'i02']))!
    expect(Math.max(...query.values.map(Math.abs))).toBe(2047)
    for (let item = 0; item < table.count; item++) {
      expect(Number.isInteger(rowDot(table, query.values, item))).toBe(true)
      expect(Math.abs(rowDot(table, query.values, item))).toBeLessThan(2 ** 24)
    }
  })

  test('contributions of the history sum to the score', () => {
    const generator = collaborative(bundle)!
    const v = view(['i00', 'i04', 'i08'])
    const scored = generator.score(v)
    for (let item = 0; item < bundle.items; item++) {
      const parts = [0, 1, 2].reduce((sum, h) => sum + generator.contribution(v, h, item), 0)
      const score = scoreValue(scored.of(item))
      expect(Math.abs(parts - score)).toBeLessThan(0.01 * Math.max(1e-3, Math.abs(score)) + 1e-4)
    }
  })
})

describe('a history', () => {
  test('is read latest first, deduplicated, decayed; hides exclude without counting', () => {
    const v = historyView(bundle, [
      { item: 'i00', kind: 'view', at: 1 },
      { item: 'i02', kind: 'view', at: 2 },
      { item: 'i04', kind: 'hide', at: 3 },
      { item: 'i00', kind: 'view', at: 4 },
      { item: 'nobody knows it', kind: 'view', at: 5 },
    ])
    expect([...v.numbers].map((n) => bundle.ids[n])).toEqual(['i00', 'i02'])
    expect([...v.weights]).toEqual([4096, Math.round(4096 * 0.9)])
    expect(v.seen.has(bundle.numberOf.get('i04')!)).toBe(true)
    expect(v.unknown).toBe(1)
  })

  test('ids like __proto__ are ids', () => {
    expect(historyView(bundle, [{ item: '__proto__', kind: 'view', at: 1 }]).unknown).toBe(1)
  })
})

describe('calibration', () => {
  test('is monotone, between 0 and 1, and blind to any rescaling that the quantiles share', () => {
    const scores = fc.array(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 50 })
    fc.assert(
      fc.property(scores, fc.constantFrom(2, 8, 1024), (values, factor) => {
        const plain = quantilesOf(Float64Array.from(values))
        const scaled = quantilesOf(Float64Array.from(values, (x) => x * factor))
        let previous = -1
        for (const x of values.toSorted((a, b) => a - b)) {
          const q = calibrate(rawScore('content', x), plain)
          expect(q).toBeGreaterThanOrEqual(previous)
          expect(q).toBeLessThanOrEqual(1)
          expect(calibrate(rawScore('content', x * factor), scaled)).toBeCloseTo(q, 10)
          previous = q
        }
      }),
    )
    expect(calibrate(rawScore('content', 0), Float32Array.of(1))).toBe(0)
  })
})

describe('recommend', () => {
  test('gives popular without a history, personal with one, never a seen or excluded item', () => {
    const recommender = createRecommender(bundle)
    expect(recommender.recommend({ history: [], now: T0 }).reason).toBe('popular')
    fc.assert(
      fc.property(someIds, someIds, (seen, exclude) => {
        const slate = recommender.recommend({ history: history(seen), exclude, now: T0, k: 20 })
        expect(slate.reason).toBe(seen.length > 0 ? 'personal' : 'popular')
        const shown = slate.items.map(({ item }) => item)
        expect(new Set(shown).size).toBe(shown.length)
        for (const id of [...seen, ...exclude]) expect(shown).not.toContain(id)
      }),
    )
  })

  test('names the item that brought an item, and shares sum to the score', () => {
    const { items } = createRecommender(bundle).recommend({
      history: history(['i00', 'i02', 'i04']),
      now: T0,
      k: 5,
    })
    for (const { score, why } of items) {
      expect(why.reduce((sum, { share }) => sum + share, 0)).toBe(score * 65_536)
    }
    expect(['i00', 'i02', 'i04']).toContain(items[0]!.why[0]!.item)
  })

  test('fills every surface, filters by attribute and lists the history', () => {
    const recommender = createRecommender(bundle)
    const seen = history(['i00', 'i01', 'i02'])
    const ids = (surface: 'similar' | 'because' | 'recent' | 'popular' | 'new' | 'trending', item?: string) =>
      recommender.recommend({ surface, history: seen, now: T0, k: 6, ...(item ? { item } : {}) })
    expect(ids('recent').items.map(({ item }) => item)).toEqual(['i02', 'i01', 'i00'])
    expect(ids('because').seed).toBe('i02')
    expect(ids('similar', 'i01').items.every(({ item }) => Number(item.slice(1)) % 2 === 1)).toBe(true)
    expect(ids('popular').items).toHaveLength(6)
    expect(ids('new').items).toHaveLength(6)
    const even = recommender.recommend({
      surface: 'popular',
      history: [],
      now: T0,
      filter: { genre: 'Even' },
    })
    expect(even.items.length).toBeGreaterThan(0)
    expect(even.items.every(({ item }) => Number(item.slice(1)) % 2 === 0)).toBe(true)
    expect(recommender.recommend({ history: [], now: T0, filter: { genre: 'None' } }).items).toEqual([])
  })

  test('says bad usage plainly', () => {
    const recommender = createRecommender(bundle)
    for (const query of [{ k: 0 }, { k: 1.5 }, { k: 101 }, { surface: 'similar' as const }]) {
      let code = 'accepted'
      try {
        recommender.recommend({ history: [], now: T0, ...query })
      } catch (error) {
        code = errorCode(error)
      }
      expect(code).toBe('bad_usage')
    }
  })

  test('is the same ten years later', () => {
    const recommender = createRecommender(bundle)
    const at = (now: number) => recommender.recommend({ history: history(['i00', 'i02']), now, k: 20 })
    expect(at(T0 + 3650 * DAY_MS)).toEqual(at(T0))
  })
})

describe('what a pause tells', () => {
  const HOUR = DAY_MS / 24
  const visitor = (times: readonly number[], now?: number) => {
    const seen = times.map((at, i) => ({ item: `i0${i}`, kind: 'view' as const, at }))
    const v = historyView(bundle, seen, now)
    const state = rankState(bundle)
    return queryState(state, v, queryScores(state, v), NO_CANDIDATES).history
  }

  test('hours since the latest item and the items of the last day, in whole minutes', () => {
    expect(visitor([T0 - 30 * HOUR, T0 - 2 * HOUR, T0 - HOUR], T0 + 59_000)).toMatchObject({
      pauseHours: 1,
      today: 2,
    })
    expect(visitor([T0], T0 + 90_000).pauseHours).toBeCloseTo(1 / 60)
  })

  test('a clock that runs behind the history is no pause; without times or a moment there is none to tell', () => {
    expect(visitor([T0], T0 - HOUR)).toMatchObject({ pauseHours: 0, today: 1 })
    expect(visitor([T0]).pauseHours).toBeUndefined()
    expect(visitor([0, 0], T0).pauseHours).toBeUndefined()
    expect(visitor([], T0).today).toBeUndefined()
  })
})

describe('bundle time', () => {
  test('follows the device on a live site and elapsed time on archived data, never backwards', () => {
    const asOf = T0
    expect(bundleTime('live', asOf, 0, asOf + 5)).toBe(asOf + 5)
    expect(bundleTime('live', asOf, 0, asOf - 5)).toBe(asOf)
    expect(bundleTime('archive', asOf, asOf + 1e12, asOf + 1e12 + 7)).toBe(asOf + 7)
  })
})

test('Global Privacy Control turns measuring off whatever the site says', () => {
  expect(startingConsent('granted', true)).toEqual({ personalise: true, measure: false, popularity: false })
  expect(startingConsent('required', false)).toEqual({
    personalise: false,
    measure: false,
    popularity: false,
  })
})

test('personal popularity stops early and still equals a full scan', () => {
  const generator = personalPopularity(bundle)!
  fc.assert(
    fc.property(someIds, fc.integer({ min: 1, max: 12 }), (ids, k) => {
      const v = view(ids)
      const scored = generator.score(v)
      const naive = Array.from({ length: bundle.items }, (_, i) => ({ i, s: scoreValue(scored.of(i)) }))
        .filter(({ i, s }) => s > 0 && !v.seen.has(i))
        .sort((a, b) => b.s - a.s || a.i - b.i)
        .slice(0, k)
      expect([...scored.top(k, (i) => v.seen.has(i)).items]).toEqual(naive.map(({ i }) => i))
    }),
  )
})

test('a network that gives no number ranks nothing: one NaN would shuffle the whole list', () => {
  const ranker = {
    low: Float32Array.of(0),
    high: Float32Array.of(1),
    mean: Float32Array.of(0),
    spread: Float32Array.of(1),
  } as RankerFile
  const giving = (...scores: number[]) => ({
    backend: 'plain' as const,
    forward: () => Float32Array.from(scores),
  })
  expect([...scoreRows(new Float32Array(2), ranker, giving(1, -0.5))]).toEqual([65_536, -32_768])
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => scoreRows(new Float32Array(2), ranker, giving(1, wrong))).toThrow('plain network gave')
  }
})
