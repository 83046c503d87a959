import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings, type Floors, NO_FLOORS, PRIVACY_FLOORS } from '../../models/settings.ts'
import { interactionMatrix, USER_CAP } from '../../models/train/interactionMatrix.ts'
import { decayedCounts, popularityOver, shrunkenMeans } from '../../models/train/popularity.ts'
import { tableAndNeighbours } from '../../models/train/tableAndNeighbours.ts'
import { openThreads } from '../../models/train/threads.ts'
import { symmetricEigen, truncatedSvd } from '../../models/train/truncatedSvd.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { checkerboard, datasetOf, T0 } from '../worlds.ts'

function randomDataset(seed: number, users = 30, items = 12) {
  const random = seededRandom(seed)
  const rows = []
  for (let u = 0; u < users; u++) {
    for (let i = 0; i < items; i++) {
      if (random() < 0.4)
        rows.push({ user: `u${u}`, item: `i${String(i).padStart(2, '0')}`, day: Math.floor(random() * 50) })
    }
  }
  return datasetOf(rows)
}

describe('the interaction matrix', () => {
  test('keeps the privacy floor and caps a history', () => {
    const rows = [
      ...Array.from({ length: 300 }, (_, i) => ({ user: 'collector', item: `x${i}`, day: i })),
      ...Array.from({ length: 8 }, (_, u) => ({ user: `u${u}`, item: 'x299', day: u })),
      ...Array.from({ length: PRIVACY_FLOORS.itemUsers - 1 }, (_, u) => ({
        user: `u${u}`,
        item: 'rare',
        day: u,
      })),
    ]
    const dataset = datasetOf(rows)
    const matrix = interactionMatrix(dataset, PRIVACY_FLOORS.itemUsers)
    const column = (id: string) => dataset.catalogue.findIndex((item) => item.id === id)
    const degree = (i: number) => matrix.itemOffsets[i + 1]! - matrix.itemOffsets[i]!
    expect(degree(column('rare'))).toBe(0)
    expect(degree(column('x299'))).toBe(9)
    const open = interactionMatrix(dataset, 1)
    const longest = Math.max(...dataset.users.map((_, u) => open.userOffsets[u + 1]! - open.userOffsets[u]!))
    expect(longest).toBe(USER_CAP)
  })
})

describe('the truncated SVD', () => {
  test('gives orthonormal vectors and the singular values of the dense matrix', () => {
    const dataset = randomDataset(3)
    const matrix = interactionMatrix(dataset, 1)
    const n = matrix.items
    const c = Float64Array.from({ length: n }, (_, i) => 1 / Math.sqrt(i + 1))
    const { vectors, values } = truncatedSvd(matrix, c, 5, seededRandom(1), openThreads(1), {
      oversample: 7,
      iterations: 12,
    })
    const gram = new Float64Array(n * n)
    for (let u = 0; u < matrix.users; u++) {
      const items = matrix.userItems.subarray(matrix.userOffsets[u]!, matrix.userOffsets[u + 1]!)
      for (const a of items) for (const b of items) gram[a * n + b]! += c[a]! * c[b]!
    }
    const exact = symmetricEigen(gram, n).values
    for (let d = 0; d < 5; d++) expect(values[d]! ** 2).toBeCloseTo(exact[d]!, 6)
    for (let a = 0; a < 5; a++) {
      for (let b = 0; b < 5; b++) {
        let dot = 0
        for (let i = 0; i < n; i++) dot += vectors[i * 5 + a]! * vectors[i * 5 + b]!
        expect(dot).toBeCloseTo(a === b ? 1 : 0, 6)
      }
    }
  })

  test('asks for more dimensions than there are without harm', () => {
    const { vectors, values } = truncatedSvd(
      interactionMatrix(checkerboard(), 1),
      new Float64Array(20).fill(1),
      40,
      seededRandom(1),
      openThreads(1),
    )
    expect(vectors.every(Number.isFinite)).toBe(true)
    expect(values[0]).toBeGreaterThan(0)
  })
})

describe('neighbour lists', () => {
  test('the floors of the settings decide who enters, and pairs below them never do', () => {
    const dataset = datasetOf([
      ...Array.from({ length: 6 }, (_, u) => ({ user: `u${u}`, item: 'a', day: 0 })),
      ...Array.from({ length: 6 }, (_, u) => ({ user: `u${u}`, item: 'b', day: 1 })),
      ...Array.from({ length: 4 }, (_, u) => ({ user: `u${u}`, item: 'seen by four', day: 2 })),
      ...Array.from({ length: 5 }, (_, u) => ({ user: `u${u + 4}`, item: 'with a by two', day: 3 })),
    ])
    const listed = (floors: Floors) => {
      const settings = { ...defaultSettings('time'), floors, tableWeight: 0 }
      const { offsets, targets } = tableAndNeighbours.train(dataset, settings, seededRandom(1)).neighbours!
      const a = dataset.catalogue.findIndex((item) => item.id === 'a')
      return Array.from(
        targets.subarray(offsets[a]!, offsets[a + 1]!),
        (i) => dataset.catalogue[i]!.id,
      ).sort()
    }
    expect(listed(PRIVACY_FLOORS)).toEqual(['b'])
    expect(listed({ itemUsers: 5, pairUsers: 2 })).toEqual(['b', 'with a by two'])
    expect(listed(NO_FLOORS)).toEqual(['b', 'seen by four', 'with a by two'])
  })
})

describe('popularity', () => {
  test('one pass over many midnights equals counting afresh at each', () => {
    const dataset = randomDataset(11)
    const moments = [5, 6, 7, 20, 51].map((day) => T0 + day * DAY_MS)
    const over = popularityOver(dataset, [1, 7], moments)
    for (const moment of moments) {
      const { decayed, count } = over.next().value!
      const naive = decayedCounts(dataset, moment, 7)
      for (let i = 0; i < naive.length; i++) expect(decayed[1]![i]).toBeCloseTo(naive[i]!, 9)
      const earlier = dataset.times.reduce((n, time) => n + (time < moment ? 1 : 0), 0)
      expect(count.reduce((sum: number, x: number) => sum + x, 0)).toBe(earlier)
    }
  })

  test('a mean with few ratings is drawn towards the mean of all', () => {
    const dataset = datasetOf([
      { user: 'a', item: 'loved once', day: 0 },
      ...Array.from({ length: 9 }, (_, u) => ({ user: `u${u}`, item: 'liked often', day: 0 })),
    ])
    const rated = { ...dataset, values: dataset.values.map((_, r) => (dataset.items[r] === 1 ? 10 : 8)) }
    const { means, plain, prior, strength } = shrunkenMeans(rated)
    expect(prior).toBeCloseTo(8.2, 6)
    expect(strength).toBe(5)
    expect(plain[1]).toBe(10)
    expect(means[1]).toBeCloseTo((10 + 5 * 8.2) / 6, 6)
  })
})
