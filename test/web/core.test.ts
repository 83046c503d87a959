import { describe, expect, test } from 'vitest'
import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import type { RankerThread, ThreadEvent } from '../../shared/domain/rankerThread.ts'
import { FEATURE_IDS } from '../../shared/features/features.ts'
import { type Network, plainNetwork } from '../../shared/rank/network.ts'
import { CoreOnDevice, DENIED, GRANTED } from './coreOnDevice.ts'
import { FakeEdge } from './fakeEdge.ts'
import { databaseNames, fakePlatform, fakeTabs, NOW, writeJunk } from './fakePlatform.ts'
import { idleRanker, sampleBundle } from './sampleBundle.ts'

const WESTERN = (id: string) => Number(id.slice(1)) % 2 === 0

const device = new CoreOnDevice()
const view = (item: string, at = device.platform.now()) => ({ item, kind: 'view' as const, at })
const ids = async (core: RankerThread, options = {}) =>
  (await core.recommend(options)).items.map(({ item }) => item)
async function watchWesterns(core: RankerThread) {
  for (const item of ['f2', 'f4', 'f6']) await core.record(view(item))
}

describe('slates', () => {
  test('nothing known yet: the popular list, with details', async () => {
    const slate = await (await device.start()).recommend({ k: 5 })
    expect(slate).toMatchObject({ surface: 'for-you', reason: 'popular', manifest: device.bundle.hash })
    expect(slate.items.map(({ item }) => item)).toEqual(['f0', 'f1', 'f2', 'f3', 'f4'])
  })

  test('a recorded view changes the next slate, with reasons that name it, and asks the network nothing', async () => {
    const core = await device.start()
    await core.recommend({})
    await core.update()
    const asked = device.edge.requests.length
    await watchWesterns(core)
    const slate = await core.recommend({ k: 5 })
    expect(slate.reason).toBe('personal')
    expect(slate.items.every(({ item }) => WESTERN(item))).toBe(true)
    expect(slate.items[0]?.why[0]).toMatchObject({
      source: 'content',
      title: expect.stringMatching(/^Film \d/),
    })
    expect(slate.items[0]?.details?.title).toMatch(/^Film /)
    expect(device.edge.requests).toHaveLength(asked)
  })

  test('remembered by the next start, without a network, and ten years later the same', async () => {
    const core = await device.start()
    await core.update()
    await watchWesterns(core)
    const before = await core.recommend({ k: 10 })
    for (const years of [0, 10]) {
      device.platform = fakePlatform(() => Promise.reject(new TypeError('Failed to fetch')))
      device.platform.clock = NOW + years * 365 * DAY_MS
      const again = await device.start()
      expect(await again.recommend({ k: 10 })).toEqual(before)
      expect(await again.update()).toBe('network-error')
      expect(await again.recommend({ k: 10 })).toEqual(before)
    }
  })

  test('similar needs no history; because starts from it', async () => {
    const core = await device.start()
    const similar = await core.recommend({ surface: 'similar', item: 'f3', k: 4 })
    expect(similar).toMatchObject({ reason: 'personal', seed: 'f3' })
    expect(similar.items.some(({ item }) => WESTERN(item))).toBe(false)
    expect(await ids(core, { surface: 'because' })).toEqual([])
    await core.record(view('f8'))
    expect(await core.recommend({ surface: 'because', k: 3 })).toMatchObject({
      seed: 'f8',
      reason: 'personal',
    })
  })

  test('an item that was hidden does not come back', async () => {
    const core = await device.start()
    await core.record({ item: 'f0', kind: 'hide', at: NOW })
    expect(await ids(core)).not.toContain('f0')
  })

  test.each([{ k: 0 }, { k: 101 }, { k: 1.5 }, { surface: 'similar' }, { surface: 'no-such' }])(
    'impossible options are an error: %j',
    async (options) => {
      const core = await device.start()
      await expect(core.recommend(options as never)).rejects.toMatchObject({ code: 'bad_usage' })
    },
  )

  test('nothing verified: an empty slate that says so, no error', async () => {
    device.edge = new FakeEdge(device.keys)
    device.platform = fakePlatform(device.edge.fetch)
    expect(await (await device.start()).recommend({})).toMatchObject({
      items: [],
      reason: 'no-bundle',
      manifest: null,
    })
  })

  test('switched off by the operator: empty, then back', async () => {
    const core = await device.start()
    await core.update()
    await device.edge.setHead({ seq: 2, kill: true })
    await core.update()
    expect(await core.recommend({})).toMatchObject({ items: [], reason: 'killed' })
    const later = await device.start()
    expect(await later.recommend({})).toMatchObject({ items: [], reason: 'killed' })
    await later.update()
    await device.edge.setHead({ seq: 3, kill: false })
    await core.update()
    expect((await core.recommend({})).items).not.toHaveLength(0)
  })

  test('a live bundle whose edge has been silent for too long is not trusted personally', async () => {
    await device.edge.promote(await sampleBundle({ clock: 'live' }))
    const core = await device.start()
    await core.update()
    await watchWesterns(core)
    device.edge.answer('/v1/head', () => new Response('', { status: 503 }))
    device.platform.clock = NOW + 36 * DAY_MS
    await core.update()
    expect((await core.recommend({})).reason).toBe('personal')
    device.platform.clock = NOW + 38 * DAY_MS
    expect((await core.recommend({})).reason).toBe('stale')
  })

  test('a bundle that ranks otherwise than its golden cases ranks popularity only', async () => {
    const golden = new TextEncoder().encode(
      JSON.stringify([
        {
          query: { surface: 'for-you', k: 1, now: NOW, history: [view('f2')] },
          items: [{ item: 'f39', score: 7 }],
        },
      ]),
    ).buffer as ArrayBuffer
    await device.edge.promote(await sampleBundle({}, { golden }))
    const core = await device.start()
    await core.update()
    await watchWesterns(core)
    expect(await core.recommend({ k: 2 })).toMatchObject({ reason: 'ranker-failed' })
    expect(await ids(core, { k: 2 })).toEqual(['f0', 'f1'])
    expect((await core.status()).problems.join()).toContain('Golden case 0')
  })
})

