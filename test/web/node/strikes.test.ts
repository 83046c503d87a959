import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Bundle, openBundle } from '../../../shared/bundle/openBundle.ts'
import type { Platform } from '../../../web/ranker/platform.ts'
import { MAX_LAST_STRIKES } from '../../../web/ranker/strikes.ts'
import { FakeEdge, type FakeKeys, fakeKeys } from '../fakeEdge.ts'
import { NOW } from '../fakePlatform.ts'
import { backwards, type SampleBundle, sampleBundle } from '../sampleBundle.ts'
import { Visitor } from './visitor.ts'

let keys: FakeKeys
let first: SampleBundle
let second: SampleBundle
let third: SampleBundle
let edge: FakeEdge
let visitor: Visitor
const FIRST = ['f0', 'f1', 'f2']
const SECOND = ['f39', 'f38', 'f37']

beforeAll(async () => {
  keys = await fakeKeys()
  first = await sampleBundle()
  second = await sampleBundle({ version: NOW + 1 }, { popularity: backwards() })
  third = await sampleBundle({ version: NOW + 2 }, { popularity: backwards() })
})
beforeEach(async () => {
  edge = new FakeEdge(keys)
  visitor = new Visitor(edge)
  await edge.promote(first)
  expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: FIRST })
  await edge.promote(second)
})

/** What a thread that hangs or dies while it works looks like from outside: nothing is ever heard of it again. */
class Died extends Error {}

/** A page whose thread dies where `second` is decoded, or where it ranks. */
async function visitThatDies(
  where: 'decoding' | 'ranking',
  own: Partial<Platform> = {},
  backAfter = 10_000,
): Promise<void> {
  let dead = false
  visitor.openBundle = (manifest, hash, blobs) => {
    const bundle = openBundle(manifest, hash, blobs)
    if (hash !== second.hash) return bundle
    const die = (): never => {
      dead = true
      visitor.disk.diesAt = 0 // nothing that the dead thread would still do reaches the disk
      throw new Died()
    }
    if (where === 'decoding') die()
    return dyingBundle(bundle, die)
  }
  await visitor.visit(own).catch(() => undefined)
  expect(dead).toBe(true)
  visitor.disk.diesAt = Number.POSITIVE_INFINITY
  visitor.openBundle = undefined
  visitor.platform.clock += backAfter
}

/** Decodes well, its golden cases included; a slate that is ranked with all of it, later, looks for details in vain. */
function dyingBundle(bundle: Bundle, die: () => never): Bundle {
  let decoding = true
  queueMicrotask(() => {
    decoding = false
  })
  return {
    ...bundle,
    detailsOf: (item) => (bundle.complete && !decoding ? die() : bundle.detailsOf(item)),
  }
}

describe('a bundle that kills its thread', () => {
  test('while it is decoded: tried twice, then left alone until the head names another', async () => {
    await visitThatDies('decoding')
    await visitThatDies('decoding')
    const visit = await visitor.visit()
    expect(visit).toMatchObject({
      uptake: 'bundle-error',
      items: FIRST,
      manifest: first.hash,
      asked: ['/v1/head'],
    })
    expect(visit.problems.join()).toContain('failed here before')
    expect(await visitor.visit()).toMatchObject({ uptake: 'bundle-error', items: FIRST, asked: ['/v1/head'] })
    await edge.promote(third)
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: SECOND, manifest: third.hash })
  })

  test('once only: it is tried again', async () => {
    await visitThatDies('decoding')
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: SECOND })
    await visitThatRanks()
  })

  test('while it ranks: the one before it takes its place, with a network or without', async () => {
    await visitThatDies('ranking')
    expect((await visitor.record())?.manifest).toBe(second.hash)
    await visitThatDies('ranking')
    expect(await visitor.offline()).toMatchObject({ items: FIRST, manifest: first.hash })
    expect(await visitor.checkDisk()).toMatchObject({ manifest: first.hash, previous: null })
    expect(await visitor.visit()).toMatchObject({ uptake: 'bundle-error', items: FIRST, asked: ['/v1/head'] })
    await edge.promote(third)
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: SECOND })
  })

  test('on a first visit: nothing is better than a page that hangs', async () => {
    visitor = new Visitor(edge)
    for (let strike = 0; strike < MAX_LAST_STRIKES; strike++) await visitThatDies('decoding')
    expect(await visitor.visit()).toMatchObject({ uptake: 'bundle-error', items: [], reason: 'no-bundle' })
    await edge.promote(third)
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: SECOND })
  })

  test('whoever clicks on within two seconds has not met a failure, however often', async () => {
    for (let click = 0; click < 20; click++) await visitThatDies('decoding', {}, 1500)
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: SECOND })
    visitor = new Visitor(edge)
    for (let click = 0; click < 20; click++) await visitThatDies('decoding', {}, 0)
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: SECOND })
  })

  test('on a first visit, a few pages left while it was decoded: what looks like a crash must not leave nothing', async () => {
    visitor = new Visitor(edge)
    for (let click = 1; click < MAX_LAST_STRIKES; click++) await visitThatDies('decoding')
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: SECOND })
  })

  test('tabs that a browser opens together count as one attempt', async () => {
    visitor = new Visitor(edge, { locks: navigator.locks })
    expect((await visitor.visit()).items).toEqual(SECOND)
    const [note] = [...visitor.disk.stores.meta.keys()].filter((key) => `${key}`.endsWith(second.hash))
    visitor.disk.stores.meta.set(note!, 1) // as if it had failed once, and had not ranked
    const tabs = await Promise.all([1, 2, 3, 4, 5].map(() => visitor.visit()))
    for (const tab of tabs) expect(tab).toMatchObject({ items: SECOND, manifest: second.hash })
    expect(visitor.disk.stores.meta.get(note!)).toBe(-1)
  })
})

