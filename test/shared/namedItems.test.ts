import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { namedItems } from '../../shared/rank/namedItems.ts'
import { createRungs, SOURCE_OF } from '../../shared/rank/rungs.ts'
import { bundleOf, checkerboard, T0 } from '../worlds.ts'

const named = (...rows: number[][]) => Array.from(namedItems(Float64Array.from(rows.flat()), rows[0]!.length))

describe('the item of the history that an item of the slate is named for', () => {
  test('by hand: what brings everything a little is named only where nothing else brings more than usual', () => {
    // The first brings 60 %, 60 % and 100 %; the others 40 % of one item each.
    expect(named([6, 4, 0], [6, 0, 4], [5, 0, 0])).toEqual([1, 2, 0])
  })

  test('by hand: what is weaker than a third of the strongest is no reason, however special', () => {
    expect(named([12, 3.9], [12, 0], [12, 0])).toEqual([0, 0, 0])
    expect(named([12, 4.1], [12, 0], [12, 0])).toEqual([1, 0, 0])
  })

  test('a slate of one item names the strongest, the later of two; nothing where nothing contributes', () => {
    expect(named([3, 5, 5])).toEqual([1])
    expect(named([0, -1], [0, 2])).toEqual([-1, 1])
    expect(Array.from(namedItems(new Float64Array(0), 0))).toEqual([])
  })

  test('always contributes, at least a third of what the strongest does, and nothing of that kind is more special', () => {
    const part = fc.oneof(fc.constant(0), fc.double({ min: -5, max: 100, noNaN: true }))
    const slates = fc
      .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 6 }))
      .chain(([items, history]) =>
        fc.array(fc.array(part, { minLength: history, maxLength: history }), {
          minLength: items,
          maxLength: items,
        }),
      )
    fc.assert(
      fc.property(slates, (rows) => {
        const positive = rows.map((row) => row.map((x) => Math.max(0, x)))
        const shares = positive.map((row) => row.map((x) => x / (row.reduce((sum, y) => sum + y, 0) || 1)))
        const mean = rows[0]!.map((_, h) => shares.reduce((sum, row) => sum + row[h]!, 0) / rows.length)
        for (const [i, h] of named(...rows).entries()) {
          const strongest = Math.max(...positive[i]!)
          if (strongest === 0) {
            expect(h).toBe(-1)
            continue
          }
          expect(positive[i]![h]).toBeGreaterThan(0)
          expect(positive[i]![h]! * (1 + 1e-12)).toBeGreaterThanOrEqual(strongest / 3)
          const excess = (other: number) => shares[i]![other]! - mean[other]!
          for (const other of rows[i]!.keys())
            if (positive[i]![other]! >= strongest / 3)
              expect(excess(h)).toBeGreaterThanOrEqual(excess(other) - 1e-12)
        }
      }),
    )
  })
})

describe('in a slate', () => {
  let bundle: Bundle
  beforeAll(async () => {
    bundle = await bundleOf(checkerboard(60, 30))
  })

  test.each(['collaborative', 'transitions', 'content', 'personal-popularity'] as const)(
    '%s: whatever is named is in the history and contributes to just that item',
    (rung) => {
      const rungs = createRungs(bundle, null)
      const history = ['i00', 'i03', 'i04', 'i08', 'i11'].map((item, h) => ({
        item,
        kind: 'view' as const,
        at: T0 + h,
      }))
      const view = historyView(bundle, history)
      const ranked = rungs.rank(rung, view, 8, (item) => view.seen.has(item))
      const told = rungs.explain(ranked, view)
      expect(told).toHaveLength(8)
      const generator = rungs.state.generators[rung]!
      for (const [r, why] of told.entries()) {
        expect(why.reduce((sum, { share }) => sum + share, 0)).toBe(ranked.scores[r])
        const own = why.find(({ source }) => source === SOURCE_OF[rung])
        if (r >= ranked.own || !own) continue
        const parts = Array.from(view.numbers, (_, h) => generator.contribution(view, h, ranked.items[r]!))
        const h = Array.from(view.numbers, (n) => bundle.ids[n]).indexOf(own.item)
        expect(parts[h]!).toBeGreaterThan(0)
        expect(parts[h]!).toBeGreaterThanOrEqual(Math.max(...parts) / 3)
      }
      expect(ranked.own).toBeGreaterThan(0)
    },
  )
})
