import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluateColdItems } from '../../models/pipeline/evaluateColdItems.ts'
import { defaultSettings } from '../../models/settings.ts'
import { coldItemSplit } from '../../models/split/coldItemSplit.ts'
import { checkerboard, datasetOf } from '../worlds.ts'

const board = checkerboard(120, 60)

describe('the item-cold-start split', () => {
  test('hides a tenth of the items wholly, and asks only for them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (seed) => {
        const { training, queries, cold } = coldItemSplit(board, seed)
        const hidden = new Set(board.catalogue.flatMap(({ id }, i) => (cold[i] === 1 ? [id] : [])))
        expect(hidden.size).toBe(6)
        expect([...training.items].some((item) => cold[item] === 1)).toBe(false)
        expect(training.catalogue).toHaveLength(60)
        for (const { history, relevant } of queries) {
          expect(history.length).toBeGreaterThan(0)
          expect(history.some(({ item }) => hidden.has(item))).toBe(false)
          expect(relevant.every((item) => hidden.has(item))).toBe(true)
        }
      }),
      { numRuns: 25 },
    )
  })

  test('is the same for the same seed, and another for another', () => {
    expect(coldItemSplit(board, 3)).toEqual(coldItemSplit(board, 3))
    expect(coldItemSplit(board, 3).cold).not.toEqual(coldItemSplit(board, 4).cold)
  })

  test('with an order, the history ends before the first hidden choice', () => {
    const { queries } = coldItemSplit(board, 1)
    for (const { user, history, relevant } of queries) {
      const rows = Array.from(
        { length: board.offsets[user + 1]! - board.offsets[user]! },
        (_, r) => board.offsets[user]! + r,
      )
      const first = rows.find((row) => relevant.includes(board.catalogue[board.items[row]!]!.id))!
      expect(history.every(({ at }) => at <= board.times[first]!)).toBe(true)
    }
  })
})

test('content tells apart what nobody has chosen yet; popularity knows nothing of it', async () => {
  const { all, cold } = await evaluateColdItems(board, { ...defaultSettings('time'), dims: 8 }, () => {})
  const of = ({ evaluation }: typeof all, rung: string) =>
    evaluation.ladder.find((r) => r.rung === rung)!.metrics
  expect(of(cold, 'content')['ndcg@10']).toBeGreaterThan(0.95) // each user lacks one item of their colour
  expect(of(cold, 'popularity')['ndcg@10']).toBeLessThan(0.9)
  expect(of(all, 'popularity')['ndcg@10']).toBe(0)
  expect(of(all, 'content')['recall@100']).toBe(1)
})

test('says when nobody can be asked', async () => {
  const lonely = datasetOf([{ user: 'a', item: 'x', day: 1 }])
  await expect(evaluateColdItems(lonely, defaultSettings('time'), () => {})).rejects.toThrow(
    /Nobody who chose/,
  )
})
