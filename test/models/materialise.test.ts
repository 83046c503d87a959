import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { arrivalsSince } from '../../models/build/firstDays.ts'
import { popularityBlob } from '../../models/build/popularityBlob.ts'
import { type Dataset, makeDataset, type RawInteraction } from '../../models/dataset.ts'
import { openWindow, replayWindow } from '../../models/pipeline/fitUntil.ts'
import { materialise } from '../../models/pipeline/materialise.ts'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings } from '../../models/settings.ts'
import { before as earlierThan } from '../../models/split/slice.ts'
import { popularityAt } from '../../models/train/popularity.ts'
import { replayedSlates } from '../../models/train/replayedSlates.ts'
import { syntheticWorld, WORLD_END } from '../../models/world/syntheticWorld.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { withPopularity } from '../../shared/bundle/openBundle.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { featureSchemaText } from '../../shared/features/featureSchema.ts'
import { FEATURE_IDS, FEATURES, featureRows } from '../../shared/features/features.ts'
import { candidateSource, candidates } from '../../shared/rank/candidates.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { queryScores, queryState, rankState } from '../../shared/rank/queryState.ts'

/** Every candidate of a slate is written, so that rows can be compared whatever was drawn. */
const ranker = { ...defaultSettings('time').ranker, negatives: 500 }
const settings = { ...defaultSettings('time'), testDays: 4, replayDays: 5, dims: 8, ranker }
const UNTIL = WORLD_END - 4 * DAY_MS
const world = syntheticWorld({ visitors: 90, days: 30, films: 80 })

type Row = Readonly<Record<string, unknown>> & { query: number; at: bigint; user: string; item: string }

let folder: string
let rows: Row[]
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foryou-features-'))
  rows = await materialised(world)
})
afterAll(() => rmSync(folder, { recursive: true }))

async function materialised(dataset: Dataset): Promise<Row[]> {
  const path = join(folder, 'rows.parquet')
  await materialise(dataset, settings, UNTIL, path, { users: true })
  return query(`select * from read_parquet('${path}') order by query, item`)
}

async function query(sql: string): Promise<Row[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const found = await connection.runAndReadAll(sql)
  connection.closeSync()
  return found.getRowObjects() as unknown as Row[]
}

/** The same world with more interactions, however these lie. */
function withMore(dataset: Dataset, more: readonly RawInteraction[]): Dataset {
  const known: RawInteraction[] = []
  for (const [u, user] of dataset.users.entries()) {
    for (let row = dataset.offsets[u]!; row < dataset.offsets[u + 1]!; row++) {
      const item = dataset.catalogue[dataset.items[row]!]!.id
      known.push({ user, item, at: dataset.times[row]!, value: Number.NaN, positive: true })
    }
  }
  const { name, order, catalogue, ingest } = dataset
  return makeDataset({ name, order, catalogue, interactions: [...known, ...more], ingest })
}

// Of known films: the catalogue has no times, so a film that it gains later is one that it has.
const film = fc.constantFrom(...world.catalogue.map(({ id }) => id))
const visitor = fc.constantFrom(...world.users, 'zoe, who is new')
const laterThan = (moment: number) =>
  fc.array(
    fc.record({
      user: visitor,
      item: film,
      at: fc.integer({ min: moment, max: WORLD_END + 3 * DAY_MS }),
      value: fc.constant(Number.NaN),
      positive: fc.constant(true),
    }),
    { minLength: 20, maxLength: 300 },
  )

const texts = (all: readonly Row[]) => all.map((row) => Object.values(row).join(' '))

