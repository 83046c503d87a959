import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sign } from '../../shared/bundle/envelope.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { lackedFeature } from '../../shared/features/featureSchema.ts'
import { BundleStore } from '../../web/ranker/bundleStore.ts'
import { DeviceDatabase, deleteDeviceDatabase, openDeviceDatabase } from '../../web/ranker/database.ts'
import { downloadOrder } from '../../web/ranker/downloadOrder.ts'
import { type Arrival, type UpdateOptions, update } from '../../web/ranker/update.ts'
import { ENDPOINT, FakeEdge, type FakeKeys, fakeKeys } from './fakeEdge.ts'
import { type FakePlatform, fakePlatform, NOW } from './fakePlatform.ts'
import { type SampleBundle, sampleBundle } from './sampleBundle.ts'

let keys: FakeKeys
let first: SampleBundle
let second: SampleBundle
let edge: FakeEdge
let platform: FakePlatform
let database: DeviceDatabase
let store: BundleStore
let arrivals: Arrival[]
let kill: boolean
let problems: unknown[]

beforeAll(async () => {
  keys = await fakeKeys()
  first = await sampleBundle()
  second = await sampleBundle({ version: NOW + 1, asOf: NOW + 1 })
})

beforeEach(async () => {
  await deleteDeviceDatabase()
  edge = new FakeEdge(keys)
  platform = fakePlatform(edge.fetch)
  database = new DeviceDatabase(openDeviceDatabase)
  store = new BundleStore(database)
  arrivals = []
  problems = []
  kill = false
})
afterEach(() => database.close())

function run(change: Partial<UpdateOptions> = {}) {
  return update({
    platform,
    store,
    endpoint: ENDPOINT,
    pins: keys.pins,
    ranking: () => {
      const last = arrivals.at(-1)
      return last ? { manifest: last.manifestHash, stage: last.stage } : null
    },
    install: (arrival) => void arrivals.push(arrival),
    committed: () => undefined,
    killed: (value) => {
      kill = value
    },
    lacked: async (features) => lackedFeature(features),
    overlaid: async () => undefined,
    ruled: async () => undefined,
    problem: (error) => problems.push(error),
    ...change,
  })
}

/** After a failure the first bundle must still be in force, and nothing else have been taken in. */
async function expectKept(expected: string | null = first.hash) {
  expect((await store.active())?.manifest ?? null).toBe(expected)
  expect(arrivals.at(-1)?.manifestHash ?? null).toBe(expected)
}

const blobPath = (bundle: SampleBundle, role: string) =>
  `/v1/b/${bundle.manifest.files.find((file) => file.role === role)!.sha256}`

test('brings a bundle stage by stage, in an order that no history can change', async () => {
  await edge.promote(first)
  expect(await run()).toBe('success')
  expect(arrivals.map(({ stage }) => stage)).toEqual([1, 2, 3, 4])
  expect([...arrivals[0]!.blobs.keys()]).toEqual(['catalogue/0', 'popularity'])
  expect([...arrivals[1]!.blobs.keys()].slice(2)).toEqual(['content/0', 'details/0'])
  expect([...arrivals[3]!.blobs.keys()].slice(4)).toEqual(['catalogue/1', 'content/1', 'golden', 'details/1'])
  expect(edge.paths()).toEqual([
    '/v1/head',
    `/v1/m/${first.hash}`,
    ...downloadOrder(first.manifest).map((file) => `/v1/b/${file.sha256}`),
  ])
  for (const { init } of edge.requests)
    expect(init).toMatchObject({ credentials: 'omit', referrerPolicy: 'no-referrer' })
  expect(await store.active()).toMatchObject({ manifest: first.hash, present: 8, previous: null })
  expect(problems).toEqual([])
})

test('a second look fetches the head and nothing else', async () => {
  await edge.promote(first)
  await run()
  edge.requests.length = 0
  expect(await run()).toBe('up-to-date')
  expect(edge.paths()).toEqual(['/v1/head'])
})

test('an update fetches only what changed, replaces only when it is complete, and keeps the one before', async () => {
  await edge.promote(first)
  await run()
  edge.requests.length = 0
  arrivals.splice(0, 3)
  await edge.promote(second)
  expect(await run()).toBe('success')
  const fetched = edge.paths().filter((path) => path.startsWith('/v1/b/'))
  const shared = second.manifest.files.filter((file) => first.blobs.has(file.sha256))
  expect(fetched).toHaveLength(second.manifest.files.length - shared.length)
  expect(arrivals.map(({ stage }) => stage)).toEqual([4, 3, 4])
  expect(await store.active()).toMatchObject({
    manifest: second.hash,
    previous: { manifest: first.hash, present: 8 },
  })
})

