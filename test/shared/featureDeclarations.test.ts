import { beforeAll, describe, expect, test } from 'vitest'
import { LIST_GENERATORS } from '../../shared/bundle/generators.ts'
import type { Bundle, SparseRows } from '../../shared/bundle/openBundle.ts'
import type { RankerFile } from '../../shared/bundle/rankerFile.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { FEATURE_TYPES, SIGHTS, type Sight } from '../../shared/features/feature.ts'
import { FEATURES, featureRows } from '../../shared/features/features.ts'
import { candidateSource, candidates } from '../../shared/rank/candidates.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { queryScores, queryState, rankState } from '../../shared/rank/queryState.ts'
import { bundleOf, checkerboard, T0 } from '../worlds.ts'

interface World {
  readonly bundle: Bundle
  /** Item → days before the end of the data. */
  readonly history: Readonly<Record<string, number>>
  readonly now: number
}

/** Quantiles of scores from 0 to `best`. */
const rising = (best: number) => Float32Array.from({ length: 33 }, (_, q) => (q * best) / 32)

const ranker = (scale: number) =>
  ({
    quantiles: {
      collaborative: rising(0.5 * scale),
      transitions: rising(3 * scale),
      content: rising(1e9 * scale),
      'personal-popularity': rising(1e-3 * scale),
      ...Object.fromEntries(LIST_GENERATORS.map((name) => [name, rising(scale)])),
    },
  }) as unknown as RankerFile

/** The rows of another item for each. */
function turned<R extends SparseRows>(rows: R): R {
  const items = rows.offsets.length - 1
  const from = Array.from({ length: items }, (_, i) => (i + 3) % items)
  const offsets = new Uint32Array(items + 1)
  for (const [i, o] of from.entries()) offsets[i + 1] = offsets[i]! + rows.offsets[o + 1]! - rows.offsets[o]!
  const parts = from.map((o) => [rows.offsets[o]!, rows.offsets[o + 1]!] as const)
  const gather = (values: ArrayLike<number>) =>
    parts.flatMap(([a, b]) => Array.from({ length: b - a }, (_, e) => values[a + e]!))
  const { columns, weights } = rows
  return {
    ...rows,
    offsets,
    columns: Uint32Array.from(gather(columns)),
    weights: new (weights.constructor as Uint8ArrayConstructor)(gather(weights)),
  }
}

/** Items in no history here, so that they are candidates in every world. */
const EVERYBODYS = [1, 3, 6, 7, 9, 11, 12, 13, 14, 15, 17, 18, 19].map(
  (i) => `i${String(i).padStart(2, '0')}`,
)

/** What a feature may declare that it sees → the same world in which just that is another. */
const CHANGED: Readonly<Record<Sight, (world: World) => World>> = {
  catalogue: (world) => {
    const { year, firstDay, content } = world.bundle
    const bundle = {
      ...world.bundle,
      year: year.map((y, i) => y - i),
      firstDay: firstDay.map((day, i) => day - 70 - i),
      content: content && turned(content),
    }
    return { ...world, bundle }
  },
  popularity: (world) => {
    const { popularity } = world.bundle
    const { count, decayed, mean, halfLives } = popularity
    const n = count.length
    const other = {
      ...popularity,
      asOf: popularity.asOf + 400 * DAY_MS,
      count: count.toReversed(),
      mean: mean.toReversed(),
      decayed: decayed.map((_, at) => decayed[(((at / n) % halfLives.length) | 0) * n + (n - 1 - (at % n))]!),
    }
    return { ...world, bundle: { ...world.bundle, popularity: other } }
  },
  generators: (world) => {
    const { table, neighbours, transitions } = world.bundle
    const bundle = {
      ...world.bundle,
      table: table && { ...table, rows: table.rows.toReversed() },
      neighbours: neighbours && turned(neighbours),
      transitions: transitions && turned(transitions),
      ranker: ranker(0.1),
    }
    return { ...world, bundle }
  },
  history: (world) => ({ ...world, history: { i05: 20, i10: 11, i08: 10, i16: 1.25 } }),
  now: (world) => ({ ...world, now: world.now + 3 * DAY_MS }),
}

/** The best of all candidates can only change with lists longer than a small catalogue. */
const NOT_SEEN_HERE = /-(short|long) sees (catalogue|popularity)/

let world: World
let rows: Float32Array
beforeAll(async () => {
  const bundle = await bundleOf(checkerboard())
  const { popularity } = bundle
  const rated = {
    ...popularity,
    count: popularity.count.map((code, i) => code - i),
    mean: popularity.count.map((_, i) => (i * 37) % 200) as typeof popularity.mean,
  }
  // Only three items are new.
  const firstDay = bundle.ids.map((id) => T0 / DAY_MS + (/i0[027]/.test(id) ? 0 : -90))
  const dated = {
    ...bundle,
    popularity: rated,
    ranker: ranker(1),
    firstDay: Int32Array.from(firstDay),
    year: bundle.year.map((y, i) => y + 27 - (i % 5)),
  }
  world = { bundle: dated, history: { i04: 9, i00: 1, i02: 0.5 }, now: T0 + 41 * DAY_MS }
  rows = rowsOf(world)
})

function rowsOf({ bundle, history, now }: World): Float32Array {
  const state = rankState(bundle)
  const past = Object.entries(history).map(([item, days]) => ({
    item,
    kind: 'view' as const,
    at: T0 + (41 - days) * DAY_MS,
  }))
  const view = historyView(bundle, past, now)
  const scores = queryScores(state, view)
  const found = candidates(candidateSource(state), scores, (item) => view.seen.has(item))
  return featureRows(
    queryState(state, view, scores, found),
    EVERYBODYS.map((id) => bundle.numberOf.get(id)!),
  )
}

describe('what a feature declares', () => {
  test.each(Object.keys(SIGHTS) as Sight[])(
    'whoever does not declare that it sees %s is the same without',
    (sight) => {
      const other = rowsOf(CHANGED[sight](world))
      for (const [f, { name, sees }] of FEATURES.entries()) {
        const column = (all: Float32Array) => all.filter((_, at) => at % FEATURES.length === f)
        const same = column(other).every((x, i) => x === column(rows)[i])
        const what = `${name} sees ${sight}`
        if (!NOT_SEEN_HERE.test(what)) expect({ what, is: !same }).toEqual({ what, is: sees.includes(sight) })
      }
    },
  )

  test('its values lie in the range of its type, and so does its default', () => {
    for (const [f, { name, type, default: byDefault }] of FEATURES.entries()) {
      const { low, high } = FEATURE_TYPES[type]
      const values = [byDefault, ...rows.filter((_, at) => at % FEATURES.length === f)]
      expect({ name, out: values.filter((x) => !(x >= low && x <= high)) }).toEqual({ name, out: [] })
    }
  })

  test('names are plain words, units and sights are said', () => {
    for (const { name, unit, sees, version } of FEATURES) {
      expect(name).toMatch(/^[a-z][a-z0-9.-]+$/)
      expect(unit.length).toBeGreaterThan(5)
      expect(new Set(sees).size).toBe(sees.length)
      expect(sees.length).toBeGreaterThan(0)
      expect(Number.isInteger(version) && version > 0).toBe(true)
    }
  })
})
