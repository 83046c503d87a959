import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitStage, openStage } from '../../models/build/stage.ts'
import type { Dataset } from '../../models/dataset.ts'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings, NO_FLOORS } from '../../models/settings.ts'
import { ials, itemFactors, userStep } from '../../models/train/ials.ts'
import { interactionMatrix } from '../../models/train/interactionMatrix.ts'
import { itemKnn } from '../../models/train/itemKnn.ts'
import { withThreads } from '../../models/train/threads.ts'
import { decodeTable, encodeTable } from '../../shared/bundle/tableFile.ts'
import { choleskyFactor, choleskySolve } from '../../shared/rank/cholesky.ts'
import { collaborative } from '../../shared/rank/collaborative.ts'
import { tableFoldIn } from '../../shared/rank/foldIn.ts'
import { scoreValue } from '../../shared/rank/generator.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { datasetOf, T0 } from '../worlds.ts'

const SETTINGS = {
  ...defaultSettings('none'),
  floors: NO_FLOORS,
  dims: 4,
  ials: { unobserved: 0.2, regularisation: 0.01, epochs: 6 },
}

function randomLists(seed: number, users = 40, items = 15): Dataset {
  const random = seededRandom(seed)
  const rows = []
  for (let u = 0; u < users; u++)
    for (let i = 0; i < items; i++)
      if (random() < ((u + i) % 3 === 0 ? 0.6 : 0.1)) rows.push({ user: `u${u}`, item: `i${i}`, day: 0 })
  return datasetOf(rows, undefined, 'none')
}

function historyOf(dataset: Dataset, user: number) {
  const rows = dataset.items.subarray(dataset.offsets[user]!, dataset.offsets[user + 1]!)
  return Array.from(rows, (i, h) => ({ item: dataset.catalogue[i]!.id, kind: 'view' as const, at: T0 + h }))
}

describe('item-kNN', () => {
  test('by hand: what two items share over what they have, and a shrinkage', () => {
    // a: u v w, b: u v, c: w x
    const dataset = datasetOf(
      ['ua', 'va', 'wa', 'ub', 'vb', 'wc', 'xc'].map((pair) => ({ user: pair[0]!, item: pair[1]!, day: 0 })),
      undefined,
      'none',
    )
    const lists = (shrinkage: number, length = 9) =>
      itemKnn.train(dataset, { ...SETTINGS, itemKnn: { length, shrinkage } }, seededRandom(1)).neighbours!
    const { offsets, targets, weights } = lists(0)
    expect(Array.from(offsets)).toEqual([0, 2, 3, 4])
    expect(Array.from(targets)).toEqual([1, 2, 0, 0])
    const near = [2 / Math.sqrt(6), 1 / Math.sqrt(6), 2 / Math.sqrt(6), 1 / Math.sqrt(6)]
    for (const [e, weight] of weights.entries()) expect(weight).toBeCloseTo(near[e]!, 12)
    expect(lists(3).weights[0]).toBeCloseTo(2 / (Math.sqrt(6) + 3), 12)
    expect(Array.from(lists(3, 1).targets)).toEqual([1, 0, 0])
  })

  test('shrinkage turns an order round: many shared users beat a perfect overlap of few', () => {
    const rows = []
    for (let u = 0; u < 20; u++) {
      rows.push({ user: `u${u}`, item: 'seed', day: 0 })
      if (u < 2) rows.push({ user: `u${u}`, item: 'rare', day: 0 })
      if (u < 12) rows.push({ user: `u${u}`, item: 'known', day: 0 })
      rows.push({ user: `v${u}`, item: 'known', day: 0 }, { user: `v${u}`, item: `w${u}`, day: 0 })
    }
    const dataset = datasetOf(rows, undefined, 'none')
    const index = (id: string) => dataset.catalogue.findIndex((item) => item.id === id)
    const first = (shrinkage: number) => {
      const settings = { ...SETTINGS, itemKnn: { length: 1, shrinkage } }
      const { offsets, targets } = itemKnn.train(dataset, settings, seededRandom(1)).neighbours!
      return targets[offsets[index('rare')]!]
    }
    expect(first(0)).toBe(index('seed'))
    const of = itemKnn.train(dataset, { ...SETTINGS, itemKnn: { length: 5, shrinkage: 50 } }, seededRandom(1))
    const { offsets, targets } = of.neighbours!
    expect(targets[offsets[index('seed')]!]).toBe(index('known'))
  })
})

describe('Cholesky', () => {
  test('solves by hand, and refuses what is not positive definite', () => {
    // [4 2; 2 3] x = [2; 5] → x = [−0.5; 2]
    const l = choleskyFactor(Float64Array.of(4, 2, 2, 3), 2)
    expect(Array.from(choleskySolve(l, 2, [2, 5]), (x) => Math.round(x * 1e9) / 1e9)).toEqual([-0.5, 2])
    expect(() => choleskyFactor(Float64Array.of(1, 2, 2, 1), 2)).toThrow(RangeError)
  })
})

