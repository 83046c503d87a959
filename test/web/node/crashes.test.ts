import { beforeAll, describe, expect, test } from 'vitest'
import { downloadOrder } from '../../../web/ranker/downloadOrder.ts'
import type { Platform } from '../../../web/ranker/platform.ts'
import { FakeEdge, type FakeKeys, fakeKeys } from '../fakeEdge.ts'
import { NOW } from '../fakePlatform.ts'
import { backwards, type SampleBundle, sampleBundle } from '../sampleBundle.ts'
import type { Disk } from './disk.ts'
import { type Visit, Visitor } from './visitor.ts'

/**
 * A process may die between any two steps of an update. Whatever lies on the disk then is the old bundle or the new one,
 * whole; it ranks without a network, and the next update ends with the new one.
 */
let keys: FakeKeys
let first: SampleBundle
let second: SampleBundle
const FIRST = ['f0', 'f1', 'f2']
const SECOND = ['f39', 'f38', 'f37']

beforeAll(async () => {
  keys = await fakeKeys()
  first = await sampleBundle()
  second = await sampleBundle({ version: NOW + 1 }, { popularity: backwards() })
})

let installed: Disk['stores']

/** Somebody who has the first bundle; installed once, and copied. */
async function withFirst(own: Partial<Platform> = {}): Promise<Visitor> {
  const edge = new FakeEdge(keys)
  await edge.promote(first)
  const visitor = new Visitor(edge, own)
  if (installed) visitor.disk.stores = structuredClone(installed)
  else expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: FIRST })
  installed ??= structuredClone(visitor.disk.stores)
  return visitor
}

async function expectOldOrNew(visitor: Visitor): Promise<void> {
  const { manifest } = await visitor.checkDisk()
  const offline = await visitor.offline()
  expect([first.hash, second.hash]).toContain(manifest)
  expect(offline).toMatchObject({ manifest, items: manifest === first.hash ? FIRST : SECOND })
}

async function expectMended(visitor: Visitor): Promise<Visit> {
  visitor.later(0.01)
  const visit = await visitor.visit()
  expect(['success', 'up-to-date']).toContain(visit.uptake)
  expect(visit).toMatchObject({ manifest: second.hash, items: SECOND, storage: 'indexeddb' })
  expect(await visitor.checkDisk()).toMatchObject({
    manifest: second.hash,
    present: second.manifest.files.length,
  })
  return visit
}

/** Power fails at the given step: nothing is written from then on, by a process that does not know it yet. */
async function visitThatDies(visitor: Visitor, step: number): Promise<number> {
  const { disk } = visitor
  disk.steps = 0
  disk.diesAt = step
  await visitor.visit().catch(() => undefined)
  disk.diesAt = Number.POSITIVE_INFINITY
  return disk.steps
}

test('power fails at every single read or write of an update', async () => {
  const steps = await visitThatDies(await withFirst().then(promoted), Number.POSITIVE_INFINITY)
  expect(steps).toBeGreaterThan(30)
  let old = 0
  for (let step = 1; step <= steps; step++) {
    const visitor = await withFirst().then(promoted)
    await visitThatDies(visitor, step)
    if ((await visitor.record())?.manifest === first.hash) old++
    await expectOldOrNew(visitor)
    await expectMended(visitor)
  }
  expect(old).toBeGreaterThan(10)
  expect(old).toBeLessThan(steps)
})

async function promoted(visitor: Visitor): Promise<Visitor> {
  await visitor.edge.promote(second)
  return visitor
}

test('power fails at every single read or write of a first visit', async () => {
  const edge = new FakeEdge(keys)
  await edge.promote(second)
  const steps = await visitThatDies(new Visitor(edge), Number.POSITIVE_INFINITY)
  for (let step = 1; step <= steps; step++) {
    const visitor = new Visitor(edge)
    await visitThatDies(visitor, step)
    const record = await visitor.record()
    if (record) await visitor.checkDisk()
    // Nothing yet, or what its shards bring, as far as they are there.
    const whole = downloadOrder(second.manifest).filter(({ stage }) => stage <= 3).length
    const items = !record ? [] : record.present < whole ? ['f19', 'f18', 'f17'] : SECOND
    expect((await visitor.offline()).items).toEqual(items)
    await expectMended(visitor)
  }
})

