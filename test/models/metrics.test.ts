import { describe, expect, test } from 'vitest'
import { ratioInterval } from '../../models/evaluate/bootstrap.ts'
import {
  averagePrecision,
  Coverage,
  hitRate,
  ndcg,
  precision,
  queryMetrics,
  recall,
  reciprocalRank,
} from '../../models/evaluate/metrics.ts'
import { seededRandom } from '../../models/random.ts'

// Ranked a b c d e; relevant b, d and x, which is not ranked. Worked by hand.
const RANKED = [1, 2, 3, 4, 5]
const RELEVANT = new Set([2, 4, 99])

describe('metrics, by hand', () => {
  test('precision and recall', () => {
    expect(precision(RANKED, RELEVANT, 2)).toBe(1 / 2)
    expect(precision(RANKED, RELEVANT, 4)).toBe(2 / 4)
    expect(precision(RANKED, RELEVANT, 10)).toBe(2 / 10) // a short list is no excuse
    expect(recall(RANKED, RELEVANT, 2)).toBe(1 / 3)
    expect(recall(RANKED, RELEVANT, 10)).toBe(2 / 3)
  })

  test('average precision divides by min(k, |T|)', () => {
    expect(averagePrecision(RANKED, RELEVANT, 10)).toBeCloseTo((1 / 2 + 2 / 4) / 3, 12)
    expect(averagePrecision(RANKED, RELEVANT, 2)).toBeCloseTo(1 / 2 / 2, 12)
  })

  test('NDCG', () => {
    const dcg = 1 / Math.log2(3) + 1 / Math.log2(5)
    const ideal = 1 + 1 / Math.log2(3) + 1 / Math.log2(4)
    expect(ndcg(RANKED, RELEVANT, 10)).toBeCloseTo(dcg / ideal, 12)
    expect(ndcg([2, 4, 99], RELEVANT, 10)).toBeCloseTo(1, 12)
    expect(ndcg([2, 1, 1], RELEVANT, 1)).toBe(1) // ideal over min(k, |T|)
  })

  test('reciprocal rank and hit rate', () => {
    expect(reciprocalRank(RANKED, RELEVANT)).toBe(1 / 2)
    expect(hitRate(RANKED, RELEVANT, 1)).toBe(0)
    expect(hitRate(RANKED, RELEVANT, 2)).toBe(1)
  })

  test('coverage counts distinct items of the first k', () => {
    const coverage = new Coverage(2)
    coverage.add([1, 2, 3])
    coverage.add([2, 4])
    expect(coverage.of(10)).toBe(3 / 10)
    expect(new Coverage(5).of(0)).toBe(0)
  })

  test('nothing ranked or nothing relevant is 0, never NaN', () => {
    for (const metrics of [queryMetrics([], RELEVANT), queryMetrics(RANKED, new Set())]) {
      for (const value of Object.values(metrics)) expect(value).toBe(0)
    }
  })
})

describe('the bootstrap', () => {
  test('covers the truth about 95 times in 100', () => {
    const random = seededRandom(7)
    let covered = 0
    const worlds = 200
    for (let w = 0; w < worlds; w++) {
      const n = 120
      const numerator = Float64Array.from({ length: n }, () => (random() < 0.3 ? 1 : 0))
      const { low, high } = ratioInterval(
        numerator,
        new Float64Array(n).fill(1),
        Int32Array.from({ length: n }, (_, i) => i),
        random,
        200,
      )
      if (low <= 0.3 && 0.3 <= high) covered++
    }
    expect(covered / worlds).toBeGreaterThan(0.88)
    expect(covered / worlds).toBeLessThan(0.99)
  })

  test('queries of one user stand or fall together', () => {
    const n = 400
    const numerator = Float64Array.from({ length: n }, (_, q) => (q < n / 2 ? 1 : 0))
    const ones = new Float64Array(n).fill(1)
    const interval = (units: number) =>
      ratioInterval(
        numerator,
        ones,
        Int32Array.from({ length: n }, (_, q) => Math.floor((q * units) / n)),
        seededRandom(1),
      )
    const width = ({ low, high }: { low: number; high: number }) => high - low
    expect(width(interval(4))).toBeGreaterThan(2 * width(interval(n)))
  })
})
