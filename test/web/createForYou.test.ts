import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { supervise } from '../../web/client/bridge.ts'
import { createForYou, type ForYou, type ForYouOptions } from '../../web/client/createForYou.ts'
import { createCore } from '../../web/ranker/core.ts'
import { deleteDeviceDatabase } from '../../web/ranker/database.ts'
import { ENDPOINT, FakeEdge, type FakeKeys, fakeKeys } from './fakeEdge.ts'
import { databaseNames, fakePlatform } from './fakePlatform.ts'
import { sampleBundle } from './sampleBundle.ts'

let keys: FakeKeys
let edge: FakeEdge
let starts: number
let clients: ForYou[] = []

beforeAll(async () => {
  keys = await fakeKeys()
})
beforeEach(async () => {
  await deleteDeviceDatabase()
  sessionStorage.clear()
  edge = new FakeEdge(keys)
  await edge.promote(await sampleBundle())
  starts = 0
})
afterEach(async () => {
  for (const client of clients) {
    await client.consent.set({ personalise: false, measure: false, popularity: false })
    client.close()
  }
  clients = []
})

/** The real client over the real core, in this very thread, against the fake edge. */
function client(options: ForYouOptions = {}): ForYou {
  const made = createForYou({ endpoint: ENDPOINT, pins: keys.pins, ...options }, async (hooks) =>
    supervise(async (_, listener) => {
      starts++
      const thread = createCore(fakePlatform(edge.fetch))
      await thread.subscribe(listener)
      return { thread, dead: new Promise(() => undefined), close: () => undefined }
    }, hooks),
  )
  if (!clients.includes(made)) clients.push(made)
  return made
}
/** As after a reload of the page. */
function reload(): void {
  for (const old of clients) old.close()
  clients = []
}

test('starts nothing before it is asked, and one ranker however often it is', async () => {
  const foryou = client({ consent: 'granted' })
  expect([starts, edge.requests.length]).toEqual([0, 0])
  await Promise.all([foryou.recommend(), foryou.recommend({ surface: 'popular' }), foryou.history.list()])
  expect(starts).toBe(1)
})

test('all who name the same endpoint share one client', () => {
  expect(client()).toBe(client({ endpoint: `${ENDPOINT}/` }))
  expect(client()).not.toBe(client({ endpoint: 'https://other.test' }))
})

test('without a word on consent nothing is stored', async () => {
  const foryou = client()
  await foryou.record({ item: 'f2' })
  expect((await foryou.recommend()).reason).toBe('no-consent')
  expect(foryou.consent.get().personalise).toBe(false)
  expect(await databaseNames()).toEqual([])
})

test('who comes later may start the consent, but never against what the visitor has said', async () => {
  const foryou = client()
  client({ consent: 'granted' })
  expect(foryou.consent.get().personalise).toBe(true)
  await foryou.consent.set({ personalise: false, measure: false, popularity: false })
  client({ consent: 'granted' })
  expect(foryou.consent.get().personalise).toBe(false)
})

test('a start with "denied" deletes what an earlier visit has left, "required" does not', async () => {
  const earlier = client({ consent: 'granted' })
  await earlier.record({ item: 'f2' })
  reload()
  await client({ consent: 'required' }).status()
  expect(await databaseNames()).toEqual(['foryou'])
  reload()
  await client({ consent: 'denied' }).status()
  expect(await databaseNames()).toEqual([])
})

test('persist session: the tab remembers across pages, and clearing leaves nothing', async () => {
  const options = { consent: 'granted', persist: 'session' } as const
  const foryou = client(options)
  await foryou.record({ item: 'f2' })
  await expect.poll(() => sessionStorage.length).toBe(1)
  reload()
  const next = client(options)
  expect((await next.history.list()).map(({ item }) => item)).toEqual(['f2'])
  expect((await next.recommend()).reason).toBe('personal')
  await next.history.clear()
  await expect.poll(() => sessionStorage.length).toBe(0)
})

