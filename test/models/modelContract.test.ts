import { describe, expect, test } from 'vitest'
import { fitStage, openStage } from '../../models/build/stage.ts'
import type { Dataset } from '../../models/dataset.ts'
import { defaultSettings } from '../../models/settings.ts'
import { TRAINERS } from '../../models/train/registry.ts'
import type { Trainer } from '../../models/train/trainer.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { scoreValue } from '../../shared/rank/generator.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { createRungs } from '../../shared/rank/rungs.ts'
import { checkerboard, T0 } from '../worlds.ts'

const SETTINGS = { ...defaultSettings('time'), dims: 8 }
const AS_OF = T0 + 40 * DAY_MS
const world: Dataset = (() => {
  const board = checkerboard()
  // Ratings and vectors, so that every trainer has what it needs.
  const values = board.values.map((_, r) => (r % 5) + 1)
  return { ...board, measure: 'rating' as const, values, embeddings: parityVectors(board) }
})()

/** Vectors that tell the colours apart, with a little of their own each. */
function parityVectors({ catalogue }: Dataset): NonNullable<Dataset['embeddings']> {
  const rows = Float32Array.from(
    catalogue.flatMap(({ id }, i) => (Number(id.slice(1)) % 2 === 0 ? [1, 0, i / 99] : [0, 1, i / 99])),
  )
  const hasRow = new Uint8Array(catalogue.length).fill(1)
  return { dims: 3, rows, hasRow, unknown: 0, repeated: 0, notFinite: 0, missing: 0 }
}

async function rungsOf(trainer: Trainer, dataset = world) {
  const stage = fitStage(dataset, SETTINGS, AS_OF, { trainers: [trainer] })
  const bundle = await openStage(dataset, stage, 'popularity')
  return { stage, bundle, rungs: createRungs(bundle, null) }
}

function historyOf(dataset: Dataset, user: number) {
  const rows = dataset.items.subarray(dataset.offsets[user]!, dataset.offsets[user + 1]!)
  return Array.from(rows, (i, h) => ({ item: dataset.catalogue[i]!.id, kind: 'view' as const, at: T0 + h }))
}

/** Referees have nothing to encode; their own tests hold them to the same board. */
const SHIPPABLE = TRAINERS.filter(({ offline }) => !offline)

describe.each(SHIPPABLE.map((trainer) => [trainer.name, trainer] as const))('%s', (_, trainer) => {
  test('says where its formula comes from', () => {
    expect(trainer.formula.length).toBeGreaterThan(10)
    expect(trainer.source.length).toBeGreaterThan(5)
    expect(trainer.missing(world)).toBeNull()
  })

  test('is deterministic: same data, same bytes', () => {
    const blobs = () => fitStage(world, SETTINGS, AS_OF, { trainers: [trainer] }).blobs
    expect([...blobs()].map(([role, b]) => [role, Buffer.from(b).toString('base64')])).toEqual(
      [...blobs()].map(([role, b]) => [role, Buffer.from(b).toString('base64')]),
    )
  })

  test('survives encoding: the decoded bundle ranks every item once', async () => {
    const { bundle, rungs } = await rungsOf(trainer)
    const view = historyView(bundle, historyOf(world, 0))
    const { items } = rungs.rank(trainer.rung, view, 20, (item) => view.seen.has(item))
    expect(items.length).toBeGreaterThan(0)
    expect(new Set(items).size).toBe(items.length)
    for (const item of items) expect(view.seen.has(item)).toBe(false)
  })
})

describe.each(
  SHIPPABLE.filter(({ rung }) => rung !== 'popularity').map((trainer) => [trainer.name, trainer] as const),
)('%s, which is personal,', (_, trainer) => {
  test('solves the checkerboard: what a user misses of its colour comes first', async () => {
    const { bundle, rungs } = await rungsOf(trainer)
    for (let user = 0; user < world.users.length; user++) {
      const view = historyView(bundle, historyOf(world, user))
      const parity = Number(world.users[user]!.slice(1)) % 2
      const { items } = rungs.rank(trainer.rung, view, 1, (item) => view.seen.has(item))
      expect(Number(bundle.ids[items[0]!]!.slice(1)) % 2).toBe(parity)
    }
  })

  test('folding a history in needs no user id: equal histories, equal slates', async () => {
    const { bundle, rungs } = await rungsOf(trainer)
    const generator = rungs.state.generators[trainer.rung as 'content']!
    const known = historyView(bundle, historyOf(world, 3))
    const stranger = historyView(
      bundle,
      historyOf(world, 3).map((act) => ({ ...act, at: act.at + 1e9 })),
    )
    for (let item = 0; item < bundle.items; item++) {
      expect(scoreValue(generator.score(stranger).of(item))).toBe(scoreValue(generator.score(known).of(item)))
    }
  })
})

test('no trainer is outside the registry: a name each', () => {
  expect(new Set(TRAINERS.map(({ name }) => name)).size).toBe(TRAINERS.length)
})
