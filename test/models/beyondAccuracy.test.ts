import { describe, expect, test } from 'vitest'
import {
  diversity,
  gini,
  meanPercentile,
  novelty,
  percentiles,
  repeatRate,
} from '../../models/evaluate/beyondAccuracy.ts'
import { headOf } from '../../models/evaluate/itemFacts.ts'
import { cappedRecall, recall } from '../../models/evaluate/metrics.ts'

describe('beyond accuracy, by hand', () => {
  test('novelty: −log₂ of the add-one share', () => {
    // N + items = 4 + 4: shares 4/8, 2/8, 1/8, 1/8.
    const counts = Float64Array.of(3, 1, 0, 0)
    expect(novelty(Int32Array.of(0, 1, 2, -1), counts)).toBeCloseTo((1 + 2 + 3) / 3, 12)
    expect(novelty(Int32Array.of(-1, -1), counts)).toBe(0)
  })

  test('percentiles: ties share theirs, the mean over the catalogue is a half', () => {
    const shares = percentiles(Float64Array.of(5, 1, 1, 0))
    expect([...shares]).toEqual([3.5 / 4, 2 / 4, 2 / 4, 0.5 / 4])
    expect(shares.reduce((sum, x) => sum + x, 0) / 4).toBe(0.5)
    expect(meanPercentile(Int32Array.of(0, 3), shares)).toBe(0.5)
  })

  test('Gini: equal, one item alone, and in between', () => {
    expect(gini(Float64Array.of(2, 2, 2, 2))).toBe(0)
    expect(gini(Float64Array.of(0, 8, 0, 0))).toBe(3 / 4)
    // x = 1, 3: ((2 − 3)·1 + (4 − 3)·3) / (2·4)
    expect(gini(Float64Array.of(3, 1))).toBe(2 / 8)
    expect(gini(new Float64Array(3))).toBe(0)
  })

  test('repeat rate: only slates that one user got one after the other', () => {
    const top = Int32Array.of(1, 2, /* other user */ 1, 2, 2, 3, 4, -1)
    // User 0: {1,2} → {2,3} → {4}: ½ and 0. User 1 has one slate.
    expect(repeatRate(top, 2, Int32Array.of(0, 1, 0, 0))).toBe(0.25)
    expect(repeatRate(top.subarray(0, 4), 2, Int32Array.of(0, 1))).toBe(0)
  })

  test('diversity: equal contents 0, nothing in common 1, no content like no other', () => {
    // Items 0 and 1: term 0; item 2: term 1; item 3: nothing.
    const rows = {
      offsets: Uint32Array.of(0, 1, 2, 3, 3),
      columns: Uint32Array.of(0, 0, 1),
      weights: Uint8Array.of(9, 3, 1),
    }
    expect(diversity(Int32Array.of(0, 1), 2, rows, 10)).toBeCloseTo(0, 12)
    expect(diversity(Int32Array.of(0, 2), 2, rows, 10)).toBe(1)
    expect(diversity(Int32Array.of(0, 3), 2, rows, 10)).toBe(1)
    expect(diversity(Int32Array.of(0, 1, 2), 3, rows, 10)).toBeCloseTo(1 - 1 / 3, 12)
    expect(diversity(Int32Array.of(0, -1), 2, rows, 10)).toBe(0)
  })

  test('head: the fewest items with half of the interactions', () => {
    expect([...headOf(Float64Array.of(1, 5, 2, 2))]).toEqual([0, 1, 0, 0])
    expect([...headOf(Float64Array.of(2, 2, 2, 2))]).toEqual([1, 1, 0, 0])
    expect([...headOf(new Float64Array(2))]).toEqual([0, 0])
  })

  test('recall has two denominators', () => {
    const relevant = new Set([1, 2, 3, 4])
    expect(recall([1, 9], relevant, 2)).toBe(1 / 4)
    expect(cappedRecall([1, 9], relevant, 2)).toBe(1 / 2)
    expect(cappedRecall([1], new Set(), 2)).toBe(0)
  })
})
