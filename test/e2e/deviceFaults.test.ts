import type { Browser, BrowserContext, CDPSession } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { answered, stalled } from './faultyEdge.ts'
import { openBrowser } from './site.ts'
import { SEEN, Stage, Visit } from './stage.ts'

/** What goes wrong on the visitor's own device, or all around it, by the numbers of the design's failure table. */
let stage: Stage
let browser: Browser
let manifest: string

beforeAll(async () => {
  ;[stage, browser] = await Promise.all([Stage.open(), openBrowser()])
  manifest = await stage.release()
})
afterEach(() => stage.proxy.begin(null))
afterAll(async () => {
  await browser?.close()
  await stage?.close()
})

/** Somebody who has seen three films; the page stays open. */
async function returning(path = '', given?: BrowserContext) {
  const context = given ?? (await browser.newContext())
  const first = await Visit.to(stage.origin, context)
  await first.settled()
  await first.record(...SEEN)
  const items = itemsOf(await first.slate())
  if (path === '') return { context, visit: first, items }
  await first.close()
  return { context, visit: await Visit.to(stage.origin + path, context), items }
}
const itemsOf = ({ items }: { items: readonly { item: string }[] }) => items.map(({ item }) => item)
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function devtools(context: BrowserContext, { page }: Visit): Promise<CDPSession> {
  return context.newCDPSession(page)
}

/** Runs in a page of the same origin on which nothing of ours runs: another script of the site's. */
async function otherScript(context: BrowserContext, code: string): Promise<Visit> {
  const visit = await Visit.to(`${stage.origin}/bare`, context)
  await visit.page.evaluate(`(async () => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
      request.onblocked = () => reject(new Error('blocked'))
    });
    ${code}
  })()`)
  return visit
}

describe('F1: offline from the start', () => {
  test('the last good model ranks, and nobody is asked over and over', async () => {
    const { context, visit, items } = await returning('/later')
    const asked: string[] = []
    context.on('request', (request) => asked.push(request.url()))
    await context.setOffline(true)
    await visit.page.evaluate('begin()')
    expect(await visit.settled()).toMatchObject({ uptake: 'offline', manifest })
    expect(itemsOf(await visit.slate())).toEqual(items)
    expect(await visit.shows()).toEqual(items)
    await sleep(300)
    expect(asked.filter((url) => url.includes('/v1/')).length).toBeLessThanOrEqual(1)
    await context.setOffline(false)
    expect(await visit.update()).toBe('up-to-date')
    await visit.unharmed()
    await context.close()
  })
})

