import { describe, expect, test } from 'vitest'
import { ratioOf, resample } from '../../models/evaluate/bootstrap.ts'
import { climb } from '../../models/evaluate/ladder.ts'
import type { ContenderRun, LadderRun } from '../../models/evaluate/ladderRun.ts'
import { simultaneous } from '../../models/evaluate/simultaneous.ts'
import { seededRandom } from '../../models/random.ts'

const MODELS = 8
const USERS = 150

/** Hits of equally good models: what a user is like counts for all of them, chance for each. */
function equals(random: () => number, better = 0): Float64Array[] {
  const easy = Array.from({ length: USERS }, () => random())
  return Array.from({ length: MODELS }, (_, m) =>
    Float64Array.from(easy, (ease) => (random() < 0.1 + 0.4 * ease + (m === 0 ? better : 0) ? 1 : 0)),
  )
}

function compared(columns: readonly Float64Array[], random: () => number) {
  const ones = new Float64Array(USERS).fill(1)
  const users = Int32Array.from({ length: USERS }, (_, u) => u)
  const drawn = resample([...columns, ones], users, random, 300)
  const pairs = columns.slice(1).map((_, b) => [0, b + 1] as const)
  return {
    corrected: simultaneous(drawn, pairs, MODELS),
    plain: pairs.map(([a, b]) => ratioOf(drawn, a, b, MODELS)),
  }
}

describe('many comparisons', () => {
  const excludes = ({ low, high }: { low: number; high: number }) => low > 0 || high < 0

  test('of equally good models: a false difference anywhere in at most 5 % of worlds, far more without correction', () => {
    const random = seededRandom(11)
    const worlds = 400
    let corrected = 0
    let plain = 0
    for (let w = 0; w < worlds; w++) {
      const result = compared(equals(random), random)
      if (result.corrected.some(({ adjusted }) => excludes(adjusted))) corrected++
      if (result.plain.some(excludes)) plain++
    }
    // 5 % and twice the standard error of 400 worlds.
    expect(corrected / worlds).toBeLessThan(0.05 + 2 * Math.sqrt((0.05 * 0.95) / worlds))
    expect(plain / worlds).toBeGreaterThan(0.12)
  })

  test('a real difference is found, and p says the same as the interval', () => {
    const random = seededRandom(12)
    const { corrected } = compared(equals(random, 0.5), random)
    for (const { adjusted, p } of corrected) {
      expect(adjusted.low > 0).toBe(p <= 0.05)
      expect(adjusted.low).toBeGreaterThan(0)
    }
  })

  test('a model against itself: no difference, p of 1, never NaN', () => {
    const random = seededRandom(13)
    const [one] = equals(random)
    const ones = new Float64Array(USERS).fill(1)
    const users = Int32Array.from({ length: USERS }, (_, u) => u)
    const drawn = resample([one!, one!, ones], users, random, 100)
    expect(simultaneous(drawn, [[0, 1]], 2)).toEqual([{ adjusted: { mean: 0, low: 0, high: 0 }, p: 1 }])
  })
})

describe('baselines beside the ladder', () => {
  const values = (share: number) =>
    new Map([['ndcg@10', Float64Array.from({ length: 1000 }, (_, q) => (q % 100 < share ? 1 : 0))]])
  const costs = { bytes: 1, trainSeconds: 1, milliseconds: 1, totals: {} }
  const baseline = (name: string, share: number): ContenderRun => ({
    ...costs,
    name,
    trainer: name,
    model: name,
    formula: 'f',
    offline: false,
    values: values(share),
  })
  const run: LadderRun = {
    protocol: 'test',
    daily: false,
    rungs: [
      { ...costs, rung: 'popularity', model: 'p', values: values(10) },
      { ...costs, rung: 'ranker', model: 'r', values: values(20) },
    ],
    baselines: [baseline('weak', 5), baseline('strong', 30)],
    userOf: Int32Array.from({ length: 1000 }, (_, q) => Math.floor((q * 250) / 1000)),
    dayOf: new Int32Array(1000),
  }

  test('none of them ships, however good; each says how the shipped rung compares', () => {
    const { ladder, baselines, totals } = climb(run, 1)
    expect(ladder.find(({ ships, rung }) => ships && rung === 'ranker')).toBeDefined()
    const [weak, strong] = baselines!
    expect(weak!.shipped.difference.mean).toBeCloseTo(0.15, 12)
    expect(weak!.shipped.gain.mean).toBeCloseTo(3, 12)
    expect(weak!.shipped.adjusted.low).toBeGreaterThan(0)
    expect(strong!.shipped.difference.mean).toBeCloseTo(-0.1, 12)
    expect(strong!.shipped.adjusted.high).toBeLessThan(0)
    expect(ladder[0]!.shipped!.p).toBeLessThan(0.05)
    expect(ladder[1]!.shipped).toBeUndefined()
    expect(totals!.comparisons).toBe(3)
  })
})
