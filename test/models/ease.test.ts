import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings, NO_FLOORS } from '../../models/settings.ts'
import { denseMatMul } from '../../models/train/denseMatMul.ts'
import { ease, easeReferee, MAX_REFEREE_ITEMS } from '../../models/train/ease.ts'
import { type InteractionMatrix, interactionMatrix } from '../../models/train/interactionMatrix.ts'
import {
  choleskyInverse,
  emptyStrips,
  type MatMul,
  stripBounds,
  sweepInverse,
} from '../../models/train/symmetricInverse.ts'
import { readyTrainer } from '../../models/train/trainer.ts'
import { checkerboard, datasetOf } from '../worlds.ts'

/** The definition of a product, for the tests that must not depend on WebAssembly. */
const naiveMatMul: MatMul = (a, b, { rows, inner, columns }) => {
  const out = new Float32Array(rows * columns)
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      for (let k = 0; k < inner; k++) out[r * columns + c]! += a[r * inner + k]! * b[k * columns + c]!
  return out
}

/** Gauss–Jordan without any structure. */
function naiveInverse(a: Float64Array, n: number): Float64Array {
  const m = Array.from({ length: n }, (_, i) => [
    ...a.subarray(i * n, i * n + n),
    ...Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)),
  ])
  for (let k = 0; k < n; k++) {
    const pivot = m[k]![k]!
    for (let c = 0; c < 2 * n; c++) m[k]![c]! /= pivot
    for (let r = 0; r < n; r++) {
      if (r === k) continue
      const x = m[r]![k]!
      for (let c = 0; c < 2 * n; c++) m[r]![c]! -= x * m[k]![c]!
    }
  }
  return Float64Array.from(m.flatMap((row) => row.slice(n)))
}

function naiveEase(matrix: InteractionMatrix, lambda: number): number[][] {
  const n = matrix.items
  const g = new Float64Array(n * n)
  for (let u = 0; u < matrix.users; u++) {
    const row = matrix.userItems.subarray(matrix.userOffsets[u]!, matrix.userOffsets[u + 1]!)
    for (const i of row) for (const j of row) g[i * n + j]!++
  }
  for (let i = 0; i < n; i++) g[i * n + i]! += lambda
  const p = naiveInverse(g, n)
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => (i === j ? 0 : -p[i * n + j]! / p[j * n + j]!)),
  )
}

function positiveDefinite(n: number, seed: number): Float64Array {
  const random = seededRandom(seed)
  const x = Float64Array.from({ length: n * n }, () => random() - 0.5)
  const a = new Float64Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < n; k++) a[i * n + j]! += x[i * n + k]! * x[j * n + k]!
      if (i === j) a[i * n + j]! += 0.5
    }
  return a
}

describe('symmetric inverses', () => {
  test('by Cholesky equal the naive one, and refuse what is not positive definite', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer(), (n, seed) => {
        const a = positiveDefinite(n, seed)
        const naive = naiveInverse(a, n)
        for (const [p, x] of choleskyInverse(a, n).entries()) expect(x).toBeCloseTo(naive[p]!, 8)
      }),
      { numRuns: 30 },
    )
    expect(() => choleskyInverse(Float64Array.of(1, 2, 2, 1), 2)).toThrow(/positive definite/)
  })

  test('by block sweeps equal the naive one, whatever the size of the blocks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer(),
        (n, block, seed) => {
          const a = positiveDefinite(n, seed)
          const halves = emptyStrips(n, block)
          for (const [s, strip] of halves.strips.entries()) {
            const { first, end } = stripBounds(n, block, s)
            for (let i = 0; i < end; i++)
              for (let j = first; j < end; j++) strip[i * (end - first) + j - first] = a[i * n + j]!
          }
          sweepInverse(halves, naiveMatMul)
          const naive = naiveInverse(a, n)
          for (const [s, strip] of halves.strips.entries()) {
            const { first, end } = stripBounds(n, block, s)
            for (let i = 0; i < end; i++)
              for (let j = first; j < end; j++)
                expect(strip[i * (end - first) + j - first]).toBeCloseTo(-naive[i * n + j]!, 3)
          }
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('EASE', () => {
  let wasm: MatMul
  beforeAll(async () => {
    wasm = await denseMatMul()
  })

  test('equals the naive B, on WebAssembly, over more than one strip', () => {
    const random = seededRandom(4)
    const rows = Array.from({ length: 4000 }, () => ({
      user: `u${Math.floor(random() * 300)}`,
      item: `i${Math.floor(random() ** 2 * 290)}`,
      day: 0,
    }))
    const matrix = interactionMatrix(datasetOf(rows), 1)
    expect(matrix.items).toBeGreaterThan(256)
    const naive = naiveEase(matrix, 20)
    const referee = easeReferee(matrix, 20, wasm)
    for (const h of [0, 3, 100, matrix.items - 1]) {
      const scores = referee.score(Int32Array.of(h), Float64Array.of(1))
      expect(scores).toHaveLength(matrix.items)
      for (const [j, score] of scores.entries()) expect(score).toBeCloseTo(naive[h]![j]!, 5)
    }
  })

  test('by hand: two users, three items, λ = 1', () => {
    // X = [1 1 0; 1 0 1], G + I = [3 1 1; 1 2 0; 1 0 2], det 8, P = [4 −2 −2; −2 5 1; −2 1 5] / 8
    const matrix = interactionMatrix(
      datasetOf([
        { user: 'u', item: 'a', day: 0 },
        { user: 'u', item: 'b', day: 0 },
        { user: 'v', item: 'a', day: 0 },
        { user: 'v', item: 'c', day: 0 },
      ]),
      1,
    )
    const { score } = easeReferee(matrix, 1, naiveMatMul)
    expect(Array.from(score(Int32Array.of(0), Float64Array.of(1)))).toEqual([0, 0.4, 0.4].map(near))
    expect(Array.from(score(Int32Array.of(1), Float64Array.of(1)))).toEqual([0.5, 0, -0.2].map(near))
    // weights multiply, and histories add up
    expect(Array.from(score(Int32Array.of(0, 1), Float64Array.of(1, 0.5)))).toEqual(
      [0.25, 0.4, 0.3].map(near),
    )
  })

  test('solves the checkerboard, after prepare()', async () => {
    const board = checkerboard()
    const settings = { ...defaultSettings('time'), floors: NO_FLOORS, ease: { regularisation: 5 } }
    const trainer = await readyTrainer(ease)
    const { referee } = trainer.train(board, settings, seededRandom(1))
    for (let u = 0; u < board.users.length; u++) {
      const items = board.items.subarray(board.offsets[u]!, board.offsets[u + 1]!)
      const scores = referee!.score(items, new Float64Array(items.length).fill(1))
      for (const item of items) scores[item] = Number.NEGATIVE_INFINITY
      const best = scores.indexOf(Math.max(...scores))
      expect(board.catalogue[best]!.attributes!.genre).toEqual(board.catalogue[items[0]!]!.attributes!.genre)
    }
    expect(() => ease.train(board, settings, seededRandom(1))).toThrow(/prepare/)
  })

  test('refuses a catalogue that would take gigabytes, but counts only items above the floor', () => {
    const many = datasetOf(
      Array.from({ length: MAX_REFEREE_ITEMS + 1 }, (_, i) => ({ user: `u${i % 7}`, item: `i${i}`, day: 0 })),
    )
    expect(ease.missing(many)).toMatch(/12001 items: EASE, the referee, .* stops at 12000/)
    expect(ease.missing(many, defaultSettings('time'))).toBeNull()
  })
})

function near(x: number): unknown {
  return expect.closeTo(x, 5)
}