test('what was broken off is taken up again', async () => {
  await edge.promote(first)
  const path = blobPath(first, 'content/1')
  const good = edge.current(path)
  edge.answer(path, () => {
    throw new TypeError('Failed to fetch')
  })
  expect(await run()).toBe('network-error')
  expect(await store.active()).toMatchObject({ present: 4 })
  edge.answer(path, good)
  edge.requests.length = 0
  expect(await run()).toBe('success')
  expect(edge.paths()).not.toContain(blobPath(first, 'catalogue/0'))
  expect(await store.active()).toMatchObject({ present: 8 })
})

describe('with a good bundle installed, every fault leaves it in force', () => {
  beforeEach(async () => {
    await edge.promote(first)
    await run()
  })

  type Fault = [what: string, uptake: string, make: () => Promise<void> | void]
  const spoil = (role: string, change: (bytes: Uint8Array<ArrayBuffer>) => BodyInit) => () => {
    const path = blobPath(second, role)
    const name = path.slice('/v1/b/'.length)
    edge.answer(path, () => new Response(change(second.blobs.get(name)!.slice())))
  }
  const flip = (at: number) => (bytes: Uint8Array<ArrayBuffer>) => {
    bytes[at]! ^= 1
    return bytes
  }
  const endless = () =>
    new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    })
  const html = () => new Response('<!doctype html><title>Sign in</title>')
  const faults: Fault[] = [
    ['flipped first bit of a blob', 'hash-mismatch', spoil('golden', flip(0))],
    ['flipped last bit of a blob', 'hash-mismatch', spoil('golden', (b) => flip(b.length - 1)(b))],
    ['truncated blob', 'hash-mismatch', spoil('golden', (b) => b.slice(0, -1))],
    ['empty blob', 'hash-mismatch', spoil('golden', () => '')],
    ['blob that is longer', 'bundle-error', spoil('golden', (b) => new Blob([b, 'x']))],
    ['blob without end', 'bundle-error', spoil('golden', endless)],
    [
      'web page in place of a blob',
      'bundle-error',
      spoil('golden', () => `<!doctype html>${'x'.repeat(9999)}`),
    ],
    [
      'another valid blob in its place',
      'bundle-error',
      () => edge.answer(blobPath(second, 'golden'), edge.current(blobPath(first, 'content/0'))),
    ],
    [
      'missing blob',
      'server-error',
      () => edge.answer(blobPath(second, 'golden'), () => new Response('', { status: 404 })),
    ],
    ['web page in place of the head', 'parse-error', () => edge.answer('/v1/head', html)],
    ['head without end', 'bundle-error', () => edge.answer('/v1/head', () => new Response(endless()))],
    ['web page in place of the manifest', 'parse-error', () => edge.answer(`/v1/m/${second.hash}`, html)],
    [
      'another manifest in its place',
      'hash-mismatch',
      () => edge.answer(`/v1/m/${second.hash}`, edge.current(`/v1/m/${first.hash}`)),
    ],
    ['head of other keys', 'sign-error', async () => edge.setHead({}, await fakeKeys())],
    [
      'manifest of other keys',
      'sign-error',
      async () => edge.promote(second, {}, { ...(await fakeKeys()), ops: keys.ops }),
    ],
    [
      'head without signatures',
      'parse-error',
      () => edge.answer('/v1/head', () => new Response('{"payload":"{}","sigs":[]}')),
    ],
    [
      'manifest signed as a head',
      'sign-error',
      async () => {
        const envelope = JSON.stringify(await sign('manifest', JSON.stringify(edge.head), [keys.ops]))
        edge.answer('/v1/head', () => new Response(envelope))
      },
    ],
    ['impossibly high seq', 'rollback-refused', () => edge.setHead({ seq: 2_000_000 })],
    ['expired head', 'expired', () => edge.setHead({ expires: NOW - 1 })],
    [
      'bundle past its last day',
      'expired',
      () => edge.setHead({ active: { manifest: second.hash, notAfter: NOW - 1 } }),
    ],
    ['head of another site', 'wrong-site', () => edge.setHead({ site: 'shoes' })],
    ['no live bundle', 'server-error', () => edge.setHead({ active: null })],
    ['503', 'server-error', () => edge.answer('/v1/head', () => new Response('', { status: 503 }))],
  ]

  test.each(faults)('%s → %s', async (_, uptake, make) => {
    await edge.promote(second)
    await make()
    expect(await run()).toBe(uptake)
    await expectKept()
    expect(problems.length).toBeGreaterThan(0)
  })

  test('a lower seq than one seen before is refused, even with a good bundle', async () => {
    await edge.promote(first, { seq: 9 })
    expect(await run()).toBe('up-to-date')
    await edge.promote(second, { seq: 8 })
    expect(await run()).toBe('rollback-refused')
    await expectKept()
    await edge.promote(second, { seq: 10 })
    expect(await run()).toBe('success')
  })

  test('an operator goes back with a new head that names the older bundle', async () => {
    await edge.promote(second)
    expect(await run()).toBe('success')
    await edge.promote(first)
    expect(await run()).toBe('success')
    await expectKept(first.hash)
  })

  test('but not below the highest floor seen', async () => {
    const floored = await sampleBundle({ version: NOW + 2, floor: NOW + 1 })
    await edge.promote(floored)
    expect(await run()).toBe('success')
    await edge.promote(first)
    expect(await run()).toBe('rollback-refused')
    expect((await store.active())?.manifest).toBe(floored.hash)
  })

  test('an evaluation bundle, a newer contract and another site are refused', async () => {
    for (const [change, uptake] of [
      [{ kind: 'evaluation' }, 'bundle-error'],
      [{ minLoader: 99 }, 'bundle-error'],
      [{ site: 'shoes' }, 'wrong-site'],
    ] as const) {
      await edge.promote(await sampleBundle(change))
      expect(await run()).toBe(uptake)
      await expectKept()
    }
  })

  test('a bundle that cannot be decoded is refused', async () => {
    await edge.promote(second)
    const install = () => {
      throw new ForYouError('bundle_value', 'decode')
    }
    expect(await run({ install })).toBe('bundle-error')
    await expectKept()
  })

  test('a kill switch is heard, and heard again when it is lifted', async () => {
    await edge.setHead({ seq: 2, kill: true })
    expect(await run()).toBe('killed')
    expect([kill, (await store.active())?.kill]).toEqual([true, true])
    await edge.setHead({ seq: 3, kill: false })
    expect(await run()).toBe('up-to-date')
    expect([kill, (await store.active())?.kill]).toEqual([false, false])
  })

  test('offline is told from an edge that does not answer', async () => {
    edge.answer('/v1/head', () => {
      throw new TypeError('Failed to fetch')
    })
    expect(await run()).toBe('network-error')
    platform.connected = false
    expect(await run()).toBe('offline')
    await expectKept()
  })
})

