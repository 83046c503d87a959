import type { Browser, BrowserContext } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Fault } from './faultyEdge.ts'
import { openBrowser } from './site.ts'
import { SEEN, Stage, Visit } from './stage.ts'

/** What a first visitor has to wait for, and what not. */
let stage: Stage
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  ;[stage, browser] = await Promise.all([Stage.open(), openBrowser()])
  await stage.release()
})
beforeEach(async () => {
  context = await browser.newContext()
})
afterEach(async () => {
  stage.proxy.begin(null)
  await context.close()
})
afterAll(async () => {
  await browser?.close()
  await stage?.close()
})

/** Answers wait until they are let go. */
function held(where: RegExp): { fault: Fault; letGo(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    async fault({ path, answer, upstream }) {
      if (!where.test(path)) return false
      await promise
      answer(await upstream())
      return true
    },
    letGo: resolve,
  }
}

const pathOf = (role: string) => {
  const file = stage.releases.at(-1)!.manifest.files.find((one) => one.role === role)!
  return `/v1/b/${file.sha256}`
}

test('the popular slate waits for none of the ranker’s scripts, and is replaced once they are there', async () => {
  const scripts = held(/^\/assets\//)
  stage.proxy.begin(scripts.fault)
  const visit = await Visit.to(stage.origin, context)
  const popular = Array.from({ length: 12 }, (_, i) => `f${i}`)
  expect(await visit.shows()).toEqual(popular)
  expect(stage.proxy.answered.filter((path) => path.startsWith('/assets/'))).toEqual([])
  scripts.letGo()
  expect((await visit.settled()).manifest).not.toBeNull()
  expect(await visit.shows()).toEqual(popular)
  await visit.unharmed()
})

test('all scripts that a first slate needs are asked for at once, before one of them has come', async () => {
  const scripts = held(/^\/assets\//)
  stage.proxy.begin(scripts.fault)
  const visit = await Visit.to(stage.origin, context)
  const asked = () =>
    stage.proxy.begun.flatMap((path) => /^\/assets\/(\w+)-/.exec(path)?.slice(1) ?? []).sort()
  await expect.poll(asked).toEqual(['bridge', 'ranker', 'ranking', 'update'])
  scripts.letGo()
  await visit.settled()
  // What was fetched ahead is not fetched again by the thread.
  expect(asked()).toEqual(['bridge', 'ranker', 'ranking', 'update'])
})

test('the first personal slate comes from the first shard, while the second is still on its way', async () => {
  const shard = pathOf('content/1')
  const late = held(new RegExp(shard))
  stage.proxy.begin(late.fault)
  const visit = await Visit.to(stage.origin, context)
  await visit.record(...SEEN)
  const first = await visit.slate()
  expect(first).toMatchObject({ reason: 'personal', partial: true })
  expect(first.items.length).toBeGreaterThan(0)
  const numbers = (slate: typeof first) => slate.items.map(({ item }) => Number(item.slice(1)))
  expect(Math.max(...numbers(first))).toBeLessThan(20)
  expect(stage.proxy.begun).toContain(shard)
  late.letGo()
  await expect.poll(async () => (await visit.slate()).partial).toBe(false)
  expect(Math.max(...numbers(await visit.slate()))).toBeGreaterThanOrEqual(20)
  await visit.unharmed()
})
