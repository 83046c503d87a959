import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../models/random.ts'
import { type InteractionMatrix, interactionMatrix } from '../../models/train/interactionMatrix.ts'
import { nthGreatest, strongest } from '../../models/train/kernels/strongest.ts'
import {
  allot,
  type NeighbourLists,
  neighbourLists,
  secondHop,
  spectralRadius,
} from '../../models/train/neighbourLists.ts'
import { openThreads, withThreads } from '../../models/train/threads.ts'
import { datasetOf } from '../worlds.ts'

function randomMatrix(seed: number, users = 30, items = 12): InteractionMatrix {
  const random = seededRandom(seed)
  const rows = []
  for (let u = 0; u < users; u++) {
    for (let i = 0; i < items; i++) {
      if (random() < 0.4) rows.push({ user: `u${u}`, item: `i${String(i).padStart(3, '0')}`, day: 0 })
    }
  }
  return interactionMatrix(datasetOf(rows), 1)
}

/** Dense S by its definition, from sets. */
function naive(matrix: InteractionMatrix, source: number, target: number, user: number, minPair: number) {
  const rows = Array.from(
    { length: matrix.users },
    (_, u) => new Set(matrix.userItems.subarray(matrix.userOffsets[u]!, matrix.userOffsets[u + 1]!)),
  )
  const degree = (i: number) => rows.filter((row) => row.has(i)).length
  return Array.from({ length: matrix.items }, (_, i) =>
    Array.from({ length: matrix.items }, (_, j) => {
      const both = rows.filter((row) => row.has(i) && row.has(j))
      if (i === j || both.length < minPair) return 0
      return both.reduce((s, row) => s + row.size ** -user, 0) * degree(i) ** -source * degree(j) ** -target
    }),
  )
}

function dense(lists: NeighbourLists): number[][] {
  const items = lists.offsets.length - 1
  return Array.from({ length: items }, (_, i) => {
    const row = new Array<number>(items).fill(0)
    for (let e = lists.offsets[i]!; e < lists.offsets[i + 1]!; e++) row[lists.targets[e]!] = lists.weights[e]!
    return row
  })
}

const OPTIONS = { length: 1000, source: 0.7, target: 0.3, user: 0.6, sharpening: 0, minPairUsers: 3 }
const seeds = fc.integer({ min: 1, max: 1000 })

describe('neighbour lists', () => {
  test('equal the naive normalised co-occurrence, floor kept', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const matrix = randomMatrix(seed)
        const expected = naive(matrix, 0.7, 0.3, 0.6, 3)
        for (const [i, row] of dense(neighbourLists(matrix, OPTIONS, openThreads(1))).entries())
          for (const [j, weight] of row.entries()) expect(weight).toBeCloseTo(expected[i]![j]!, 9)
      }),
      { numRuns: 15 },
    )
  })

  test('sharpened, equal S − b · S·Q where both are positive', () => {
    fc.assert(
      fc.property(seeds, fc.double({ min: 0.05, max: 1, noNaN: true }), (seed, sharpening) => {
        const matrix = randomMatrix(seed)
        const s = naive(matrix, 0.7, 0.3, 0.6, 3)
        const q = dense(secondHop(matrix, 3, openThreads(1)))
        const lists = neighbourLists(matrix, { ...OPTIONS, sharpening }, openThreads(1))
        for (const [i, row] of dense(lists).entries()) {
          for (const [j, weight] of row.entries()) {
            const hops = s[i]!.reduce((sum, x, k) => sum + x * q[k]![j]!, 0)
            expect(weight).toBeCloseTo(s[i]![j]! > 0 ? Math.max(0, s[i]![j]! - sharpening * hops) : 0, 9)
          }
        }
      }),
      { numRuns: 15 },
    )
  })

  test('the second hop has a spectral radius of 1', () => {
    expect(spectralRadius(secondHop(randomMatrix(4), 1, openThreads(1)))).toBeCloseTo(1, 6)
  })

  test('one budget: no entry left out is stronger than one kept, but for each source’s strongest five', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 5, max: 20 }), (seed, length) => {
        const matrix = randomMatrix(seed, 60, 40)
        const all = neighbourLists(matrix, { ...OPTIONS, minPairUsers: 1 }, openThreads(1))
        const some = allot(all, matrix, { length, source: 0.7 })
        expect(some.targets.length).toBe(Math.min(all.targets.length, length * matrix.items))
        const kept = dense(some)
        const strength = (i: number, weight: number) =>
          weight * (matrix.itemOffsets[i + 1]! - matrix.itemOffsets[i]!) ** 0.7
        let weakestKept = Number.POSITIVE_INFINITY
        let strongestOut = 0
        for (const [i, row] of dense(all).entries()) {
          const five = [...row].sort((a, b) => b - a)[4]!
          for (const [j, weight] of row.entries()) {
            if (weight === 0) continue
            if (kept[i]![j] === 0) strongestOut = Math.max(strongestOut, strength(i, weight))
            else if (weight < five) weakestKept = Math.min(weakestKept, strength(i, weight))
            if (weight >= five) expect(kept[i]![j]).toBe(weight)
          }
        }
        expect(strongestOut).toBeLessThanOrEqual(weakestKept)
      }),
      { numRuns: 15 },
    )
  })

  test('are the same for any number of threads', () => {
    const matrix = randomMatrix(7, 200, 600)
    const listsBy = (threads: number) =>
      withThreads(
        (pool) => neighbourLists(matrix, { ...OPTIONS, length: 20, sharpening: 0.3 }, pool),
        threads,
      )
    const one = listsBy(1)
    expect(one.targets.length).toBeGreaterThan(10_000)
    for (const threads of [2, 3]) expect(listsBy(threads)).toEqual(one)
  })
})

describe('the choice of the strongest', () => {
  const values = fc.array(fc.integer({ min: -3, max: 9 }), { minLength: 1, maxLength: 60 })

  test('equals sorting, ties to the lower id, nothing that is not positive', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 30 }), (list, length) => {
        const expected = list
          .map((value, id) => ({ value, id }))
          .filter(({ value }) => value > 0)
          .sort((a, b) => b.value - a.value || a.id - b.id)
          .slice(0, length)
          .map(({ id }) => id)
          .sort((a, b) => a - b)
        const ids = Int32Array.from(list.keys())
        const count = strongest(ids, list.length, Float64Array.from(list), length, new Float64Array(60))
        expect([...ids.subarray(0, count)]).toEqual(expected)
      }),
    )
  })

  test('the n-th greatest equals sorting', () => {
    fc.assert(
      fc.property(values, fc.nat(), (list, at) => {
        const n = (at % list.length) + 1
        const sorted = [...list].sort((a, b) => b - a)
        expect(nthGreatest(Float64Array.from(list), list.length, n)).toBe(sorted[n - 1])
      }),
    )
  })
})
