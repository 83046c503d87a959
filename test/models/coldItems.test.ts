import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../models/random.ts'
import { withColdItems } from '../../models/train/coldItems.ts'
import type { ContentRows, ItemTable } from '../../models/train/trainer.ts'

const SETTINGS = { damping: 1, regularisation: 0.5 }

/** Items with one or two of `terms` terms; rows are what the terms say, the last `cold` items have none. */
function world(items: number, terms: number, cold: number, d = 3) {
  const random = seededRandom(2)
  const meaning = Float64Array.from({ length: terms * d }, () => random() * 2 - 1)
  const own = Array.from({ length: items }, () => {
    const a = Math.floor(random() * terms)
    const b = Math.floor(random() * terms)
    return a === b ? [a] : [a, b].sort((x, y) => x - y)
  })
  const offsets = new Uint32Array(items + 1)
  own.forEach((list, i) => {
    offsets[i + 1] = offsets[i]! + list.length
  })
  const content: ContentRows = {
    names: ['genre'],
    values: Array.from({ length: terms }, (_, t) => `t${t}`),
    nameOf: new Uint8Array(terms),
    taste: [0],
    offsets,
    terms: Uint32Array.from(own.flat()),
    weights: Uint8Array.from(own.flatMap((list) => list.map(() => Math.round(255 / Math.sqrt(list.length))))),
  }
  const rows = new Float64Array(items * d)
  for (let i = 0; i < items - cold; i++)
    for (const t of own[i]!)
      for (let k = 0; k < d; k++) rows[i * d + k]! += meaning[t * d + k]! / own[i]!.length ** 0.5
  const hasRow = Uint8Array.from({ length: items }, (_, i) => (i < items - cold ? 1 : 0))
  const table: ItemTable = { dims: d, rows, inputScale: new Float64Array(items).fill(2), hasRow }
  return { table, content, own, meaning }
}

/** W by the normal equations and Gauss–Jordan. */
function naiveMap(table: ItemTable, content: ContentRows, lambda: number): number[][] {
  const terms = content.values.length
  const d = table.dims
  const a = Array.from({ length: terms }, (_, t) => [
    ...Array.from({ length: terms }, (_, s) => (s === t ? lambda : 0)),
    ...new Array<number>(d).fill(0),
  ])
  for (const [i, has] of table.hasRow.entries()) {
    if (!has) continue
    for (let e = content.offsets[i]!; e < content.offsets[i + 1]!; e++) {
      const x = content.weights[e]! / 255
      for (let f = content.offsets[i]!; f < content.offsets[i + 1]!; f++)
        a[content.terms[e]!]![content.terms[f]!]! += (x * content.weights[f]!) / 255
      for (let k = 0; k < d; k++) a[content.terms[e]!]![terms + k]! += x * table.rows[i * d + k]!
    }
  }
  for (let p = 0; p < terms; p++) {
    const pivot = a[p]![p]!
    a[p] = a[p]!.map((x) => x / pivot)
    for (let r = 0; r < terms; r++) {
      if (r === p) continue
      const x = a[r]![p]!
      a[r] = a[r]!.map((y, c) => y - x * a[p]![c]!)
    }
  }
  return a.map((row) => row.slice(terms))
}

describe('rows for items that nobody has chosen', () => {
  test('equal the naive ridge regression from terms, capped at the median length', () => {
    const { table, content } = world(200, 8, 20)
    const map = naiveMap(table, content, SETTINGS.regularisation)
    const filled = withColdItems(table, content, SETTINGS, new Int32Array(200))
    const lengths = Array.from({ length: 180 }, (_, i) =>
      Math.hypot(...table.rows.subarray(i * 3, i * 3 + 3)),
    )
    const limit = lengths.sort((a, b) => a - b)[90]!
    for (let i = 180; i < 200; i++) {
      const guess = [0, 1, 2].map((k) => {
        let sum = 0
        for (let e = content.offsets[i]!; e < content.offsets[i + 1]!; e++)
          sum += (content.weights[e]! / 255) * map[content.terms[e]!]![k]!
        return sum
      })
      const scale = Math.min(1, limit / Math.hypot(...guess))
      for (const [k, x] of guess.entries()) expect(filled.rows[i * 3 + k]).toBeCloseTo(x * scale, 6)
      expect(filled.hasRow[i]).toBe(1)
      expect(filled.cold![i]).toBe(1)
      expect(filled.inputScale[i]).toBe(0)
    }
    expect(filled.rows.subarray(0, 180 * 3)).toEqual(table.rows.subarray(0, 180 * 3))
  })

  test('are shorter for what a few chose in all the time, and absent without content or at damping 0', () => {
    const { table, content } = world(200, 8, 20)
    const counts = new Int32Array(200)
    counts[199] = 3
    const length = (t: ItemTable) => Math.hypot(...t.rows.subarray(199 * 3, 200 * 3))
    const unseen = withColdItems(table, content, SETTINGS, new Int32Array(200))
    expect(length(withColdItems(table, content, SETTINGS, counts))).toBeCloseTo(length(unseen) / 4, 9)
    expect(withColdItems(table, content, { ...SETTINGS, damping: 0 }, counts)).toBe(table)
    const blank = { ...content, weights: content.weights.map((w, e) => (e < content.offsets[199]! ? w : 0)) }
    expect(withColdItems(table, blank, SETTINGS, counts).hasRow[199]).toBe(0)
  })
})