test('wrong bytes are asked for once more, past every cache', async () => {
  await edge.promote(first)
  const path = blobPath(first, 'popularity')
  const good = edge.current(path)
  edge.answer(path, () => {
    edge.answer(path, good)
    return new Response('poisoned')
  })
  expect(await run()).toBe('success')
  const asked = edge.requests.filter((request) => request.path === path)
  expect(asked.map(({ init }) => init.cache)).toEqual(['default', 'reload'])
})

test('a server that asks for patience is left alone for that long, by every later start too', async () => {
  await edge.promote(first)
  const good = edge.current('/v1/head')
  edge.answer('/v1/head', () => new Response('', { status: 429, headers: { 'retry-after': '120' } }))
  expect(await run()).toBe('server-error')
  edge.answer('/v1/head', good)
  edge.requests.length = 0
  platform.clock = NOW + 119_000
  store = new BundleStore(database)
  expect(await run()).toBe('backoff')
  expect(edge.requests).toHaveLength(0)
  platform.clock = NOW + 240_000
  expect(await run()).toBe('success')
})

test('a clock that is years off does not make a good head expire, where the server tells the time', async () => {
  await edge.promote(first)
  const body = await edge.current('/v1/head')().text()
  edge.answer('/v1/head', () => new Response(body, { headers: { date: new Date(NOW).toUTCString() } }))
  platform.clock = NOW + 3650 * DAY_MS
  expect(await run()).toBe('success')
})

test('the boundary of expiry, to the second', async () => {
  await edge.promote(first, { expires: NOW + 1000 })
  platform.clock = NOW + 2000
  expect(await run()).toBe('expired')
  platform.clock = NOW + 1000
  expect(await run()).toBe('success')
})

test('two tabs: one downloads, the other, which has a bundle, leaves it at that', async () => {
  await edge.promote(first)
  await run()
  await edge.promote(second)
  edge.requests.length = 0
  const uptakes = await Promise.all([run(), run()])
  expect(uptakes.sort()).toEqual(['busy', 'success'])
  expect(edge.paths().filter((path) => path === '/v1/head')).toHaveLength(1)
})

test('without locks two updates do no harm', async () => {
  platform = fakePlatform(edge.fetch, { locks: null })
  await edge.promote(first)
  await Promise.all([run(), run()])
  expect(await store.active()).toMatchObject({ manifest: first.hash, present: 8 })
})
