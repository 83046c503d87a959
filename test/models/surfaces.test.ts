import { beforeAll, describe, expect, test } from 'vitest'
import { fitStage, openStage, type Stage } from '../../models/build/stage.ts'
import type { Dataset } from '../../models/dataset.ts'
import { releaseGate } from '../../models/evaluate/gate.ts'
import { climb } from '../../models/evaluate/ladder.ts'
import { SURFACE_SAMPLE, withSurfaces, withTimelessSurfaces } from '../../models/evaluate/surfaces.ts'
import { daysWithPopularity } from '../../models/pipeline/fitUntil.ts'
import { defaultSettings } from '../../models/settings.ts'
import type { FoldInQuery } from '../../models/split/foldInSplits.ts'
import { before } from '../../models/split/slice.ts'
import type { RankerDay } from '../../models/train/replayedSlates.ts'
import type { SurfaceResult } from '../../shared/bundle/evaluation.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { bundleOf, datasetOf, T0 } from '../worlds.ts'

const PAIRS = 60
const HITS = 12
const CUT = 24
const END = 42
const left = (p: number) => `left${String(p).padStart(2, '0')}`
const right = (p: number) => `right${String(p).padStart(2, '0')}`
const hit = (h: number) => `hit${String(h % HITS).padStart(2, '0')}`

/** Who takes the left item of a pair takes the right one next; others take hits, and nothing but hits. */
function pairsAndHits(order: Dataset['order']): Dataset {
  const rows: { user: string; item: string; day: number }[] = []
  for (let u = 0; u < 300; u++) {
    for (let s = 0; s < 10; s++) {
      const pair = (u * 7 + s * 11) % PAIRS
      const day = 4 * s + (u % 4)
      rows.push(
        { user: `pair${u}`, item: left(pair), day },
        { user: `pair${u}`, item: right(pair), day: day + 0.5 },
      )
    }
    for (let s = 0; s < HITS; s++) rows.push({ user: `fan${u}`, item: hit(u + s), day: (u + 3 * s) % 40 })
  }
  return datasetOf(rows, undefined, order)
}

const evaluation = climb(
  {
    protocol: 'test',
    daily: false,
    rungs: [
      {
        rung: 'popularity',
        model: 'p',
        values: new Map(),
        totals: {},
        milliseconds: 1,
        bytes: 1,
        trainSeconds: 1,
      },
    ],
    userOf: new Int32Array(0),
    dayOf: new Int32Array(0),
  },
  1,
)
const at = (surfaces: readonly SurfaceResult[] | undefined, name: string) =>
  surfaces!.find(({ surface }) => surface === name)!

