import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DeltaBase } from '../../models/build/deltaBase.ts'
import { deltaOrder } from '../../models/build/deltaOrder.ts'
import type { Dataset } from '../../models/dataset.ts'
import { baseOverdue } from '../../models/pipeline/assertOnBase.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { featureSchemaText } from '../../shared/features/featureSchema.ts'
import { datasetOf, T0 } from '../worlds.ts'

const items = fc.uniqueArray(fc.nat(60), { minLength: 1, maxLength: 40 })

/** Item n is used n % 4 + 1 times. */
function withItems(numbers: readonly number[]): Dataset {
  return datasetOf(
    numbers.flatMap((n) =>
      Array.from({ length: (n % 4) + 1 }, (_, u) => ({ user: `u${u}`, item: `i${n}`, day: u })),
    ),
  )
}

describe('item numbers of a delta', () => {
  test('are those of the base for its items, in any order; all others follow once, the most used first', () => {
    fc.assert(
      fc.property(items, items, (old, added) => {
        const known = old.map((n) => `i${n}`)
        const { catalogue } = withItems([...new Set([...old, ...added])])
        const dataset = withItems([...new Set([...old, ...added])])
        const { indexOf, lost } = deltaOrder(dataset, known)
        const ids = Array.from(indexOf, (i) => catalogue[i]!.id)
        expect(lost).toEqual([])
        expect(ids.slice(0, known.length)).toEqual(known)
        expect([...ids].sort()).toEqual(catalogue.map(({ id }) => id))
        const used = ids.slice(known.length).map((id) => (Number(id.slice(1)) % 4) + 1)
        expect(used).toEqual([...used].sort((a, b) => b - a))
        // The next night: what was appended may move, the base does not.
        expect(deltaOrder(dataset, known, ids.slice(known.length)).indexOf).toEqual(indexOf)
      }),
    )
  })

  test('name the items that are gone', () => {
    expect(deltaOrder(withItems([1, 2]), ['i1', 'i7', 'i2']).lost).toEqual(['i7'])
  })
})

describe('a base is due for renewal', async () => {
  const schema = await sha256(featureSchemaText())
  const base = (numbers: readonly number[], change: { built?: number; featureSchema?: string } = {}) =>
    ({
      manifest: { featureSchema: change.featureSchema ?? schema },
      bundle: { ids: numbers.map((n) => `i${n}`) },
      built: change.built ?? T0 + 3 * DAY_MS,
    }) as unknown as DeltaBase
  const twenty = Array.from({ length: 20 }, (_, n) => n)

  test.each([
    ['never while it is young and knows nearly all', base(twenty), twenty, null],
    ['when it is old', base(twenty, { built: T0 - 5 * DAY_MS }), twenty, 'it is 8 days old, 7 at the most'],
    ['when an item has left', base([...twenty, 59]), twenty, 'an item of it left the catalogue'],
    ['when many items came', base(twenty.slice(0, 15)), twenty, '5 items came since, to its 15'],
    ['not when a few came', base(twenty.slice(0, 16)), twenty, null],
    [
      'when features mean something else',
      base(twenty, { featureSchema: 'f' }),
      twenty,
      'features have changed since',
    ],
  ] as const)('%s', async (_, on, numbers, reason) => {
    expect(await baseOverdue(on, withItems(numbers), 7)).toBe(reason)
  })
})
