import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { encodeCatalogue } from '../../shared/bundle/catalogueFile.ts'
import { encodeContent } from '../../shared/bundle/contentFile.ts'
import { DELTA, encodeDelta } from '../../shared/bundle/deltaFile.ts'
import { encodeDetails } from '../../shared/bundle/detailsFile.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Manifest } from '../../shared/bundle/manifest.ts'
import { openBundle } from '../../shared/bundle/openBundle.ts'
import { encodePopularityDelta } from '../../shared/bundle/popularityDelta.ts'
import { decodePopularity, type Popularity } from '../../shared/bundle/popularityFile.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { lackedFeature } from '../../shared/features/featureSchema.ts'
import { encodeGolden, goldenCase } from '../../shared/rank/golden.ts'
import { BundleStore } from '../../web/ranker/bundleStore.ts'
import { DeviceDatabase, deleteDeviceDatabase, openDeviceDatabase } from '../../web/ranker/database.ts'
import type { Stage } from '../../web/ranker/downloadOrder.ts'
import { Engine } from '../../web/ranker/engine.ts'
import { update } from '../../web/ranker/update.ts'
import { ENDPOINT, FakeEdge, type FakeKeys, fakeKeys } from './fakeEdge.ts'
import { fakePlatform, NOW } from './fakePlatform.ts'
import { FILMS, type SampleBundle, sampleBundle } from './sampleBundle.ts'

let keys: FakeKeys
let base: SampleBundle
let delta: SampleBundle
let edge: FakeEdge
let database: DeviceDatabase
let engine: Engine
let problems: unknown[]

beforeAll(async () => {
  keys = await fakeKeys()
  const plain = await sampleBundle()
  base = await sampleBundle({}, { golden: goldenOver(plain.manifest, rolesOf(plain)) })
  delta = await deltaOn(base)
})

beforeEach(async () => {
  await deleteDeviceDatabase()
  edge = new FakeEdge(keys)
  database = new DeviceDatabase(openDeviceDatabase)
  problems = []
  engine = new Engine({ networks: [], problem: (error) => problems.push(error) })
  await engine.ready()
})
afterEach(() => database.close())

/** A day later: a western that everybody wants. */
async function deltaOn(bundle: SampleBundle): Promise<SampleBundle> {
  const files = rolesOf(bundle)
  const before = decodePopularity(files.popularity!, 'popularity')
  const next: Popularity = {
    ...before,
    asOf: NOW + DAY_MS,
    decayedMax: [300],
    decayed: Uint16Array.of(...before.decayed.map((code) => code / 2), 65_535),
    countMax: 300,
    count: Uint16Array.of(...before.count.map((code) => code / Math.sqrt(3)), 65_535),
  }
  const added = {
    [DELTA.popularity]: encodePopularityDelta(before, next),
    [DELTA.items]: encodeDelta({
      catalogue: encodeCatalogue({
        firstRow: FILMS,
        ids: ['new western'],
        firstDay: Int32Array.of(20_100),
        year: Int16Array.of(1960),
      }),
      content: encodeContent({
        offsets: Uint32Array.of(0, 1),
        terms: Uint32Array.of(0),
        weights: Uint8Array.of(255),
        vocabulary: null,
      }),
      details: encodeDetails({ firstRow: FILMS, details: [{ title: 'The new one' }] }),
    }),
  }
  const change = { version: NOW + 1, asOf: NOW + DAY_MS, base: { manifest: bundle.hash, built: NOW } }
  const draft = await sampleBundle(change, { ...files, ...added })
  const golden = goldenOver(draft.manifest, { ...files, ...added })
  return sampleBundle(change, { ...files, ...added, [DELTA.golden]: golden })
}

function rolesOf({ manifest, blobs }: SampleBundle): Record<string, ArrayBuffer> {
  return Object.fromEntries(
    manifest.files.map(({ role, sha256 }) => [role, blobs.get(sha256)!.slice().buffer]),
  )
}

/** Long enough that a new western shows. */
function goldenOver(manifest: Manifest, files: Record<string, ArrayBuffer>): ArrayBuffer {
  const bundle = openBundle(manifest, '', new Map(Object.entries(files)))
  const query = { surface: 'for-you' as const, k: 30, now: manifest.asOf, history: viewed('f2') }
  return encodeGolden([goldenCase(bundle, query)])
}

const viewed = (item: string) => [{ item, kind: 'view' as const, at: NOW }]