test('the network fails at every single request of an update, by whatever error', async () => {
  const all = (await (await withFirst().then(promoted)).visit()).asked.length
  for (const fail of [
    () => Promise.reject(new TypeError('Failed to fetch')),
    () => Promise.reject(new DOMException('The operation timed out.', 'TimeoutError')),
    async () => new Response('', { status: 500 }),
    async () => new Response('<!doctype html>'),
    async () => Promise.reject('not even an error'),
  ]) {
    for (let nth = 1; nth <= all; nth++) {
      const visitor = await withFirst().then(promoted)
      let asked = 0
      const visit = await visitor.visit({
        fetch: (...args) => (++asked >= nth ? fail() : visitor.edge.fetch(...args)),
      })
      expect(visit.uptake).not.toBe('success')
      expect(visit).toMatchObject({ items: FIRST, manifest: first.hash })
      await expectOldOrNew(visitor)
      await expectMended(visitor)
    }
  }
})

test('decoding fails at every stage', async () => {
  for (let nth = 1; nth <= 2; nth++) {
    const visitor = await withFirst().then(promoted)
    const { openBundle } = await import('../../../shared/bundle/openBundle.ts')
    let decoded = 0
    visitor.openBundle = (manifest, hash, blobs) => {
      if (hash === second.hash && ++decoded >= nth) throw new RangeError('Array buffer allocation failed')
      return openBundle(manifest, hash, blobs)
    }
    expect(await visitor.visit()).toMatchObject({ uptake: 'unknown-error' })
    visitor.openBundle = undefined
    await expectOldOrNew(visitor)
    await expectMended(visitor)
  }
})

test('the database fails mid-update, and memory serves: what was on the disk stays', async () => {
  for (let step = 5; step < 30; step += 3) {
    const visitor = await withFirst().then(promoted)
    visitor.disk.steps = 0
    visitor.disk.diesAt = step
    const visit = await visitor.visit()
    expect(['storage-error', 'success']).toContain(visit.uptake)
    expect(visit).toMatchObject({ storage: 'memory', manifest: second.hash, items: SECOND })
    visitor.disk.diesAt = Number.POSITIVE_INFINITY
    await expectOldOrNew(visitor)
    await expectMended(visitor)
  }
})

describe('two tabs', () => {
  test('update at once, without locks: one bundle, whole, and never back in seq', async () => {
    const visitor = await withFirst().then(promoted)
    const visits = await Promise.all([visitor.visit(), visitor.visit(), visitor.visit()])
    for (const visit of visits) expect(visit).toMatchObject({ uptake: 'success', items: SECOND })
    expect((await visitor.checkDisk()).seqs).toEqual([['films/ops', 2]])
  })

  test('update at once, with locks: one downloads, the others leave it at that', async () => {
    const visitor = await withFirst({ locks: navigator.locks }).then(promoted)
    const before = visitor.edge.requests.length
    const visits = await Promise.all([visitor.visit(), visitor.visit(), visitor.visit()])
    expect(visits.map(({ uptake }) => uptake).sort()).toEqual(['busy', 'busy', 'success'])
    const asked = visitor.edge.paths().slice(before)
    expect(new Set(asked).size).toBe(asked.length)
    await expectMended(visitor)
  })

  test('one follows an old head of a cache, the other a new one: the record never goes back', async () => {
    const visitor = await withFirst()
    const old = visitor.edge.current('/v1/head')
    await promoted(visitor)
    const stale: Platform['fetch'] = async (url, init) =>
      url.endsWith('/v1/head') ? old() : visitor.edge.fetch(url, init)
    await Promise.all([visitor.visit(), visitor.visit({ fetch: stale })])
    expect(await visitor.checkDisk()).toMatchObject({ manifest: second.hash, seqs: [['films/ops', 2]] })
  })

  test('one dies while it updates, the other goes on', async () => {
    for (let step = 3; step < 40; step += 4) {
      const visitor = await withFirst().then(promoted)
      const dying = diskThatDies(visitor.disk, step)
      await Promise.all([visitor.visit(), visitor.visit({ openDatabase: dying }).catch(() => undefined)])
      await expectOldOrNew(visitor)
      await expectMended(visitor)
    }
  })
})

/** A connection that dies after so many operations, to a disk that lives. */
function diskThatDies(disk: Disk, after: number): Platform['openDatabase'] {
  let steps = 0
  return async () => {
    const connection = await disk.open()
    return new Proxy(connection, {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          if (++steps >= after) throw new DOMException('The process has died.', 'AbortError')
          return Reflect.apply(value, target, args)
        }
      },
    })
  }
}
