import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compare, type Dataset, makeDataset, type RawInteraction } from '../../models/dataset.ts'
import { fingerprint } from '../../models/ingest/fingerprint.ts'
import { markFirst } from '../../models/ingest/markFirst.ts'
import { ColumnBuilder } from '../../models/interactionColumns.ts'
import { linesOf } from './ingestFolder.ts'

const ingest = { files: [], rows: 0, used: 0, rejected: {}, examples: [], notes: [] }
const id = fc.constantFrom('a', 'b', 'B', 'ä', 'z', '10', '9', '𝒳', '\uffee')
const row: fc.Arbitrary<RawInteraction> = fc.record({
  user: id,
  item: id,
  at: fc.integer({ min: 0, max: 4 }),
  value: fc.constantFrom(1, 2, 3.5, Number.NaN),
  positive: fc.boolean(),
})
const rows = fc.array(row, { minLength: 1, maxLength: 40 })

const build = (interactions: readonly RawInteraction[]): Dataset =>
  makeDataset({
    name: 'test',
    order: 'time',
    catalogue: [{ id: 'lonely', title: 'Lonely' }],
    interactions,
    ingest,
  })

describe('makeDataset', () => {
  test('holds what sorting objects would give', () => {
    fc.assert(
      fc.property(rows, (interactions) => {
        expect(linesOf(build(interactions))).toEqual(naiveLines(interactions))
      }),
    )
  })

  test('does not depend on the order of the rows', () => {
    const shuffled = rows.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    )
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(build(other)).toEqual(build(all))
      }),
    )
  })

  test('keeps items nobody touched, in the order of ids', () => {
    const dataset = build([{ user: 'u', item: 'x', at: 1, value: 1, positive: true }])
    expect(dataset.catalogue).toEqual([
      { id: 'lonely', title: 'Lonely' },
      { id: 'x', title: 'x' },
    ])
  })

  test('forgets codes whose rows were all rejected', () => {
    const builder = new ColumnBuilder()
    builder.userCode('ghost')
    builder.itemCode('ghost')
    builder.add(builder.userCode('u'), builder.itemCode('i'), 1, Number.NaN, true)
    const dataset = makeDataset({
      name: 't',
      order: 'time',
      catalogue: [],
      interactions: builder.columns(),
      ingest,
    })
    expect(dataset.users).toEqual(['u'])
    expect(dataset.catalogue.map((item) => item.id)).toEqual(['i'])
    expect([...dataset.offsets]).toEqual([0, 1])
  })

  test('grows beyond the expected number of rows', () => {
    const builder = new ColumnBuilder(1)
    for (let i = 0; i < 1000; i++)
      builder.add(builder.userCode('u'), builder.itemCode(`i${i}`), i, i, i % 2 === 0)
    const columns = builder.columns()
    expect(columns.at.length).toBe(1000)
    expect(columns.value[999]).toBe(999)
    expect(columns.positive[998]).toBe(1)
  })
})

describe('fingerprint', () => {
  const base: RawInteraction[] = [
    { user: 'u', item: 'a', at: 1, value: 3, positive: true },
    { user: 'u', item: 'b', at: 2, value: Number.NaN, positive: true },
    { user: 'v', item: 'a', at: 3, value: 4, positive: true },
  ]

  test('is the same for the same rows in any order', async () => {
    expect(await fingerprint(build([...base].reverse()))).toBe(await fingerprint(build(base)))
    expect(await fingerprint(build(base))).toMatch(/^[0-9a-f]{64}$/)
  })

  test.each<[string, Partial<RawInteraction>]>([
    ['user', { user: 'w' }],
    ['item', { item: 'b' }],
    ['time', { at: 4 }],
    ['value', { value: 5 }],
  ])('changes with the %s of one row', async (_, change) => {
    const changed = base.map((row, i) => (i === 2 ? { ...row, ...change } : row))
    expect(await fingerprint(build(changed))).not.toBe(await fingerprint(build(base)))
  })
})

test('markFirst: only the first of several purchases of an item is a success', () => {
  const buys = (user: string, item: string, at: number) => ({ user, item, at, value: 1, positive: false })
  const dataset = markFirst(
    build([buys('u', 'a', 1), buys('u', 'a', 2), buys('u', 'b', 3), buys('v', 'a', 4)]),
  )
  expect([...dataset.positive]).toEqual([1, 0, 1, 1])
})

/** The definition, row by row: sort, then keep of each user, item and moment the row with the greatest value. */
function naiveLines(interactions: readonly RawInteraction[]): string[] {
  const value = (row: RawInteraction) => (Number.isNaN(row.value) ? -1 : row.value)
  const sorted = [...interactions].sort(
    (a, b) =>
      compare(a.user, b.user) ||
      a.at - b.at ||
      compare(a.item, b.item) ||
      value(b) - value(a) ||
      Number(b.positive) - Number(a.positive),
  )
  const kept = new Map<string, string>()
  for (const { user, item, at, value, positive } of sorted) {
    const key = JSON.stringify([user, item, at])
    if (!kept.has(key)) kept.set(key, `${user} ${item} ${at} ${value} ${positive ? '+' : '-'}`)
  }
  return [...kept.values()]
}
