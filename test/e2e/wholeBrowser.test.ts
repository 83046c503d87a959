import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { answered, changed } from './faultyEdge.ts'
import { RawBrowser } from './rawBrowser.ts'
import { newVisitor, openBrowser, shown } from './site.ts'
import { SEEN, Stage, Visit } from './stage.ts'

/** Faults for which a browser has to be started anew, or differently; numbers of the design's failure table. */
let stage: Stage
let browser: Browser
let manifest: string
const profile = mkdtempSync(join(tmpdir(), 'foryou-profile-'))

beforeAll(async () => {
  ;[stage, browser] = await Promise.all([Stage.open(), openBrowser()])
  manifest = await stage.release()
})
afterEach(() => stage.proxy.begin(null))
afterAll(async () => {
  await browser?.close()
  await stage?.close()
  rmSync(profile, { recursive: true, force: true })
})

describe('F14: the files of the database are damaged', () => {
  test('while the browser was closed: there is something to see, and then all is fetched again', async () => {
    const first = await RawBrowser.start(profile)
    const visit = await Visit.to(stage.origin, first.context)
    await visit.settled()
    await visit.record(...SEEN)
    await first.close()

    const stores = join(profile, 'Default', 'IndexedDB')
    const files = readdirSync(stores, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    expect(files.length).toBeGreaterThan(3)
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name)
      writeFileSync(
        path,
        readFileSync(path).map((byte) => byte ^ 0x5a),
      )
    }

    const second = await RawBrowser.start(profile)
    const later = await Visit.to(stage.origin, second.context)
    expect(await later.settled()).toMatchObject({ manifest })
    expect((await later.slate()).items).toHaveLength(12)
    await later.record(...SEEN)
    expect(await later.slate()).toMatchObject({ reason: 'personal', manifest })
    await later.unharmed()
    await second.close()
  })
})

describe('F16: a page on plain http', () => {
  test('has no WebCrypto: nothing is verified, so the site’s own content stays', async () => {
    const plain = mkdtempSync(join(tmpdir(), 'foryou-plain-'))
    const raw = await RawBrowser.start(plain, ['--host-resolver-rules=MAP shop.test 127.0.0.1'])
    const visit = await Visit.to(stage.origin.replace('127.0.0.1', 'shop.test'), raw.context)
    expect(await visit.page.evaluate('crypto.subtle === undefined')).toBe(true)
    expect(await visit.settled()).toMatchObject({ uptake: 'sign-error', manifest: null })
    expect(await visit.slate()).toMatchObject({ items: [], reason: 'no-bundle' })
    expect(await visit.shows()).toBe('own content')
    await visit.unharmed()
    await raw.close()
    rmSync(plain, { recursive: true, force: true })
  })
})

describe('F23: the film site’s own service worker', () => {
  async function withWorker() {
    const visitor = await newVisitor(browser)
    await visitor.page.goto(`${stage.proxy.url}/`)
    await shown(visitor.page, 'for-you')
    await visitor.page.evaluate('navigator.serviceWorker.ready.then(() => undefined)')
    return visitor
  }
  test('an update that throws leaves the old one at work, without a network too', async () => {
    const { context, page, errors } = await withWorker()
    const script = { 'content-type': 'text/javascript' }
    stage.proxy.begin(answered(/\/sw\.js/, 200, script, 'throw new Error("broken")'))
    const updated = `navigator.serviceWorker.getRegistration().then((r) => r.update()).then(() => 'updated', () => 'refused')`
    expect(await page.evaluate(updated)).toBe('refused')
    await page.reload()
    await context.setOffline(true)
    await page.reload()
    expect((await shown(page, 'for-you')).items.length).toBeGreaterThan(0)
    expect(errors).toEqual([])
    await context.close()
  })
  test('without its caches the network serves', async () => {
    const { context, page, errors } = await withWorker()
    await page.reload()
    await page.evaluate(
      'caches.keys().then((names) => Promise.all(names.map((name) => caches.delete(name))))',
    )
    await page.reload()
    expect((await shown(page, 'for-you')).items.length).toBeGreaterThan(0)
    expect(errors).toEqual([])
    await context.close()
  })
  test('stopped in the middle of a visit, it starts again', async () => {
    const { context, page, errors } = await withWorker()
    const session = await context.newCDPSession(page)
    await session.send('ServiceWorker.enable')
    await session.send('ServiceWorker.stopAllWorkers')
    await page.reload()
    expect((await shown(page, 'for-you')).items.length).toBeGreaterThan(0)
    expect(errors).toEqual([])
    await context.close()
  })
})

describe('T7: a script of the loader’s that was changed on its way', () => {
  test.each(['bridge', 'ranker'])(
    'the %s never runs, and the site’s own content or the popular list stays',
    async (name) => {
      const context = await browser.newContext()
      const where = new RegExp(`/assets/${name}-`)
      stage.proxy.begin(
        changed(where, (reply) => {
          const body = Buffer.concat([reply.body, Buffer.from('\n;globalThis.owned = true')])
          return { ...reply, headers: { ...reply.headers, 'content-length': String(body.length) }, body }
        }),
      )
      const visit = await Visit.to(stage.origin, context)
      await visit.page.locator('for-you:is([data-state=ready], [data-state=error])').waitFor()
      await expect(visit.status()).rejects.toThrow()
      expect(await visit.page.evaluate('globalThis.owned')).toBeUndefined()
      expect(await visit.page.evaluate('indexedDB.databases()')).toEqual([])
      await visit.unharmed()
      await context.close()
    },
  )

  test.each(['ranking', 'update'])('nor does the part "%s" of the ranker', async (name) => {
    const context = await browser.newContext()
    stage.proxy.begin(
      changed(new RegExp(`/assets/${name}-`), (reply) => {
        const body = Buffer.concat([reply.body, Buffer.from('\n;globalThis.owned = true')])
        return { ...reply, headers: { ...reply.headers, 'content-length': String(body.length) }, body }
      }),
    )
    const visit = await Visit.to(stage.origin, context)
    await expect.poll(async () => (await visit.status()).problems.join()).toMatch(`${name}-`)
    await expect.poll(async () => (await visit.status()).uptake).toBe('network-error')
    // Whoever had run it would have a bundle by now.
    expect((await visit.status()).manifest).toBeNull()
    await visit.unharmed()
    await context.close()
  })
})
