import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { arrivalsSince, firstDays } from '../../models/build/firstDays.ts'
import { fitStage, openStage } from '../../models/build/stage.ts'
import { daysWithPopularity } from '../../models/pipeline/fitUntil.ts'
import { defaultSettings } from '../../models/settings.ts'
import { before as earlier } from '../../models/split/slice.ts'
import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { FEATURE_IDS, FEATURES, featureRows } from '../../shared/features/features.ts'
import { PLACES } from '../../shared/features/queryState.ts'
import { NO_CANDIDATES } from '../../shared/rank/candidates.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { countOf } from '../../shared/rank/popular.ts'
import { queryScores, queryState, rankState } from '../../shared/rank/queryState.ts'
import { visitorState } from '../../shared/rank/visitorState.ts'
import { bundleOf, checkerboard, datasetOf, T0 } from '../worlds.ts'

const settings = { ...defaultSettings('time'), dims: 8 }
const NOTHING = { count: () => 0, attention: () => 0, ageDays: () => undefined, yearsBack: () => undefined }

let bundle: Bundle
beforeAll(async () => {
  bundle = await bundleOf(checkerboard())
})

const historyAt = (...times: number[]) =>
  times.map((at, i) => ({ item: `i${String(i).padStart(2, '0')}`, kind: 'view' as const, at }))

describe('facts about the visitor', () => {
  test('visits, by hand: two items today, one five days ago, one long ago; the pause in whole minutes', () => {
    const now = T0 + 10 * DAY_MS
    const history = historyAt(T0, now - 5 * DAY_MS, now - 5_400_000, now - 3_601_000)
    const { pauseHours, today, week } = visitorState(historyView(bundle, history, now), NOTHING)
    expect({ pauseHours, today, week }).toEqual({ pauseHours: 1, today: 2, week: 3 })
  })

  test('a week is counted back from the latest item, so a long pause does not empty it', () => {
    const view = historyView(bundle, historyAt(T0, T0 + 2 * DAY_MS), T0 + 40 * DAY_MS)
    expect(visitorState(view, NOTHING)).toMatchObject({ today: 0, week: 2 })
  })

  test('without times, without a moment and without a history there are no visits', () => {
    const none = { pauseHours: undefined, today: undefined, week: undefined }
    expect(visitorState(historyView(bundle, historyAt(0, 0), T0), NOTHING)).toMatchObject(none)
    expect(visitorState(historyView(bundle, historyAt(T0)), NOTHING)).toMatchObject(none)
    expect(visitorState(historyView(bundle, [], T0), NOTHING)).toMatchObject(none)
  })

  test('means equal naive ones over the latest items', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 9 }), (ids) => {
        const history = ids.map((n, at) => ({
          item: `i${String(n).padStart(2, '0')}`,
          kind: 'view' as const,
          at: T0 + at,
        }))
        const attention = (item: number) => item * item
        const state = visitorState(historyView(bundle, history), { ...NOTHING, attention })
        const logs = ids.toReversed().map((n) => {
          const number = bundle.numberOf.get(`i${String(n).padStart(2, '0')}`)!
          return Math.log1p(number * number)
        })
        const mean = (x: number[]) => x.reduce((sum, y) => sum + y, 0) / x.length
        expect(state.latestAttention).toBeCloseTo(logs[0]!, 12)
        expect(state.recentAttention).toBeCloseTo(mean(logs.slice(0, 3)), 12)
      }),
    )
  })
})

describe('facts about items', () => {
  test('the place of an item is how many come before it, ties by number', () => {
    const { halfLives } = bundle.popularity
    const count = countOf(bundle, halfLives.indexOf(7))
    const places = rankState(bundle).places(7)
    for (let item = 0; item < bundle.items; item++) {
      const before = Array.from({ length: bundle.items }, (_, i) => i).filter(
        (i) => count(i) > count(item) || (count(i) === count(item) && i < item),
      )
      expect(places[item]).toBe(count(item) > 0 ? before.length : PLACES)
    }
  })

  test('every feature is a number for nobody and for somebody, and has a name of its own', () => {
    expect(new Set(FEATURE_IDS).size).toBe(FEATURES.length)
    const state = rankState(bundle)
    const items = Array.from({ length: bundle.items }, (_, i) => i)
    for (const history of [[], historyAt(T0, T0 + 1)]) {
      const view = historyView(bundle, history)
      const rows = featureRows(queryState(state, view, queryScores(state, view), NO_CANDIDATES), items)
      expect(rows.every(Number.isFinite)).toBe(true)
    }
  })
})

describe('items that came after the catalogue', () => {
  const rows = Array.from({ length: 120 }, (_, r) => ({
    user: `u${r % 30}`,
    item: `i${(r * 7) % 20}`,
    day: r % 9,
  }))
  const dataset = datasetOf([
    ...rows,
    { user: 'u1', item: 'late', day: 12 },
    { user: 'u2', item: 'late', day: 15 },
  ])
  const from = T0 + 10 * DAY_MS

  test('have the day that a catalogue of that midnight would give them, and none before', async () => {
    const stage = fitStage(earlier(dataset, from), settings, from)
    const opened = await openStage(dataset, stage, 'popularity')
    const late = opened.numberOf.get('late')!
    expect(opened.firstDay[late]).toBe(-1)
    const days = daysWithPopularity(dataset, stage, from, T0 + 16 * DAY_MS)
    expect(days.map(({ midnight }) => (midnight - T0) / DAY_MS)).toEqual([12, 15])
    const seen = days.map(({ popularity }) => withPopularity(opened, popularity).firstDay[late])
    expect(seen).toEqual([-1, T0 / DAY_MS + 12])
    const refitted = firstDays(earlier(dataset, T0 + 15 * DAY_MS))
    expect(refitted[dataset.catalogue.findIndex(({ id }) => id === 'late')]).toBe(seen[1])
  })

  test('a release day in the catalogue is not replaced', () => {
    const catalogue = dataset.catalogue.map((item) => ({ ...item, releasedAt: T0 }))
    const indexOf = Int32Array.from(catalogue.keys())
    expect(arrivalsSince({ ...dataset, catalogue }, from, { indexOf })(T0 + 20 * DAY_MS).items).toHaveLength(
      0,
    )
    expect(arrivalsSince(dataset, from, { indexOf })(T0 + 20 * DAY_MS).items).toHaveLength(1)
  })
})
