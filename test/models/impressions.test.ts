import { describe, expect, test } from 'vitest'
import { dataRules } from '../../models/dataRules.ts'
import { makeDataset } from '../../models/dataset.ts'
import { fingerprint } from '../../models/ingest/fingerprint.ts'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { ColumnBuilder, type ImpressionColumns } from '../../models/interactionColumns.ts'
import { assessQuality } from '../../models/quality/assessQuality.ts'
import { seededRandom } from '../../models/random.ts'
import { replayDays } from '../../models/split/replay.ts'
import { before } from '../../models/split/slice.ts'
import { fitNetwork } from '../../models/train/fitNetwork.ts'
import { estimatePositionBias, withPositionWeights } from '../../models/train/positionBias.ts'
import { ingestFolder, linesOf, NOW, placesIn } from './ingestFolder.ts'

const AT = 1_700_000_000
const LOG = [
  'user,item,event,rating,timestamp,slate_id,position,propensity',
  `u,a,impression,,${AT},s1,0,1`,
  `u,b,impression,,${AT},s1,1,0.5`,
  `u,never,impression,,${AT},s1,2,`,
  `u,b,click,,${AT + 5},s1,1,`,
  `u,b,purchase,,${AT + 60},,,`,
  `v,a,rated,2,${AT + 70},,,`,
  `v,b,rated,5,${AT + 80},,,`,
  `v,a,not_interested,,${AT + 90},,,`,
  `v,c,share,,${AT + 95},,,`,
  `w,a,Show,,${AT + 99},s2,0,`,
].join('\n')

describe('a log that tells kinds', () => {
  const JSONL = LOG.split('\n')
    .slice(1)
    .map((row) => {
      const names = LOG.split('\n')[0]!.split(',')
      return JSON.stringify(
        Object.fromEntries(row.split(',').flatMap((cell, i) => (cell === '' ? [] : [[names[i], cell]]))),
      )
    })
    .join('\n')

  test.each(['a.csv', 'a.jsonl'])(
    '%s: impressions stand apart, what is hidden is left out, the rest counts',
    async (file) => {
      const folder = await ingestFolder({ 'a.csv': LOG, 'a.jsonl': JSONL })
      const dataset = await loadDataset(file, placesIn(folder))
      expect(linesOf(dataset)).toEqual([
        `u b ${AT * 1000 + 5000} NaN +`,
        `u b ${AT * 1000 + 60_000} NaN +`,
        `v a ${AT * 1000 + 70_000} 2 -`,
        `v b ${AT * 1000 + 80_000} 5 +`,
        `v c ${AT * 1000 + 95_000} NaN +`,
      ])
      // Shown items are items, also where nobody touched them.
      expect(dataset.catalogue.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'never'])
      expect(dataset.ingest).toMatchObject({
        rows: 10,
        used: 5,
        rejected: { impression: 4, 'not interested': 1 },
      })
      expect(dataset.ingest.understood?.kinds).toEqual({
        impression: 4,
        click: 1,
        buy: 1,
        rate: 2,
        hide: 1,
        view: 1,
      })
      expect(dataset.ingest.notes).toContain('Kinds that are not known count as views: share.')
      const { users, items, slates, positions, propensities } = dataset.impressions!
      // The user who only looked has no number; positions count from 1.
      expect([...users]).toEqual([-1, 0, 0, 0])
      expect([...items]).toEqual([0, 0, 1, 3])
      expect([...positions]).toEqual([1, 1, 2, 3])
      expect(new Set(slates.subarray(1)).size).toBe(1)
      expect([...propensities].map((p) => (Number.isNaN(p) ? null : p))).toEqual([null, 1, 0.5, null])
    },
  )

  test('they count for the fingerprint, and a slice knows only the earlier ones', async () => {
    const folder = await ingestFolder({ 'a.csv': LOG, 'b.csv': LOG.replace(',s1,2,', ',s1,4,') })
    const [a, b] = [
      await loadDataset('a.csv', placesIn(folder)),
      await loadDataset('b.csv', placesIn(folder)),
    ]
    expect(await fingerprint(a)).not.toBe(await fingerprint(b))
    expect(before(a, AT * 1000 + 1).impressions!.users).toHaveLength(3)
  })

  test('a column "type" of something else is no kind, and a missing rating stays a fault', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => `u${i},i${i % 7},paperback,${i === 40 ? '' : 4}`)
    const folder = await ingestFolder({ 'a.csv': ['user,item,type,rating', ...rows].join('\n') })
    const { ingest, impressions } = await loadDataset('a.csv', placesIn(folder))
    expect(impressions).toBeUndefined()
    expect(ingest).toMatchObject({ used: 299, rejected: { 'rating is not a number': 1 } })
    expect(ingest.examples[0]).toMatchObject({ line: 42 })
    expect(ingest.notes.join(' ')).toContain('correction for position bias is off')
  })
})

