import { describe, expect, test } from 'vitest'
import { seededRandom, shuffle } from '../../models/random.ts'
import { similarOrder } from '../../models/train/similarOrder.ts'

describe('the order of similar items', () => {
  test('is a permutation in which items of one cluster stand together', () => {
    const random = seededRandom(3)
    const clusterOf = shuffle(
      Array.from({ length: 512 }, (_, i) => i % 8),
      random,
    )
    const vectors = Float64Array.from(
      clusterOf.flatMap((c) => Array.from({ length: 8 }, (_, k) => (k === c ? 1 : 0) + 0.1 * random())),
    )
    const place = similarOrder(vectors, 8)
    expect([...place].sort((a, b) => a - b)).toEqual([...clusterOf.keys()])
    const byPlace = new Array<number>(512)
    for (const [item, at] of place.entries()) byPlace[at] = clusterOf[item]!
    const breaks = byPlace.filter((c, at) => at > 0 && c !== byPlace[at - 1]).length
    expect(breaks).toBeLessThan(32) // in the order of the numbers 448 are expected
  })

  test('takes items that are all alike, or none', () => {
    expect([...similarOrder(new Float64Array(40 * 3), 3)].sort((a, b) => a - b)).toEqual([
      ...Array(40).keys(),
    ])
    expect(similarOrder(new Float64Array(0), 3)).toHaveLength(0)
  })
})