describe('F29: an edge that asks for patience', () => {
  test.each([
    [429, { 'retry-after': '3600' }],
    [503, {}],
  ])('%i: it is left alone by every page, and ranking goes on', async (status, fields) => {
    const { context, visit, items } = await returning('/later')
    stage.proxy.begin(answered(/\/v1\//, status, fields as Record<string, string>, 'Not now.'))
    await visit.page.evaluate('begin()')
    expect(await visit.settled()).toMatchObject({ uptake: 'server-error', manifest })
    for (let i = 0; i < 3; i++) expect(await visit.update()).toBe('backoff')
    const other = await Visit.to(stage.origin, context)
    expect(await other.settled()).toMatchObject({ uptake: 'backoff', manifest })
    expect(itemsOf(await other.slate())).toEqual(items)
    expect(stage.proxy.answered.filter((path) => path.startsWith('/v1/'))).toEqual(['/v1/head'])
    await visit.unharmed()
    await other.unharmed()
    await context.close()
  })
})

describe('F30: a captive portal answers everything', () => {
  const html = { 'content-type': 'text/html' }
  test('a first visitor sees the site’s own content', async () => {
    const context = await browser.newContext()
    stage.proxy.begin(answered(/./, 200, html, '<!doctype html>Log in.'))
    const visit = await Visit.to(stage.origin, context)
    await sleep(500)
    expect(await visit.page.locator('for-you > p').isVisible()).toBe(true)
    await visit.unharmed()
    await context.close()
  })
  test('also where the loader came before it, and nothing is stored', async () => {
    const context = await browser.newContext()
    stage.proxy.begin(answered(/\/(assets|v1)\//, 200, html, '<!doctype html>Log in.'))
    const visit = await Visit.to(stage.origin, context)
    expect(await visit.shows()).toBe('own content')
    stage.proxy.begin(answered(/\/v1\//, 200, html, '<!doctype html>Log in.'))
    const next = await Visit.to(stage.origin, context)
    expect(await next.settled()).toMatchObject({ uptake: 'parse-error', manifest: null })
    expect(await next.shows()).toBe('own content')
    expect(await next.stored()).toMatchObject({ active: null, blobs: [], torn: [] })
    await visit.unharmed()
    await next.unharmed()
    await context.close()
  })
})

describe('F9: no room', () => {
  test('the new release ranks from memory; what is stored is whole', async () => {
    // Before anything is stored: Chromium remembers for a while how much room there is.
    const context = await browser.newContext()
    const session = await devtools(context, await Visit.to(`${stage.origin}/bare`, context))
    await session.send('Storage.overrideQuotaForOrigin', { origin: stage.origin, quotaSize: 250_000 })
    const { visit } = await returning('/later', context)
    const large = await stage.release(500_000)
    try {
      await visit.page.evaluate('begin()')
      expect(await visit.settled()).toMatchObject({
        uptake: 'storage-error',
        storage: 'memory',
        manifest: large,
      })
      expect(await visit.slate()).toMatchObject({ reason: 'personal', manifest: large })
      expect(await visit.stored()).toMatchObject({ torn: [], history: SEEN, active: { manifest } })
      await visit.unharmed()
    } finally {
      manifest = await stage.release()
      await context.close()
    }
  })
})

describe('F10: another tab keeps the database', () => {
  test('from being opened: memory after a second', async () => {
    const { context, visit } = await returning('/bare')
    // Holds a connection and does not let go, while somebody wants to delete: everybody else has to wait.
    await otherScript(
      context,
      `window.held = await done(indexedDB.open('foryou')); indexedDB.deleteDatabase('foryou')`,
    )
    await visit.page.goto(stage.origin)
    expect(await visit.settled()).toMatchObject({ storage: 'memory', manifest })
    expect((await visit.slate()).items).toHaveLength(12)
    await visit.unharmed()
    await context.close()
  })
  test('our own tab lets go when a newer one wants to upgrade, and goes on ranking', async () => {
    const { context, visit, items } = await returning()
    await otherScript(context, `(await done(indexedDB.open('foryou', 2))).close()`)
    await visit.record('f8')
    expect(await visit.slate()).toMatchObject({ reason: 'personal', manifest })
    expect(itemsOf(await visit.slate())).not.toEqual(items)
    await visit.unharmed()
    await context.close()
  })
})

describe('F11: two tabs at once', () => {
  test('one downloads for both', async () => {
    const context = await browser.newContext()
    const kept = new Map<string, number>()
    // Without the browser's cache each of them would have to ask for itself.
    stage.proxy.begin(async ({ path, upstream, answer }) => {
      if (!path.startsWith('/v1/b/')) return false
      kept.set(path, (kept.get(path) ?? 0) + 1)
      const reply = await upstream()
      answer({ ...reply, headers: { ...reply.headers, 'cache-control': 'no-store' } })
      return true
    })
    const visits = await Promise.all([Visit.to(stage.origin, context), Visit.to(stage.origin, context)])
    for (const visit of visits) {
      await visit.settled()
      expect(await visit.slate()).toMatchObject({ reason: 'popular', manifest })
      await visit.unharmed()
    }
    expect(kept.size).toBeGreaterThan(3)
    expect([...kept.values()].filter((times) => times !== 1)).toEqual([])
    await context.close()
  })
  test('a tab that crashes in the middle frees the other', async () => {
    const context = await browser.newContext()
    stage.proxy.begin(stalled(/\/v1\/b\//))
    const first = await Visit.to(stage.origin, context)
    while (!stage.proxy.begun.some((path) => path.startsWith('/v1/b/'))) await sleep(20)
    const second = await Visit.to(stage.origin, context)
    await sleep(100)
    expect(await second.status()).toMatchObject({ uptake: null })
    stage.proxy.begin(null)
    const session = await devtools(context, first)
    void session.send('Page.crash').catch(() => undefined)
    expect(await second.settled()).toMatchObject({ uptake: 'success', manifest })
    await second.unharmed()
    await context.close()
  })
})

describe('F12: a database of a newer loader', () => {
  test('is left as it is; memory serves', async () => {
    const { context, visit } = await returning('/bare')
    const upgrade = `
      const opening = indexedDB.open('foryou', 2)
      opening.onupgradeneeded = () => opening.result.createObjectStore('newer').put('kept', 'key')
      ;(await done(opening)).close()`
    await (await otherScript(context, upgrade)).close()
    await visit.page.goto(stage.origin)
    expect(await visit.settled()).toMatchObject({ storage: 'memory', manifest })
    expect((await visit.slate()).items).toHaveLength(12)
    await visit.unharmed()
    const check = `
      const db = await done(indexedDB.open('foryou'))
      window.found = [db.version, await done(db.transaction('newer').objectStore('newer').get('key')),
        (await done(db.transaction('history').objectStore('history').getAll())).length]`
    const other = await otherScript(context, check)
    expect(await other.page.evaluate('found')).toEqual([2, 'kept', SEEN.length])
    await context.close()
  })
})

describe('F13, F17: the browser clears the site’s data', () => {
  test('while the page writes: it goes on, and the next visit is a first one', async () => {
    const { context, visit } = await returning()
    const session = await devtools(context, visit)
    const writing = visit.record('f8', 'f10', 'f12', 'f14', 'f16', 'f18')
    await session.send('Storage.clearDataForOrigin', { origin: stage.origin, storageTypes: 'all' })
    await writing
    await visit.record('f20')
    expect(await visit.slate()).toMatchObject({ reason: 'personal', manifest })
    await visit.unharmed()
    await session.send('Storage.clearDataForOrigin', { origin: stage.origin, storageTypes: 'all' })
    await visit.close()
    const next = await Visit.to(stage.origin, context)
    expect(await next.settled()).toMatchObject({ uptake: 'success', storage: 'indexeddb', manifest })
    expect(await next.slate()).toMatchObject({ reason: 'popular' })
    await next.unharmed()
    await context.close()
  })
})

describe('F20: the site cleans up', () => {
  test('deletes every database and cache in the middle of a visit: no error, and all is fetched again', async () => {
    const { context, visit } = await returning()
    const wipe = `
      for (const name of await caches.keys()) await caches.delete(name)
      for (const { name } of await indexedDB.databases()) await done(indexedDB.deleteDatabase(name))`
    await (await otherScript(context, wipe)).close()
    await visit.record('f8')
    expect(await visit.slate()).toMatchObject({ reason: 'personal', manifest })
    await visit.unharmed()
    await visit.close()
    const next = await Visit.to(stage.origin, context)
    expect(await next.settled()).toMatchObject({ storage: 'indexeddb', manifest })
    expect(await next.stored()).toMatchObject({ torn: [], active: { manifest } })
    await next.unharmed()
    await context.close()
  })
})

describe('F21: another script writes junk into our database', () => {
  test('into every store: refused, dropped, fetched again', async () => {
    const { context, visit, items } = await returning('/bare')
    const junk = `
      const db = await done(indexedDB.open('foryou'))
      const values = [null, 0, NaN, '', 'junk', [], {}, [[]], new Date(), new ArrayBuffer(8), new Map([[1, 2]]), /x/,
        { manifest: 1 }, { item: '__proto__', kind: 'view', at: Infinity }, { item: 5 }, -1n, new Blob(['x'])]
      for (const name of db.objectStoreNames) {
        const transaction = db.transaction(name, 'readwrite')
        const store = transaction.objectStore(name)
        const keys = await done(store.getAllKeys())
        if (name !== 'history') for (const [i, key] of keys.entries()) store.put(values[i % values.length], key)
        for (const [i, value] of values.entries()) store.put(value, name === 'history' ? 1e6 + i : 'junk' + i)
        await new Promise((resolve, reject) => { transaction.oncomplete = resolve; transaction.onabort = () => reject(transaction.error) })
      }
      db.close()`
    await (await otherScript(context, junk)).close()
    await visit.page.goto(stage.origin)
    expect(await visit.settled()).toMatchObject({ uptake: 'success', storage: 'indexeddb', manifest })
    const slate = await visit.slate()
    expect(slate).toMatchObject({ reason: 'personal', manifest })
    expect(itemsOf(slate)).toEqual(items)
    await visit.unharmed()
    await context.close()
  })
})