describe('iALS', () => {
  test('every user and item vector is where its own loss has no slope', () => {
    const dataset = randomLists(3)
    const matrix = interactionMatrix(dataset, 1)
    const { unobserved, regularisation } = SETTINGS.ials
    const k = SETTINGS.dims
    withThreads((threads) => {
      const q = itemFactors(matrix, SETTINGS, seededRandom(1), threads)
      const p = new Float64Array(matrix.users * k)
      userStep(matrix, q, p, SETTINGS, threads)
      const dot = (u: number, i: number) => {
        let sum = 0
        for (let d = 0; d < k; d++) sum += p[u * k + d]! * q[i * k + d]!
        return sum
      }
      for (let u = 0; u < matrix.users; u++) {
        const own = new Set(matrix.userItems.subarray(matrix.userOffsets[u]!, matrix.userOffsets[u + 1]!))
        for (let d = 0; d < k; d++) {
          // d/dp of Σ_own (1 − pq)² + α₀ Σ_all (pq)² + λ (|own| + α₀ n) p²
          let slope = regularisation * (own.size + unobserved * matrix.items) * p[u * k + d]!
          for (let i = 0; i < matrix.items; i++) {
            slope += unobserved * dot(u, i) * q[i * k + d]!
            if (own.has(i)) slope -= (1 - dot(u, i)) * q[i * k + d]!
          }
          expect(slope).toBeCloseTo(0, 9)
        }
      }
    }, 1)
  })

  test('a visitor folded in from the bundle has the scores of the trained user with the same history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), async (seed) => {
        const dataset = randomLists(seed)
        const matrix = interactionMatrix(dataset, 1)
        const stage = fitStage(dataset, SETTINGS, 0, { trainers: [ials] })
        const bundle = await openStage(dataset, stage, 'collaborative')
        const q = withThreads(
          (threads) => itemFactors(matrix, SETTINGS, seededRandom(SETTINGS.seed), threads),
          1,
        )
        const p = new Float64Array(matrix.users * SETTINGS.dims)
        withThreads((threads) => userStep(matrix, q, p, SETTINGS, threads), 1)
        const generator = collaborative(bundle)!
        for (let u = 0; u < dataset.users.length; u += 7) {
          const scored = generator.score(historyView(bundle, historyOf(dataset, u)))
          for (let i = 0; i < dataset.catalogue.length; i++) {
            let trained = 0
            for (let d = 0; d < SETTINGS.dims; d++)
              trained += p[u * SETTINGS.dims + d]! * q[i * SETTINGS.dims + d]!
            const number = bundle.numberOf.get(dataset.catalogue[i]!.id)!
            expect(Math.abs(scoreValue(scored.of(number)) - trained)).toBeLessThan(0.02)
          }
        }
      }),
      { numRuns: 5 },
    )
  })

  test('reasons sum to the score, and a decayed item counts less', async () => {
    const dataset = randomLists(5)
    const settings = { ...SETTINGS, decay: 0.5 }
    const bundle = await openStage(
      dataset,
      fitStage(dataset, settings, 0, { trainers: [ials] }),
      'collaborative',
    )
    const generator = collaborative(bundle)!
    const length = (u: number) => dataset.offsets[u + 1]! - dataset.offsets[u]!
    const busiest = dataset.users.reduce((best, _, u) => (length(u) > length(best) ? u : best), 0)
    const view = historyView(bundle, historyOf(dataset, busiest))
    expect(view.numbers.length).toBeGreaterThan(3)
    const scored = generator.score(view)
    for (let item = 0; item < bundle.items; item++) {
      const parts = Array.from(view.numbers, (_, h) => generator.contribution(view, h, item))
      expect(parts.reduce((sum, x) => sum + x, 0)).toBeCloseTo(scoreValue(scored.of(item)), 3)
    }
    const foldIn = tableFoldIn(bundle.table!)
    const flat = { ...view, weights: view.weights.map(() => view.weights[0]!) }
    expect(foldIn.query(flat)).not.toEqual(foldIn.query(view))
  })

  test('a table without the ridge section folds in linearly, one with it carries its Gram matrix', () => {
    const shard = {
      dims: 2,
      step: 0.5,
      rows: Int8Array.of(3, -4, 1, 2),
      inputScale: Uint16Array.of(7, 9),
      inputStep: 1,
    }
    expect(decodeTable(encodeTable(shard), 'table/0').ridge).toBeUndefined()
    const ridge = { unobserved: 0.1, regularisation: 0.01, items: 2, gram: Float64Array.of(10, -10, 20) }
    expect(decodeTable(encodeTable({ ...shard, ridge }), 'table/0').ridge).toEqual(ridge)
    const wrong = { ...ridge, gram: Float64Array.of(10, Number.NaN, 20) }
    expect(() => decodeTable(encodeTable({ ...shard, ridge: wrong }), 'table/0')).toThrow(/not finite/)
    const short = { ...ridge, gram: Float64Array.of(10) }
    expect(() => decodeTable(encodeTable({ ...shard, ridge: short }), 'table/0')).toThrow(
      /has 1 values when expected 3/,
    )
  })
})
