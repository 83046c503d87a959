import { describe, expect, test } from 'vitest'
import { climb, shippedRung } from '../../models/evaluate/ladder.ts'
import type { LadderRun } from '../../models/evaluate/ladderRun.ts'
import { seededRandom } from '../../models/random.ts'
import { replayDays } from '../../models/split/replay.ts'
import { before } from '../../models/split/slice.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { checkerboard, T0 } from '../worlds.ts'

const QUERIES = 2000

/** Popularity hits with probability .2; the other rungs hit where popularity does, plus or minus some. */
function run(gains: readonly number[], { queries = QUERIES, days = 10 } = {}): LadderRun {
  const random = seededRandom(5)
  const base = Float64Array.from({ length: queries }, () => (random() < 0.2 ? 1 : 0))
  const rungs = (['popularity', 'collaborative', 'ranker'] as const).map((rung, r) => ({
    rung,
    model: rung,
    values: new Map([
      [
        'ndcg@10',
        r === 0
          ? base
          : base.map((x) => (random() < Math.abs(gains[r - 1]!) ? (gains[r - 1]! > 0 ? 1 : 0) : x)),
      ],
    ]),
    totals: {},
    milliseconds: 1,
    bytes: 1,
    trainSeconds: 1,
  }))
  return {
    protocol: 'test',
    daily: true,
    rungs,
    userOf: Int32Array.from({ length: queries }, (_, q) => q % 400),
    dayOf: Int32Array.from({ length: queries }, (_, q) => Math.floor((q * days) / queries)),
  }
}

describe('the gate', () => {
  test('ships a rung that beats every rung below', () => {
    const evaluation = climb(run([0.05, 0.15]), 1)
    expect(evaluation.verdict).toBe('ships')
    expect(shippedRung(evaluation)).toBe('ranker')
    expect(evaluation.ladder.at(-1)!.gain!.low).toBeGreaterThan(0)
  })

  test('ships popularity where nothing wins, and says so', () => {
    const evaluation = climb(run([-0.3, -0.1]), 1)
    expect(evaluation.verdict).toBe('baseline')
    expect(shippedRung(evaluation)).toBe('popularity')
    expect(evaluation.ladder.filter(({ ships }) => ships)).toHaveLength(1)
  })

  test('does not ship a rung that beats popularity but not the rung between', () => {
    const evaluation = climb(run([0.3, 0.1]), 1)
    expect(shippedRung(evaluation)).toBe('collaborative')
  })

  test('a gain whose interval holds 0 is no gain', () => {
    expect(climb(run([0.002, 0.002]), 1).verdict).toBe('baseline')
  })

  test('too little data is not measurable, however large the gain', () => {
    for (const little of [run([0.5, 0.6], { queries: 300 }), run([0.5, 0.6], { days: 4 })]) {
      expect(climb(little, 1).verdict).toBe('not-measurable')
      expect(shippedRung(climb(little, 1))).toBe('popularity')
    }
  })
})

describe('replay', () => {
  const dataset = checkerboard()

  test('a history holds strictly earlier interactions only, and never the target', () => {
    const days = replayDays(dataset, T0, T0 + 40 * DAY_MS)
    let events = 0
    for (const day of days) {
      for (const { row, target, history } of day.events) {
        events++
        expect(Math.floor(dataset.times[row]! / DAY_MS) * DAY_MS).toBe(day.midnight)
        for (const { at, item } of history) {
          expect(at).toBeLessThan(dataset.times[row]!)
          expect(item).not.toBe(target)
        }
      }
    }
    expect(events).toBe(dataset.items.length)
    expect(days.map((day) => day.midnight)).toEqual(days.map((day) => day.midnight).toSorted((a, b) => a - b))
  })

  test('a slice before a moment holds nothing at or after it', () => {
    const cut = T0 + 10 * DAY_MS
    const early = before(dataset, cut)
    expect(early.times.every((time) => time < cut)).toBe(true)
    expect(early.catalogue).toBe(dataset.catalogue)
    expect(early.items.length).toBeGreaterThan(0)
  })
})