describe('rows that the ranker learns from', () => {
  test('are all there: one chosen item a query, every feature a float32, the schema in the footer', async () => {
    const queries = new Set(rows.map((row) => row.query))
    expect(queries.size).toBeGreaterThan(60)
    const hits = rows.filter(({ chosen }) => chosen)
    const missed = new Set(rows.filter((row) => row.held_out).map((row) => row.query))
    for (const { query: hit } of hits) missed.delete(hit)
    expect(hits.length).toBe(queries.size - missed.size)
    const path = join(folder, 'rows.parquet')
    const columns = await query(`describe select * from read_parquet('${path}')`)
    const types = Object.fromEntries(columns.map((c) => [c.column_name, c.column_type]))
    for (const { name } of FEATURES) expect([name, types[name]]).toEqual([name, 'FLOAT'])
    const footer = await query(
      `select decode(key) as key, decode(value) as value from parquet_kv_metadata('${path}')`,
    )
    expect(Object.fromEntries(footer.map(({ key, value }) => [key, value]))).toMatchObject({
      feature_schema: await sha256(featureSchemaText()),
      features: FEATURE_IDS.join(','),
    })
  })

  test('each equals what the browser’s code computes from that visitor’s earlier items, at that moment', async () => {
    const window = replayWindow(world, settings, UNTIL)
    const { bundle: early, days } = await openWindow(world, window)
    const { bundle } = replayedSlates(early, days, settings, seededRandom(settings.seed))
    const wrong: unknown[] = []
    for (const asked of new Set(rows.map((row) => row.query))) {
      const slate = rows.filter((row) => row.query === asked)
      const { user, at } = slate[0]!
      const midnight = Math.floor(Number(at) / DAY_MS) * DAY_MS
      expect(Number(slate[0]!.popularity_at)).toBe(midnight)
      const { order, ratings, halfLives } = window.early
      const counts = popularityAt(earlierThan(world, midnight), halfLives, midnight)
      const arrivals = arrivalsSince(earlierThan(world, midnight), window.from, order)(midnight)
      const today = withPopularity(bundle, popularityBlob(counts, order, ratings, arrivals))
      const u = world.users.indexOf(user)
      const history = Array.from(world.items.subarray(world.offsets[u], world.offsets[u + 1]), (item, h) => ({
        item: world.catalogue[item]!.id,
        kind: 'click' as const,
        at: world.times[world.offsets[u]! + h]!,
      })).filter((earlier) => earlier.at < Number(at))
      const state = rankState(today)
      const view = historyView(today, history, Number(at))
      const scores = queryScores(state, view)
      const found = candidates(candidateSource(state), scores, (item) => view.seen.has(item))
      expect(slate.map(({ item }) => item)).toEqual(Array.from(found.items, (i) => today.ids[i]!).sort())
      const own = featureRows(
        queryState(state, view, scores, found),
        slate.map(({ item }) => today.numberOf.get(item)!),
      )
      for (const [r, row] of slate.entries())
        for (const [f, { name }] of FEATURES.entries())
          if (row[name] !== own[r * FEATURES.length + f])
            wrong.push([asked, row.item, name, row[name], own[r * FEATURES.length + f]])
    }
    expect(wrong).toEqual([])
  })

  test('whatever happens later, not one of them changes', async () => {
    await fc.assert(
      fc.asyncProperty(laterThan(UNTIL), async (later) => {
        expect(texts(await materialised(withMore(world, later)))).toEqual(texts(rows))
      }),
      { numRuns: 4, endOnFailure: true },
    )
  })

  test('what happens later in the window changes no earlier row but through what is common to all slates', async () => {
    const moment = UNTIL - 2.3 * DAY_MS
    // Generators' quantiles and the candidates' quotas are those of the whole window.
    const own = FEATURES.filter(({ sees }) => !sees.includes('generators')).map(({ name }) => name)
    const early = (all: readonly Row[]) =>
      new Map(
        all
          .filter((row) => Number(row.at) < moment)
          .map((row) => [`${row.user} ${row.at} ${row.item}`, own.map((name) => row[name]).join(' ')]),
      )
    const expected = early(rows)
    expect(own.length).toBeGreaterThan(10)
    await fc.assert(
      fc.asyncProperty(laterThan(moment), async (later) => {
        let common = 0
        for (const [key, text] of early(await materialised(withMore(world, later)))) {
          const before = expected.get(key)
          if (before === undefined) continue
          common++
          expect(`${key}: ${text}`).toBe(`${key}: ${before}`)
        }
        expect(common).toBeGreaterThan(1000)
      }),
      { numRuns: 3, endOnFailure: true },
    )
  })

  test('a file without times has no moments: refused, and says so', async () => {
    const lists = { ...world, order: 'none' as const }
    await expect(materialise(lists, settings, UNTIL, join(folder, 'none.parquet'))).rejects.toThrow(
      /no times/,
    )
  })
})