describe('a network that fails after its golden cases', () => {
  const features = FEATURE_IDS
  /** A backend that ranks rightly until it is told otherwise. */
  async function starting(broken: (rows: number) => Float32Array) {
    await device.edge.promote(
      await sampleBundle({ forYou: 'ranker', features: [...features] }, { ranker: idleRanker(features) }),
    )
    let right = true
    const load = async (weights: NetworkWeights): Promise<Network> => ({
      backend: 'wasm',
      forward: (rows, count) => (right ? plainNetwork(weights).forward(rows, count) : broken(count)),
    })
    const core = await device.start({}, { networks: [{ backend: 'wasm', load }] })
    await watchWesterns(core)
    await expect.poll(async () => (await core.status()).network).toBe('wasm')
    const before = await core.recommend({})
    right = false
    return { core, before }
  }

  test.each<[string, (rows: number) => Float32Array]>([
    ['gives NaN', (rows) => new Float32Array(rows).fill(Number.NaN)],
    [
      'throws',
      () => {
        throw new Error('The device was lost.')
      },
    ],
  ])(
    '%s: the plain forward pass gives the same slate, and the network is not asked again',
    async (_, broken) => {
      const { core, before } = await starting(broken)
      expect(before.reason).toBe('personal')
      expect(await core.recommend({})).toEqual(before)
      expect(await core.status()).toMatchObject({ network: 'plain', manifest: before.manifest })
      expect((await core.status()).problems).toHaveLength(1)
      expect(await core.recommend({})).toEqual(before)
      expect((await core.status()).problems).toHaveLength(1)
    },
  )
})

describe('consent', () => {
  test('before it nothing is stored, nothing recorded, and yet there is something to show', async () => {
    const core = await device.start({ consent: DENIED })
    await core.record(view('f2'))
    expect(await core.recommend({ k: 2 })).toMatchObject({ reason: 'no-consent' })
    expect(await ids(core, { k: 2 })).toEqual(['f0', 'f1'])
    expect(await core.recommend({ surface: 'similar', item: 'f3' })).toMatchObject({ reason: 'personal' })
    expect((await core.recommend({ surface: 'trending' })).reason).toBe('popular')
    await core.update()
    expect((await core.exportHistory()).interactions).toEqual([])
    expect([device.platform.databasesOpened, await databaseNames()]).toEqual([0, []])
    expect((await core.status()).storage).toBe('memory')
  })

  test('given later: stored from then on; withdrawn: everything is gone at once', async () => {
    const core = await device.start({ consent: DENIED })
    await core.recommend({})
    await core.setConsent(GRANTED)
    await watchWesterns(core)
    await core.update()
    expect((await core.recommend({})).reason).toBe('personal')
    expect(await databaseNames()).toEqual(['foryou'])
    await core.setConsent(DENIED)
    expect(await databaseNames()).toEqual([])
    expect((await core.exportHistory()).interactions).toEqual([])
    expect(await core.recommend({})).toMatchObject({ reason: 'no-consent' })
  })

  test('refused on a later visit: what the earlier one left is deleted', async () => {
    await (await device.start()).update()
    expect(await databaseNames()).toEqual(['foryou'])
    const later = await device.start({ consent: DENIED })
    await later.setConsent(DENIED)
    expect(await databaseNames()).toEqual([])
  })

  test.each(['none', 'session'] as const)('persist %s keeps no history on the device', async (persist) => {
    const core = await device.start({ persist })
    await watchWesterns(core)
    await core.update()
    expect((await core.recommend({})).reason).toBe('personal')
    expect(await databaseNames()).toEqual(persist === 'none' ? [] : ['foryou'])
    expect((await (await device.start()).exportHistory()).interactions).toEqual([])
  })

  test('persist session takes up what the page has kept, junk excepted', async () => {
    const history = [view('f2'), null, { item: 7 }, view('f4')]
    const core = await device.start({ persist: 'session', history })
    expect((await core.exportHistory()).interactions.map(({ item }) => item)).toEqual(['f2', 'f4'])
  })
})