const run = () =>
  update({
    platform: fakePlatform(edge.fetch),
    store: new BundleStore(database),
    endpoint: ENDPOINT,
    pins: keys.pins,
    ranking: () => {
      const { bundle, stage } = engine
      return bundle ? { manifest: bundle.manifestHash, stage: stage as Stage } : null
    },
    install: (arrival) => engine.install(arrival),
    lacked: async (features) => lackedFeature(features),
    overlaid: async () => undefined,
    ruled: async () => undefined,
    committed: () => undefined,
    killed: () => undefined,
    problem: (error) => problems.push(error),
  })

const roles = () => {
  const names = new Map(delta.manifest.files.map(({ role, sha256 }) => [`/v1/b/${sha256}`, role]))
  return edge.paths().flatMap((path) => names.get(path) ?? [])
}

test('a device that has the base fetches the files of the delta alone, and ranks its items', async () => {
  await edge.promote(base)
  expect(await run()).toBe('success')
  edge.requests.length = 0
  await edge.promote(delta)
  expect(await run()).toBe('success')
  expect(roles()).toEqual([DELTA.popularity, DELTA.items, DELTA.golden])
  expect(problems).toEqual([])
  expect(engine.distrusted).toBe(false)
  const popular = engine.recommend({ surface: 'popular', history: [], now: NOW + DAY_MS, k: 3 })
  expect(popular.items[0]).toMatchObject({ item: 'new western', details: { title: 'The new one' } })
  const mine = engine.recommend({ surface: 'for-you', history: viewed('f2'), now: NOW + DAY_MS, k: 30 })
  expect(mine.items.map(({ item }) => item)).toContain('new western')
})

test('a device that has nothing ranks at every stage, and with the new items once the base is whole', async () => {
  await edge.promote(delta)
  const stages: (readonly [stage: number, items: number, complete: boolean])[] = []
  engine.install = new Proxy(engine.install, {
    apply(target, self, args: Parameters<Engine['install']>) {
      target.apply(self, args)
      stages.push([engine.stage, engine.bundle!.items, engine.bundle!.complete])
    },
  })
  expect(await run()).toBe('success')
  expect(stages).toEqual([
    [1, FILMS / 2, false],
    [2, FILMS / 2, false],
    [3, FILMS + 1, true],
    [4, FILMS + 1, true],
  ])
  expect(engine.distrusted).toBe(false)
})

test('back from a delta to its base nothing is fetched but the manifest', async () => {
  await edge.promote(base)
  await run()
  await edge.promote(delta)
  await run()
  edge.requests.length = 0
  await edge.promote(base)
  expect(await run()).toBe('success')
  expect(edge.paths().filter((path) => path.startsWith('/v1/b/'))).toEqual([])
  expect(engine.bundle?.items).toBe(FILMS)
})

test('golden cases of the delta are what counts: with those of the base alone it would not be trusted', async () => {
  const { files: _, ...manifest } = delta.manifest
  const { [DELTA.golden]: __, ...files } = rolesOf(delta)
  const withoutOwn = await sampleBundle(manifest, files)
  await edge.promote(withoutOwn)
  await run()
  expect(engine.distrusted).toBe(true)
})

test('a delta that does not fit its base changes nothing: the base goes on ranking', async () => {
  await edge.promote(base)
  await run()
  const half = rolesOf(delta)
  const other = decodePopularity(half.popularity!, 'popularity')
  const longer = { ...other, count: new Uint16Array(FILMS + 9), decayed: new Uint16Array(FILMS + 9) }
  const alien = encodePopularityDelta({ ...other, asOf: NOW - DAY_MS }, other)
  for (const [role, damage] of [
    [DELTA.popularity, alien],
    [DELTA.popularity, encodePopularityDelta(other, longer)], // one item is in the catalogue
    [DELTA.popularity, half[DELTA.popularity]!.slice(0, -8)],
    [DELTA.items, half[DELTA.popularity]!],
  ] as const) {
    const bad = await unchecked({ ...half, [role]: damage })
    await edge.promote(bad)
    expect(await run()).toBe('bundle-error')
    expect(engine.bundle?.manifestHash).toBe(base.hash)
    expect(engine.recommend({ history: viewed('f2'), now: NOW, k: 5 }).items).toHaveLength(5)
  }
})

/** A bundle as nobody would build it: nothing in it is opened. */
async function unchecked(files: Record<string, ArrayBuffer>): Promise<SampleBundle> {
  const listed = []
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const [role, bytes] of Object.entries(files)) {
    const name = await sha256(bytes)
    listed.push({ role, sha256: name, bytes: bytes.byteLength })
    blobs.set(name, new Uint8Array(bytes))
  }
  const manifest = { ...delta.manifest, files: listed }
  const payload = JSON.stringify(manifest)
  return { manifest, payload, hash: await sha256(payload), blobs }
}
