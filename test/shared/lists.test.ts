import { expect, test } from 'vitest'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { createLists } from '../../shared/rank/lists.ts'

/** A catalogue in which every item has some attention, the first the most. */
function manyItems(items: number): Bundle {
  const codes = Uint8Array.from({ length: items }, (_, i) => Math.max(1, 200 - (i >> 10)))
  const popularity = {
    halfLives: [1, 30],
    decayed: Uint8Array.from([0, 1].flatMap(() => Array.from(codes))),
    decayedMax: [1000, 9000],
    count: codes,
    countMax: 90_000,
    mean: new Uint8Array(0),
    asOf: 0,
  }
  const manifest = { profile: { popularHalfLife: 0 } }
  return { items, added: 0, popularity, manifest } as unknown as Bundle
}

test.each(['popular', 'trending'] as const)(
  '%s goes on beyond its list, in a catalogue of any size, and says nothing twice',
  (surface) => {
    const items = 150_000
    const lists = createLists(manyItems(items))
    const found = lists.first(surface, 50, (item) => item < items - 60)
    expect(found).toHaveLength(50)
    expect(new Set(found).size).toBe(50)
    expect(found.every((item) => item >= items - 60)).toBe(true)
    expect(lists.first(surface, 50, (item) => item < items - 20)).toHaveLength(20)
  },
)
