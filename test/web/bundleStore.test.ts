import { openDB } from 'idb'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sha256 } from '../../shared/bundle/hash.ts'
import { type Active, BundleStore } from '../../web/ranker/bundleStore.ts'
import { DeviceDatabase, deleteDeviceDatabase, openDeviceDatabase } from '../../web/ranker/database.ts'
import type { PromisedDatabase } from '../../web/ranker/promisedDatabase.ts'
import { writeJunk } from './fakePlatform.ts'

const problems: unknown[] = []
const open: DeviceDatabase[] = []
beforeEach(async () => {
  problems.length = 0
  await deleteDeviceDatabase()
})
afterEach(async () => {
  for (const database of open.splice(0)) await database.close()
})

function newStore(opening = openDeviceDatabase): BundleStore {
  const database = new DeviceDatabase(opening)
  open.push(database)
  return new BundleStore(database, (error) => problems.push(error))
}

const count = async (db: PromisedDatabase) => (await db.transaction('blobs').store.getAllKeys()).length
const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer
const file = async (text: string) => ({
  role: 'popularity',
  sha256: await sha256(text),
  bytes: bytes(text).byteLength,
})
const ACTIVE: Active = {
  manifest: 'a'.repeat(64),
  envelope: '{}',
  present: 3,
  site: 'films',
  seqs: [['films/ops', 7]],
  floor: 0,
  expires: 1,
  kill: false,
  previous: null,
  refused: null,
}

test('a record and its blobs come back, in another store on the same database', async () => {
  const store = newStore()
  await store.put(await sha256('one'), bytes('one'), new Set())
  await store.change(() => ACTIVE)
  const again = newStore()
  expect(await again.active()).toEqual(ACTIVE)
  expect(new TextDecoder().decode((await again.blob(await file('one')))!)).toBe('one')
  expect(await again.blob(await file('two'))).toBeNull()
  expect(again.kind).toBe('indexeddb')
})

test('a blob that was changed in the store is not given out', async () => {
  const store = newStore()
  const name = await sha256('one')
  await store.put(name, bytes('one'), new Set())
  for (const junk of [bytes('onf'), bytes('on'), bytes('onee'), 'one', null, 7, new Blob(['one'])]) {
    await writeJunk('blobs', [[name, junk]])
    expect(await store.blob(await file('one'))).toBeNull()
  }
})

test.each([null, 7, 'x', [], {}, { ...ACTIVE, seqs: 'many' }, { ...ACTIVE, present: -1 }])(
  'junk in place of the record is no record: %j',
  async (junk) => {
    const store = newStore()
    await store.change(() => ACTIVE)
    await writeJunk('active', [['active', junk]])
    expect(await store.active()).toBeNull()
  },
)

test('junk in place of a moment is no moment', async () => {
  const store = newStore()
  await store.setNote('backoff', 5)
  await writeJunk('meta', [['backoff', { valueOf: 'x' }]])
  expect(await newStore().note('backoff')).toBeNull()
})

test('keeps only the blobs that are named', async () => {
  const store = newStore()
  for (const text of ['one', 'two', 'three']) await store.put(await sha256(text), bytes(text), new Set())
  await store.keepOnly(new Set([await sha256('two')]))
  expect(await store.blob(await file('one'))).toBeNull()
  expect(await store.blob(await file('two'))).not.toBeNull()
})

