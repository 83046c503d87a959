import { openDB } from 'idb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { HISTORY_CAP, type Interaction } from '../../shared/domain/interaction.ts'
import { DeviceDatabase, deleteDeviceDatabase, openDeviceDatabase } from '../../web/ranker/database.ts'
import { HistoryStore } from '../../web/ranker/historyStore.ts'
import type { PromisedDatabase } from '../../web/ranker/promisedDatabase.ts'
import { NOW, writeJunk } from './fakePlatform.ts'

let database: DeviceDatabase
beforeEach(async () => {
  await deleteDeviceDatabase()
  database = new DeviceDatabase(openDeviceDatabase)
})
afterEach(() => database.close())

const view = (item: string, at = NOW): Interaction => ({ item, kind: 'view', at })
const stored = async (db: PromisedDatabase) => (await db.transaction('history').store.getAllKeys()).length
const store = (db: DeviceDatabase | null = database) => new HistoryStore({ database: db, now: () => NOW })
const reopened = async () => {
  const again = store()
  await again.load()
  return again.list().map(({ item }) => item)
}

test('remembers what was recorded, oldest first, and nothing but item, kind and time', async () => {
  const history = store()
  await history.record({ ...view('b', NOW - 1), title: 'secret' } as Interaction)
  await history.record(view('c'))
  await history.record(view('a', NOW - 2))
  expect(history.list().map(({ item }) => item)).toEqual(['a', 'b', 'c'])
  expect(await reopened()).toEqual(['a', 'b', 'c'])
  const db = await openDB('foryou')
  for (const stored of await db.getAll('history'))
    expect(Object.keys(stored).sort()).toEqual(['at', 'item', 'kind'])
  db.close()
})

test('an immediate repeat replaces the one before; a later return does not', async () => {
  const history = store()
  await history.record(view('a', NOW - 4))
  await history.record(view('a', NOW - 3))
  await history.record({ ...view('a', NOW - 2), kind: 'save' })
  await history.record(view('b', NOW - 1))
  await history.record(view('a'))
  expect(history.list()).toEqual([
    view('a', NOW - 3),
    { ...view('a', NOW - 2), kind: 'save' },
    view('b', NOW - 1),
    view('a'),
  ])
})

test(`keeps the latest ${HISTORY_CAP}`, async () => {
  const history = store()
  history.restore([])
  await writeJunkHistory(HISTORY_CAP + 20)
  await history.load()
  expect(history.list()).toHaveLength(HISTORY_CAP)
  await history.record(view('new'))
  expect(history.list()).toHaveLength(HISTORY_CAP)
  expect(history.list().at(-1)?.item).toBe('new')
  expect(await reopened()).toHaveLength(HISTORY_CAP)
})

async function writeJunkHistory(count: number): Promise<void> {
  await database.run(stored)
  await writeJunk(
    'history',
    Array.from({ length: count }, (_, i) => [i + 1, view(`f${i}`, NOW - 10_000 + i)]),
  )
}

test('forgets what is older than 90 days before the latest, but not the whole of an old history', async () => {
  const years = 3650 * DAY_MS
  const history = store()
  await history.record(view('ancient', NOW - years - 91 * DAY_MS))
  await history.record(view('old', NOW - years))
  expect(await reopened()).toEqual(['old'])
  await history.record(view('new'))
  expect(await reopened()).toEqual(['new'])
})

test('junk of every type in the store is dropped, the rest survives', async () => {
  const history = store()
  await history.record(view('good'))
  const junk = [
    null,
    undefined,
    7,
    'text',
    [],
    {},
    new Date(),
    new Uint8Array(3),
    new Map(),
    { item: 7, kind: 'view', at: NOW },
    { item: '', kind: 'view', at: NOW },
    { item: 'x'.repeat(257), kind: 'view', at: NOW },
    { item: 'x', kind: '__proto__', at: NOW },
    { item: 'x', kind: 'view', at: Number.NaN },
    { item: 'x', kind: 'view', at: -1 },
    { item: 'x', kind: 'view', at: NOW + 365 * DAY_MS },
  ]
  await writeJunk(
    'history',
    junk.map((value, i) => [1000 + i, value]),
  )
  expect(await reopened()).toEqual(['good'])
  expect(await database.run(stored)).toBe(1)
})

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'takes %s for an item',
  async (item) => {
    const history = store()
    await history.record(view(item))
    await history.record(view('other', NOW))
    await history.remove('other')
    expect(await reopened()).toEqual([item])
  },
)

test('removes one item, and clears all', async () => {
  const history = store()
  for (const item of ['a', 'b', 'a', 'c']) await history.record(view(item))
  await history.remove('a')
  expect(await reopened()).toEqual(['b', 'c'])
  await history.clear()
  expect(await reopened()).toEqual([])
  expect(history.list()).toEqual([])
})

test('two tabs lose nothing of each other', async () => {
  const [one, two] = [store(), store()]
  await Promise.all([one.record(view('a', NOW - 3)), two.record(view('b', NOW - 2))])
  await one.record(view('c', NOW - 1))
  await one.record(view('c'))
  expect((await reopened()).sort()).toEqual(['a', 'b', 'c'])
})

test('reopens a connection that was closed behind its back', async () => {
  const history = store()
  await history.record(view('a', NOW - 1))
  await database.run(async (db) => db.close())
  await history.record(view('b'))
  expect(history.kind).toBe('indexeddb')
  expect(await reopened()).toEqual(['a', 'b'])
})

test('where the browser refuses a database, memory serves', async () => {
  const problems: unknown[] = []
  const refused = new DeviceDatabase(() => Promise.reject(new DOMException('denied', 'SecurityError')))
  const history = new HistoryStore({
    database: refused,
    now: () => NOW,
    problem: (error) => problems.push(error),
  })
  await history.load()
  await history.record(view('a'))
  expect(history.kind).toBe('memory')
  expect(history.list()).toEqual([view('a')])
  expect(problems).toHaveLength(1)
})