test('tells of changes until it is told to stop, and gives up waiting when it is asked to', async () => {
  const foryou = client({ consent: 'granted' })
  let changes = 0
  const stop = foryou.on('change', () => changes++)
  await foryou.record({ item: 'f2' })
  stop()
  await foryou.record({ item: 'f4' })
  expect(changes).toBe(1)
  const signal = AbortSignal.abort(new Error('left the page'))
  await expect(foryou.recommend({ signal })).rejects.toThrow('left the page')
})

test('a site describes its items by itself: no details are downloaded', async () => {
  const foryou = client({ details: async (ids) => ids.map((id) => ({ title: `Our ${id}` })) })
  const { items } = await foryou.recommend({ surface: 'popular', k: 2 })
  expect(items.map(({ details }) => details?.title)).toEqual(['Our f0', 'Our f1'])
  expect(await foryou.items(['f7'])).toEqual([{ id: 'f7', title: 'Our f7' }])
  await foryou.update()
  const { manifest } = await sampleBundle()
  const details = manifest.files.filter(({ role }) => role.startsWith('details/'))
  expect(edge.paths().filter((path) => details.some(({ sha256 }) => path.endsWith(sha256)))).toEqual([])
  expect(edge.paths().filter((path) => path.startsWith('/v1/b/'))).toHaveLength(6)
})

describe('a page that stays open looks for a new bundle', () => {
  const MINUTE = 60_000
  let visible = true
  const heads = () => edge.paths().filter((path) => path === '/v1/head').length
  /** Lets what was begun come to its end; timers of the client are faked, those of the test are not. */
  const settled = (ms = 50) => new Promise((resolve) => setTimeout(resolve, ms))
  const happens = async (target: EventTarget, type: string) => {
    target.dispatchEvent(new Event(type))
    await settled()
  }

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
    visible = true
    vi.spyOn(document, 'hidden', 'get').mockImplementation(() => !visible)
    const foryou = client({ consent: 'granted' })
    await foryou.recommend()
    // A look during the first update would only join it.
    await expect.poll(async () => (await foryou.status()).uptake).toBe('success')
    await expect.poll(heads).toBe(1)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  test.each([
    ['visible again', document, 'visibilitychange'],
    ['in front again', window, 'focus'],
  ] as const)('when it is %s, ten minutes apart at least', async (_, target, type) => {
    vi.setSystemTime(Date.now() + 9 * MINUTE)
    await happens(target, type)
    expect(heads()).toBe(1)
    vi.setSystemTime(Date.now() + MINUTE)
    await happens(target, type)
    await happens(target, type)
    await expect.poll(heads).toBe(2)
  })

  test('within a day without anybody touching it, hidden or not as soon as it is seen', async () => {
    vi.advanceTimersByTime(23 * 60 * MINUTE)
    await settled()
    await expect.poll(heads).toBeGreaterThanOrEqual(2)
    await settled(500) // a look during that update would only join it
    visible = false
    const before = heads()
    vi.advanceTimersByTime(48 * 60 * MINUTE)
    await happens(document, 'visibilitychange')
    expect(heads()).toBe(before)
    visible = true
    await happens(document, 'visibilitychange')
    await expect.poll(heads).toBe(before + 1)
  })

  test('a check just before the hour does not push the next one beyond a day', async () => {
    let last = Date.now()
    let longest = 0
    for (let hour = 0; hour < 36; hour++) {
      const before = heads()
      vi.advanceTimersByTime(60 * MINUTE)
      if (hour === 10) {
        vi.advanceTimersByTime(55 * MINUTE)
        await happens(window, 'focus')
      }
      await settled()
      if (heads() > before) {
        longest = Math.max(longest, Date.now() - last)
        last = Date.now()
      }
    }
    expect(longest).toBeLessThanOrEqual(24 * 60 * MINUTE)
  })

  test('also when its clock was set back', async () => {
    vi.setSystemTime(Date.now() - 365 * 24 * 60 * MINUTE)
    await happens(window, 'focus')
    await expect.poll(heads).toBe(2)
  })

  test('not after it was closed', async () => {
    reload()
    vi.advanceTimersByTime(48 * 60 * MINUTE)
    await happens(window, 'focus')
    await happens(document, 'visibilitychange')
    expect(heads()).toBe(1)
  })
})