/** Slates of eight, the best items mostly on top, clicked by the position-based model. */
const EXAMINED = [1, 0.7, 0.5, 0.35, 0.25, 0.2, 0.15, 0.1]
function shownWorld(slates: number) {
  const random = seededRandom(7)
  const builder = new ColumnBuilder()
  const wanted = Array.from({ length: 40 }, (_, i) => 0.05 + (0.6 * i) / 40)
  const shown: { [K in keyof ImpressionColumns]: number[] } = {
    user: [],
    item: [],
    at: [],
    slate: [],
    position: [],
    propensity: [],
  }
  for (let s = 0; s < slates; s++) {
    const user = builder.userCode(`u${s % 300}`)
    const at = AT * 1000 + s * 60_000
    const chosen = new Set<number>()
    while (chosen.size < EXAMINED.length) chosen.add(Math.floor(random() * wanted.length))
    // A ranker that is right more often than not: this is what fools plain click-through.
    const ranked = [...chosen].sort((a, b) => wanted[b]! - wanted[a]! + 0.5 * (random() - 0.5))
    ranked.forEach((item, p) => {
      const code = builder.itemCode(`i${item}`)
      shown.user.push(user)
      shown.item.push(code)
      shown.at.push(at)
      shown.slate.push(s)
      shown.position.push(p + 1)
      shown.propensity.push(Number.NaN)
      if (random() < EXAMINED[p]! * wanted[item]!)
        builder.add(user, code, at + 1000 * (p + 1), Number.NaN, true)
    })
  }
  return makeDataset({
    name: 'shown',
    order: 'time',
    catalogue: [],
    interactions: builder.columns(),
    impressions: {
      user: Int32Array.from(shown.user),
      item: Int32Array.from(shown.item),
      at: Float64Array.from(shown.at),
      slate: Int32Array.from(shown.slate),
      position: Int32Array.from(shown.position),
      propensity: Float32Array.from(shown.propensity),
    },
    ingest: { files: [], rows: 0, used: 0, rejected: {}, examples: [], notes: [] },
  })
}

describe('how positions are looked at', () => {
  const dataset = shownWorld(6000)
  const bias = estimatePositionBias(dataset, Number.POSITIVE_INFINITY)!

  test('is found although good items stand on top, where plain click-through is fooled', () => {
    const { impressions } = dataset
    const clicks = new Float64Array(EXAMINED.length)
    const shows = new Float64Array(EXAMINED.length)
    const clicked = new Set(bias.answers)
    impressions!.positions.forEach((position, i) => {
      shows[position - 1]!++
      if (clicked.has(i)) clicks[position - 1]!++
    })
    const plain = clicks.map((n, p) => n / shows[p]! / (clicks[0]! / shows[0]!))
    const error = (theta: Float64Array) =>
      EXAMINED.reduce((sum, truth, p) => sum + Math.abs(Math.log(theta[p]! / truth)), 0) / EXAMINED.length
    expect(bias.examined[0]).toBe(1)
    expect(error(bias.examined)).toBeLessThan(0.2)
    expect(error(plain)).toBeGreaterThan(2 * error(bias.examined))
  })

  test('every interaction answers the impression before it', () => {
    expect(bias.clicks).toBe(dataset.items.length)
    for (const [row, impression] of bias.answers.entries()) {
      expect(dataset.impressions!.items[impression]).toBe(dataset.items[row])
      expect(dataset.times[row]! - dataset.impressions!.times[impression]!).toBe(
        1000 * dataset.impressions!.positions[impression]!,
      )
    }
  })

  test('is told only from what happened before the moment', () => {
    const middle = AT * 1000 + 3000 * 60_000
    const early = estimatePositionBias(dataset, middle)!
    expect(early.impressions).toBe(3000 * EXAMINED.length)
    expect(estimatePositionBias(dataset, AT * 1000)).toBeNull()
  })

  test('weighs replayed events by the inverse, clipped, 1 on average', () => {
    const days = withPositionWeights(dataset, replayDays(dataset, 0, Number.MAX_SAFE_INTEGER), bias)
    const events = days.flatMap((day) => day.events)
    const mean = events.reduce((sum, { weight }) => sum + weight!, 0) / events.length
    expect(mean).toBeCloseTo(1, 10)
    const at = (position: number) =>
      events.find(({ row }) => dataset.impressions!.positions[bias.answers[row]!] === position)!.weight!
    expect(at(3) / at(1)).toBeCloseTo(1 / bias.examined[2]!, 8)
    expect(at(8) / at(1)).toBeLessThanOrEqual(10 + 1e-9)
  })

  test('a propensity of the log goes before the estimate', () => {
    const { impressions } = dataset
    const known = {
      ...dataset,
      impressions: { ...impressions!, propensities: impressions!.propensities.map(() => 0.5) },
    }
    const days = withPositionWeights(known, replayDays(known, 0, Number.MAX_SAFE_INTEGER), bias)
    for (const { weight } of days.flatMap((day) => day.events)) expect(weight).toBeCloseTo(1, 10)
  })

  test('and the report says so', () => {
    const { readiness, impressions } = assessQuality(dataset, dataRules(), NOW)
    expect(readiness.at(-1)).toMatchObject({ what: 'correction for position bias', ready: 'yes' })
    expect(impressions).toMatchObject({ slates: 6000, withPosition: 48_000, withPropensity: 0 })
    expect(impressions!.examined).toHaveLength(8)
  })
})

test('the network learns from slates as much as they weigh', async () => {
  // Half of the slates choose the candidate with feature 1, the other half the one with −1.
  const slates = 128
  const rows = Float32Array.from({ length: slates * 2 }, (_, i) => ((i >> 1) % 2 === i % 2 ? 1 : -1))
  const training = { slates, width: 2, rows, lengths: new Int32Array(slates).fill(2) }
  const score = async (first: number) => {
    const weights = Float32Array.from({ length: slates }, (_, s) => (s % 2 === 0 ? first : 2 - first))
    const ranker = { hidden: 2, epochs: 8, learningRate: 0.05, negatives: 1, weightDecay: 1e-5 }
    const { w1, b1, w2 } = await fitNetwork({ ...training, weights }, ranker, seededRandom(1))
    const of = (x: number) => [0, 1].reduce((sum, h) => sum + w2[h]! * Math.tanh(w1[h]! * x + b1[h]!), 0)
    return of(1) - of(-1)
  }
  expect(await score(1.8)).toBeGreaterThan(0.5)
  expect(await score(0.2)).toBeLessThan(-0.5)
})