/** A database whose writes to `blobs` run out of room for as long as more than `room` blobs lie there. */
async function tightDatabase(room: number): Promise<PromisedDatabase> {
  const db = await openDeviceDatabase()
  return new Proxy(db, {
    get(target, name) {
      if (name === 'put') {
        return async (...args: Parameters<typeof target.put>) => {
          if (args[0] === 'blobs' && (await count(target)) >= room)
            throw new DOMException('full', 'QuotaExceededError')
          return target.put(...args)
        }
      }
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test('out of room: what nobody needs goes, then it fits', async () => {
  const store = newStore(() => tightDatabase(2))
  const names = await Promise.all(['old', 'active', 'new'].map(sha256))
  await store.put(names[0]!, bytes('old'), new Set())
  await store.put(names[1]!, bytes('active'), new Set())
  await store.put(names[2]!, bytes('new'), new Set([names[1]!, names[2]!]))
  expect(store.kind).toBe('indexeddb')
  expect(await store.blob(await file('old'))).toBeNull()
  expect(await store.blob(await file('active'))).not.toBeNull()
  expect(await store.blob(await file('new'))).not.toBeNull()
})

test('no room at all: memory serves, and what was stored stays', async () => {
  const store = newStore(() => tightDatabase(1))
  const names = await Promise.all(['active', 'new'].map(sha256))
  await store.put(names[0]!, bytes('active'), new Set())
  await store.change(() => ACTIVE)
  await store.put(names[1]!, bytes('new'), new Set(names))
  expect(store.kind).toBe('memory')
  expect(await store.blob(await file('new'))).not.toBeNull()
  expect(problems).toHaveLength(1)
  expect(await newStore().active()).toEqual(ACTIVE)
})

test.each(['SecurityError', 'UnknownError', 'InvalidStateError'])('%s on opening: memory', async (name) => {
  const store = newStore(() => Promise.reject(new DOMException('no', name)))
  await store.change(() => ACTIVE)
  expect(await store.active()).toEqual(ACTIVE)
  expect(store.kind).toBe('memory')
})

test('a newer database of a newer loader is left alone', async () => {
  const newer = await openDB('foryou', 9, { upgrade: (db) => void db.createObjectStore('future') })
  newer.close()
  const store = newStore()
  await store.change(() => ACTIVE)
  expect(store.kind).toBe('memory')
  const still = await openDB('foryou')
  expect([still.version, [...still.objectStoreNames]]).toEqual([9, ['future']])
  still.close()
})

test('a tab that keeps the database from being opened is waited for a second at most', async () => {
  const stubborn = await openDB('foryou', 1)
  const deleting = indexedDB.deleteDatabase('foryou') // waits for the stubborn tab, and everybody behind it waits too
  const started = performance.now()
  const store = newStore()
  await store.change(() => ACTIVE)
  expect(store.kind).toBe('memory')
  expect(performance.now() - started).toBeLessThan(3000)
  stubborn.close()
  await new Promise((resolve) => {
    deleting.onsuccess = resolve
  })
})

test('a database that was closed for good is never opened again by what is still under way', async () => {
  let opened = 0
  const database = new DeviceDatabase(() => {
    opened++
    return openDeviceDatabase()
  })
  await database.run(count)
  const underWay = database.run(async (db) => {
    await database.end()
    await deleteDeviceDatabase()
    return count(db) // fails on the closed connection; the retry must not bring the database back
  })
  await expect(underWay).rejects.toMatchObject({ code: 'storage' })
  await expect(database.run(count)).rejects.toMatchObject({ code: 'storage' })
  expect(opened).toBe(1)
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain('foryou')
})

describe('a connection that goes behind our back', () => {
  /** Connections as they are opened, to be closed by the test. */
  function watched() {
    const connections: PromisedDatabase[] = []
    const store = newStore(async () => {
      const db = await openDeviceDatabase()
      connections.push(db)
      return db
    })
    return { store, connections }
  }

  test('is opened once more, for reads and for writes, and nothing is lost', async () => {
    const { store, connections } = watched()
    await store.change(() => ACTIVE)
    connections[0]!.close()
    expect(await store.active()).toEqual(ACTIVE)
    connections[1]!.close()
    await store.put(await sha256('one'), bytes('one'), new Set())
    connections[2]!.close()
    expect(await store.blob(await file('one'))).not.toBeNull()
    expect([store.kind, connections.length, problems.length]).toEqual(['indexeddb', 4, 0])
  })

  test('the database deleted under an open connection: everything is gone, and it goes on', async () => {
    const { store, connections } = watched()
    await store.change(() => ACTIVE)
    await deleteDeviceDatabase()
    expect(await store.active()).toBeNull()
    await store.change(() => ACTIVE)
    expect(await newStore().active()).toEqual(ACTIVE)
    expect([store.kind, connections.length]).toEqual(['indexeddb', 2])
  })

  test('one that fails twice running is not asked again: memory serves, and still knows what it has seen', async () => {
    let opened = 0
    const store = newStore(async () => {
      const db = await openDeviceDatabase()
      if (++opened > 1) db.close()
      return db
    })
    await store.change(() => ACTIVE)
    await newStore().setNote('x', 1)
    const [first] = open
    await first!.close()
    expect(await store.active()).toEqual(ACTIVE)
    expect(store.kind).toBe('memory')
    expect(await store.change((now) => now && { ...now, floor: 7 })).toMatchObject({
      floor: 7,
      seqs: ACTIVE.seqs,
    })
    expect(problems).toHaveLength(1)
  })
})

describe('files of the database that the browser cannot read', () => {
  /** What `indexedDB.open` does then in browsers other than Chromium, for ever. */
  function failing(message: string) {
    return vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      const request = new EventTarget() as IDBOpenDBRequest
      Object.defineProperty(request, 'error', { value: new DOMException(message, 'UnknownError') })
      Object.setPrototypeOf(request, IDBOpenDBRequest.prototype)
      setTimeout(() => request.dispatchEvent(new Event('error')))
      return request
    })
  }
  afterEach(() => vi.restoreAllMocks())

  test.each([
    ['Internal error opening backing store for indexedDB.open.', 1],
    ['Connection to Indexed Database server lost. Refresh the page to try again', 0],
  ])('%s → memory, and removed %i times', async (message, times) => {
    await newStore().change(() => ACTIVE)
    const opening = failing(message)
    const removing = vi.spyOn(indexedDB, 'deleteDatabase')
    const store = newStore()
    await store.change(() => ACTIVE)
    expect(store.kind).toBe('memory')
    expect(removing).toHaveBeenCalledTimes(times)
    opening.mockRestore()
    for (const database of open.splice(0)) await database.close()
    await expect.poll(async () => (await newStore().active()) === null).toBe(times > 0)
  })
})

test('the record is changed in one transaction: of many changes at once none is lost', async () => {
  const stores = [newStore(), newStore(), newStore()]
  await stores[0]!.change(() => ({ ...ACTIVE, floor: 0 }))
  const changes = Array.from({ length: 60 }, (_, i) =>
    stores[i % 3]!.change((now) => now && { ...now, floor: now.floor + 1 }),
  )
  await Promise.all(changes)
  expect(await stores[0]!.active()).toMatchObject({ floor: 60 })
})
