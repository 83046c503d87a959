import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FakeEdge, type FakeKeys, fakeKeys } from '../fakeEdge.ts'
import { NOW } from '../fakePlatform.ts'
import { backwards, type SampleBundle, sampleBundle } from '../sampleBundle.ts'
import { Visitor } from './visitor.ts'

let keys: FakeKeys
let first: SampleBundle
let second: SampleBundle
let edge: FakeEdge
let visitor: Visitor

beforeAll(async () => {
  keys = await fakeKeys()
  first = await sampleBundle()
  second = await sampleBundle({ version: NOW + 1 }, { popularity: backwards() })
})
beforeEach(async () => {
  edge = new FakeEdge(keys)
  visitor = new Visitor(edge)
  await edge.promote(first)
})

const rolesOf = (bundle: SampleBundle, paths: readonly string[]) =>
  paths
    .map((path) => bundle.manifest.files.find(({ sha256 }) => path === `/v1/b/${sha256}`)?.role)
    .filter((role) => role !== undefined)

const SHORT = { lean: () => true }
const FIRST_SHARD = ['catalogue/0', 'popularity', 'content/0', 'details/0', 'details/1']

describe('a device with little memory or traffic to spare', () => {
  test('fetches shard 0 alone, ranks with it, and says that this is a part', async () => {
    const visit = await visitor.visit(SHORT)
    expect(visit).toMatchObject({ uptake: 'success', items: ['f0', 'f1', 'f2'], problems: [] })
    expect(rolesOf(first, visit.asked)).toEqual(FIRST_SHARD)
    const core = await visitor.open(SHORT)
    await core.record({ item: 'f2', kind: 'view', at: NOW })
    const slate = await core.recommend({ k: 3 })
    expect(slate).toMatchObject({ reason: 'personal', partial: true })
    expect(slate.items.every(({ item, details }) => Number(item.slice(1)) < 20 && details)).toBe(true)
  })

  test('has what it wants: later looks ask for the head alone, and the same requests whatever was viewed', async () => {
    await visitor.visit(SHORT)
    expect(await visitor.visit(SHORT)).toMatchObject({ uptake: 'up-to-date', asked: ['/v1/head'] })
    const other = new Visitor(edge)
    const core = await other.open({ lean: () => true, online: () => false, fetch: () => Promise.reject() })
    await core.record({ item: 'f39', kind: 'buy', at: NOW })
    const asked = (await other.visit(SHORT)).asked
    expect(rolesOf(first, asked)).toEqual(FIRST_SHARD)
  })

  test('takes the next release, and lets go of the one before once that has ranked', async () => {
    await visitor.visit(SHORT)
    await edge.promote(second)
    expect(await visitor.visit(SHORT)).toMatchObject({ uptake: 'success', manifest: second.hash })
    expect((await visitor.record())?.previous?.manifest).toBe(first.hash)
    await visitor.visit(SHORT)
    expect((await visitor.record())?.previous).toBeNull()
    expect(await visitor.offline()).toMatchObject({ manifest: second.hash })
  })

  test('fetches the rest when there is room again, and nothing anew when room is short again', async () => {
    await visitor.visit(SHORT)
    const visit = await visitor.visit()
    expect(visit).toMatchObject({ uptake: 'success', problems: [] })
    expect(rolesOf(first, visit.asked)).toEqual(['catalogue/1', 'content/1', 'golden'])
    expect(await visitor.visit(SHORT)).toMatchObject({ uptake: 'up-to-date', asked: ['/v1/head'] })
    expect(await visitor.visit()).toMatchObject({ uptake: 'up-to-date', asked: ['/v1/head'] })
  })

  test('does not do without anything where shard 0 is all there is', async () => {
    const files = first.manifest.files.filter(({ role }) => !/^(catalogue|content)\/1$/.test(role))
    const small = { ...first.manifest, files }
    const { downloadOrder } = await import('../../../web/ranker/downloadOrder.ts')
    expect(downloadOrder(small, { lean: true, details: true })).toEqual(downloadOrder(small))
  })
})

describe('a site that describes its items by itself', () => {
  test('has no details downloaded, and the bundle is whole without them', async () => {
    visitor.ownDetails = true
    const visit = await visitor.visit()
    expect(visit).toMatchObject({ uptake: 'success', problems: [] })
    expect(rolesOf(first, visit.asked)).toEqual([
      'catalogue/0',
      'popularity',
      'content/0',
      'catalogue/1',
      'content/1',
      'golden',
    ])
    expect(await visitor.visit()).toMatchObject({ uptake: 'up-to-date', asked: ['/v1/head'] })
    await edge.promote(second)
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: ['f39', 'f38', 'f37'] })
  })

  test('gets them on the pages that want them, and only them', async () => {
    visitor.ownDetails = true
    await visitor.visit()
    visitor.ownDetails = false
    const visit = await visitor.visit()
    expect(rolesOf(first, visit.asked)).toEqual(['details/0', 'details/1'])
    visitor.ownDetails = true
    expect(await visitor.visit()).toMatchObject({ uptake: 'up-to-date', asked: ['/v1/head'] })
  })

  test('on a device that is short of memory, too', async () => {
    visitor.ownDetails = true
    const visit = await visitor.visit(SHORT)
    expect(rolesOf(first, visit.asked)).toEqual(['catalogue/0', 'popularity', 'content/0'])
    await edge.promote(second)
    expect(await visitor.visit(SHORT)).toMatchObject({ uptake: 'success', manifest: second.hash })
    await visitor.visit(SHORT)
    expect((await visitor.record())?.previous).toBeNull()
  })
})