describe('a bundle that throws while it ranks', () => {
  const throwing: Visitor['openBundle'] = (manifest, hash, blobs) => {
    const bundle = openBundle(manifest, hash, blobs)
    const die = (): never => {
      throw new RangeError('Maximum call stack size exceeded')
    }
    return hash === second.hash ? dyingBundle(bundle, die) : bundle
  }

  test('gives way at the second slate, in the same session', async () => {
    visitor.openBundle = throwing
    const core = await visitor.open()
    await core.update()
    const reasons = []
    for (let i = 0; i < 3; i++) reasons.push((await core.recommend({ k: 3 })).reason)
    expect(reasons).toEqual(['ranker-failed', 'ranker-failed', 'popular'])
    expect((await core.recommend({ k: 3 })).items.map(({ item }) => item)).toEqual(FIRST)
    expect((await core.status()).manifest).toBe(first.hash)
    expect(await core.update()).toBe('bundle-error')
    expect((await core.status()).manifest).toBe(first.hash)
  })

  test('one that has ranked is not counted any more, however many tabs are closed while it loads', async () => {
    await visitThatRanks()
    for (let i = 0; i < 4; i++) await visitThatDies('decoding')
    visitor.openBundle = throwing
    for (let i = 0; i < 3; i++) expect(await visitor.visit()).toMatchObject({ manifest: second.hash })
    visitor.openBundle = undefined
    expect(await visitor.visit()).toMatchObject({
      items: SECOND,
      manifest: second.hash,
      uptake: 'up-to-date',
    })
  })
})

async function visitThatRanks(): Promise<void> {
  expect((await visitor.visit()).items).toEqual(SECOND)
}

describe('the bundle before', () => {
  test('is kept until the new one has ranked, and goes with the next update', async () => {
    const core = await visitor.open()
    await core.update()
    expect((await visitor.record())?.previous?.manifest).toBe(first.hash)
    await core.update()
    expect((await visitor.record())?.previous?.manifest).toBe(first.hash) // nothing has ranked yet
    await core.recommend({})
    await core.update()
    expect((await visitor.record())?.previous).toBeNull()
    const named = new Set(second.manifest.files.map(({ sha256 }) => sha256))
    expect([...visitor.disk.stores.blobs.keys()].every((name) => named.has(String(name)))).toBe(true)
  })

  test('stays where the golden cases of the new one do not come out on this device', async () => {
    const golden = new TextEncoder().encode(
      JSON.stringify([
        { query: { surface: 'for-you', k: 1, now: NOW, history: [] }, items: [{ item: 'f7', score: 7 }] },
      ]),
    ).buffer as ArrayBuffer
    const wrong = await sampleBundle({ version: NOW + 5 }, { popularity: backwards(), golden })
    await edge.promote(wrong)
    for (let i = 0; i < 3; i++)
      expect(await visitor.visit()).toMatchObject({
        uptake: 'bundle-error',
        items: FIRST,
        manifest: first.hash,
      })
    expect((await visitor.visit()).asked).toEqual(['/v1/head'])
    const newcomer = new Visitor(edge)
    expect(await newcomer.visit()).toMatchObject({ uptake: 'success', manifest: wrong.hash, items: SECOND })
  })
})
