import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTokens } from '../../models/publish/keys.ts'
import type { LocalEdge } from '../../models/publish/localEdge.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import { routes } from '../../shared/domain/routes.ts'
import { runForYou } from '../models/runForYou.ts'
import { liveEdge, newVisitor, openBrowser, ROOT, shown, trainedFolder } from './site.ts'

let edge: LocalEdge
let browser: Browser
/** Small: it is not the ranking that is tested here; the same as that of items.test.ts, so that it is trained once. */
const world = { ...syntheticWorld({ visitors: 600, days: 60, films: 200 }), name: 'few-films' }

beforeAll(async () => {
  const folder = await trainedFolder(world)
  ;[edge, browser] = await Promise.all([liveEdge(join(folder, 'release')), openBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await edge?.stop()
})

/** The command line as a merchandiser calls it, against the edge of this test. */
async function rules(...argv: string[]) {
  const { code, out, err } = await runForYou(ROOT, ['rules', ...argv], ROOT, {
    env: { FORYOU_EDGE: edge.url },
    now: Date.now,
  })
  return { code, said: `${err}\n${out}` }
}
/** One contact, past the minute in which a browser's copy of the head is good. */
const contact = (page: Page) =>
  page.evaluate(`(async () => {
    const { client } = document.querySelector('for-you')
    await client.update()
    await fetch('/v1/head', { cache: 'reload', credentials: 'omit' })
    let uptake
    do uptake = await client.update()
    while (uptake === 'busy')
    return uptake
  })()`) as Promise<string>
const popular = async () =>
  ((await (await fetch(`${edge.url}/v1/popular`)).json()) as { items: { item: string }[] }).items.map(
    ({ item }) => item,
  )

test('a pinned film stands in its slot after one contact, an excluded one is gone; removal brings both back', async () => {
  const { context, page, errors } = await newVisitor(browser)
  await page.goto(`${edge.url}/`)
  const before = await shown(page, 'for-you')
  const [gone, pinned] = [before.items[0]!, before.items[8]!]

  const tried = await rules('add', 'Film of the week', 'pin', `item=${pinned}`, 'slot=3', '--dry-run')
  expect(tried).toMatchObject({ code: 0, said: expect.stringMatching(/Of \d+ invented visitors [1-9]/) })
  expect((await rules('show')).said).toContain('There are no rules')

  expect(await rules('add', 'Film of the week', 'pin', `item=${pinned}`, 'slot=3')).toMatchObject({ code: 0 })
  expect(await contact(page)).toBe('up-to-date')
  await shown(page, 'for-you', ({ items }) => items[2] === pinned)

  expect(await rules('add', 'Recall', 'exclude', `items=${gone}`)).toMatchObject({ code: 0 })
  expect(await popular()).not.toContain(gone)
  await contact(page)
  for (const surface of ['for-you', 'popular', 'trending'])
    await shown(page, surface, ({ items }) => items.length === 12 && !items.includes(gone))
  await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)')
  await page.reload()
  await context.setOffline(true)
  await page.reload()
  await shown(page, 'for-you', ({ items }) => items[2] === pinned && !items.includes(gone))
  await context.setOffline(false)

  expect((await rules('show')).said).toMatch(/Film of the week +pin +\S+ at place 3 +everywhere +holds/)
  expect(await rules('remove', 'Film of the week', 'Recall')).toMatchObject({ code: 0 })
  await contact(page)
  await shown(page, 'for-you', ({ items }) => items.includes(gone) && items[2] !== pinned)
  expect(await popular()).toContain(gone)
  expect(errors).toEqual([])
  await context.close()
})

test('a bad document is refused with its reason, by the command line and by the edge', async () => {
  const bad = { schema: 1, rules: [{ name: 'Summer', kind: 'boost', where: { items: ['x'] }, factor: 1000 }] }
  const file = join(mkdtempSync(join(tmpdir(), 'foryou-rules-')), 'summer.json')
  writeFileSync(file, JSON.stringify(bad))
  for (const verb of ['set', 'check']) {
    const { code, said } = await rules(verb, file)
    expect(code).toBe(1)
    expect(said).toContain('summer.json: Rule "Summer": "factor": must be at most 100')
  }
  const { promote } = readTokens(ROOT)
  const response = await fetch(edge.url + routes.admin.rules, {
    method: 'POST',
    headers: { authorization: `Bearer ${promote}`, 'content-type': 'application/json' },
    body: JSON.stringify({ op: 'raw', rules: bad }),
  })
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({
    code: 'bad_data',
    detail: expect.stringContaining('Rule "Summer": "factor"'),
  })
  expect((await rules('show')).said).toContain('There are no rules')
  const unknown = await rules('add', 'Nobody', 'pin', 'item=no-such-film', 'slot=1')
  expect(unknown).toMatchObject({ code: 0, said: expect.stringContaining('has no item "no-such-film"') })
  await rules('clear')
})