describe('without times', () => {
  let bundle: Bundle
  beforeAll(async () => {
    bundle = await bundleOf(pairsAndHits('none'), { dims: 64 })
  })
  const asking = (n: number, relevant: (q: number) => string): FoldInQuery[] =>
    Array.from({ length: n }, (_, q) => ({
      user: q % 200,
      history: [{ item: left(q % PAIRS), kind: 'view', at: 0 }],
      relevant: [relevant(q)],
    }))
  const judge = (queries: readonly FoldInQuery[]) => withTimelessSurfaces(evaluation, bundle, queries, 1)

  test('similar is proven where the pair always follows', () => {
    const { surfaces } = judge(asking(600, (q) => right(q % PAIRS)))
    for (const name of ['similar', 'because']) {
      expect(at(surfaces, name)).toMatchObject({
        verdict: 'proven',
        queries: 600,
        value: 1,
        baselineValue: 0,
      })
      expect(at(surfaces, name).difference).toEqual({ mean: 1, low: 1, high: 1 })
    }
    for (const name of ['trending', 'popular', 'new']) {
      expect(at(surfaces, name)).toMatchObject({ verdict: 'not-measurable', queries: 0, difference: null })
      expect(at(surfaces, name).text).toContain('no times')
    }
  })

  test('worse than popularity where hits follow: the gate warns by name and refuses nothing', () => {
    const judged = judge(asking(600, hit))
    const similar = at(judged.surfaces, 'similar')
    expect(similar.verdict).toBe('worse')
    expect(similar.difference!.high).toBeLessThan(0)
    expect(similar.text).toMatch(/^Worse than what is popular/)
    const facts = { forYou: 'popularity' as const, rankBytes: 1, goldenFault: null }
    const gate = releaseGate(judged, facts, defaultSettings('none').gate)
    const failed = gate.checks.filter(({ passed }) => passed === false)
    expect(failed.map(({ name, warning }) => [name, warning])).toEqual([
      ['similar', true],
      ['because', true],
    ])
    expect(gate.passed).toBe(true)
  })

  test('unproven where neither ever finds anything', () => {
    const similar = at(judge(asking(600, () => 'nowhere')).surfaces, 'similar')
    expect(similar).toMatchObject({ verdict: 'unproven', value: 0, baselineValue: 0 })
  })

  test('too few questions, or too few users, are not measurable however good', () => {
    const few = at(judge(asking(499, (q) => right(q % PAIRS))).surfaces, 'similar')
    expect(few).toMatchObject({ verdict: 'not-measurable', value: 1, difference: null })
    expect(few.text).toMatch(/499 questions of 200 users; it takes 500 of 50 users\. It ships unproven/)
    const alone = asking(600, (q) => right(q % PAIRS)).map((query) => ({ ...query, user: query.user % 49 }))
    expect(at(judge(alone).surfaces, 'similar').verdict).toBe('not-measurable')
  })

  test('because is asked only where it has an item to start from', () => {
    const queries = asking(600, (q) => right(q % PAIRS))
    const stranger = { ...queries[0]!, history: [{ item: 'stranger', kind: 'view' as const, at: 0 }] }
    const { surfaces } = judge([...queries, stranger])
    expect(at(surfaces, 'because').queries).toBe(600)
    expect(at(surfaces, 'similar').queries).toBe(600)
  })
})

describe('on replayed days', () => {
  const whole = pairsAndHits('time')
  let bundle: Bundle
  let days: RankerDay[]
  beforeAll(async () => {
    const cut = T0 + CUT * DAY_MS
    const part = before(whole, cut)
    const stage: Stage = fitStage(part, { ...defaultSettings('time'), dims: 64 }, cut)
    bundle = await openStage(part, stage, 'popularity')
    days = daysWithPopularity(whole, stage, cut, T0 + END * DAY_MS)
  })

  test('all surfaces have a verdict, the ladder’s first; the same seed gives the same', () => {
    const judged = withSurfaces(evaluation, bundle, days, 1)
    expect(judged.surfaces!.map(({ surface }) => surface)).toEqual([
      'for-you',
      'similar',
      'because',
      'trending',
      'popular',
      'new',
    ])
    expect(at(judged.surfaces, 'for-you').text).toBe(evaluation.summary)
    expect(withSurfaces(evaluation, bundle, days, 1)).toEqual(judged)
  })

  test('at most the sample is asked, and only items of the last 30 days of "new"', () => {
    const events = days.flatMap((day) => day.events)
    const { surfaces } = withSurfaces(evaluation, bundle, days, 1)
    expect(at(surfaces, 'popular').queries).toBe(Math.min(SURFACE_SAMPLE, events.length))
    const first = new Map<string, number>()
    for (const [row, item] of whole.items.entries()) {
      const id = whole.catalogue[item]!.id
      first.set(
        id,
        Math.min(first.get(id) ?? Number.POSITIVE_INFINITY, Math.floor(whole.times[row]! / DAY_MS)),
      )
    }
    const fresh = days.flatMap(({ midnight, events }) =>
      events.filter(({ target }) => midnight / DAY_MS - first.get(target)! <= 30),
    )
    expect(at(surfaces, 'new').queries).toBe(Math.min(SURFACE_SAMPLE, fresh.length))
    expect(events.length).toBeGreaterThan(SURFACE_SAMPLE)
    expect(fresh.length).toBeGreaterThan(0)
    expect(fresh.length).toBeLessThan(SURFACE_SAMPLE)
  })

  test('fewer than five days are not measurable', () => {
    const four = withSurfaces(evaluation, bundle, days.slice(0, 4), 1)
    expect(at(four.surfaces, 'similar')).toMatchObject({ verdict: 'not-measurable', difference: null })
    expect(at(four.surfaces, 'similar').text).toContain('on 4 days; it takes')
  })
})