describe('history', () => {
  test('export, remove and clear, each told to the page', async () => {
    const core = await device.start()
    const events: ThreadEvent[] = []
    await core.subscribe((event) => events.push(event))
    await watchWesterns(core)
    const exported = await core.exportHistory()
    expect(exported.interactions.map(({ item }) => item)).toEqual(['f2', 'f4', 'f6'])
    expect(exported.exportedAt).toBe(new Date(NOW).toISOString())
    await core.removeFromHistory('f4')
    expect((await core.exportHistory()).interactions).toHaveLength(2)
    await core.clearHistory()
    expect((await core.exportHistory()).interactions).toEqual([])
    expect((await core.recommend({})).reason).toBe('popular')
    expect(events.filter((event) => event === 'change')).toHaveLength(5)
  })

  test.each([{ item: '' }, { item: 7 }, { item: 'x', kind: 'stare' }, { item: 'x', at: Number.NaN }])(
    'what is no interaction is refused: %j',
    async (change) => {
      const core = await device.start()
      await expect(core.record({ ...view('f1'), ...change } as never)).rejects.toMatchObject({
        code: 'bad_usage',
      })
    },
  )

  test('another tab hears of it, and of withdrawn consent', async () => {
    const channel = fakeTabs()
    const one = await device.start({}, { channel })
    device.platform = fakePlatform(device.edge.fetch)
    const two = await device.start({}, { channel })
    const heard: ThreadEvent[] = []
    await two.subscribe((event) => heard.push(event))
    await watchWesterns(one)
    await expect.poll(async () => (await two.exportHistory()).interactions.length).toBe(3)
    await one.setConsent(DENIED)
    await expect.poll(() => heard.includes('consent')).toBe(true)
    await expect.poll(databaseNames).toEqual([])
    expect((await two.recommend({})).reason).toBe('no-consent')
  })
})

describe('a damaged device', () => {
  test('a flipped bit in a stored blob: fetched anew, and until then what is whole still ranks', async () => {
    await (await device.start()).update()
    const file = device.bundle.manifest.files.find(({ role }) => role === 'content/1')!
    const bytes = device.bundle.blobs.get(file.sha256)!.slice()
    bytes[50]! ^= 1
    await writeJunk('blobs', [[file.sha256, bytes.buffer]])
    const core = await device.start()
    expect((await core.recommend({})).items).not.toHaveLength(0)
    expect(await core.update()).toBe('success')
    expect(device.edge.paths().filter((path) => path.endsWith(file.sha256))).toHaveLength(2)
  })

  test('a forged record: refused, and the true bundle is fetched', async () => {
    await (await device.start()).update()
    await writeJunk('active', [
      [
        'active',
        {
          manifest: 'a'.repeat(64),
          envelope: JSON.stringify({
            payload: device.bundle.payload,
            sigs: [{ kid: 'release', sig: 'AAAA' }],
          }),
          present: 8,
          site: 'films',
          seqs: [],
          floor: 0,
          expires: 0,
          kill: false,
          previous: null,
          refused: null,
        },
      ],
    ])
    const core = await device.start()
    await core.update()
    expect(await core.recommend({})).toMatchObject({ manifest: device.bundle.hash, reason: 'popular' })
  })

  test('storage denied: everything works for as long as the page is open', async () => {
    const denied = () => Promise.reject(new DOMException('denied', 'SecurityError'))
    const core = await device.start({}, { openDatabase: denied })
    await watchWesterns(core)
    expect((await core.recommend({})).reason).toBe('personal')
    expect((await core.status()).storage).toBe('memory')
  })

  test('a new bundle that cannot be used leaves the old one ranking, and is not named by any error', async () => {
    const core = await device.start()
    await core.update()
    const broken = new Uint8Array(64).buffer
    await device.edge.promote(await sampleBundle({ version: NOW + 1 }, { 'popular.json': broken }), {
      seq: 2,
    })
    device.edge.answer('/v1/head', () => new Response('x'))
    expect(await core.update()).toBe('parse-error')
    expect(await core.recommend({})).toMatchObject({ manifest: device.bundle.hash, reason: 'popular' })
  })
})
