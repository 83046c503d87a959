import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
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
