import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { open, readBundle } from '../../models/build/builtBundle.ts'
import type { LocalEdge } from '../../models/publish/localEdge.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { Slate } from '../../shared/domain/slate.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { runForYou } from '../models/runForYou.ts'
import { liveEdge, newVisitor, openBrowser, ROOT, shown, trainedFolder } from './site.ts'

let edge: LocalEdge
let browser: Browser
let bundle: Bundle
/** Small: it is not the ranking that is tested here. */
const world = { ...syntheticWorld({ visitors: 600, days: 60, films: 200 }), name: 'few-films' }
const GENRE = 'Animation'

beforeAll(async () => {
  const folder = await trainedFolder(world)
  bundle = open(await readBundle(join(folder, 'release')))
  ;[edge, browser] = await Promise.all([liveEdge(join(folder, 'release')), openBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await edge?.stop()
})

/** The command line as a person calls it, with the keys of this project, against the edge of this test. */
async function items(...argv: string[]): Promise<string> {
  const changes = { env: { FORYOU_EDGE: edge.url }, now: Date.now }
  const { code, out, err } = await runForYou(ROOT, ['items', ...argv], ROOT, changes)
  const said = `${err}\n${out}`
  expect(said + code).toMatch(/0$/)
  return said
}
const popular = async () => (await (await fetch(`${edge.url}/v1/popular`)).json()) as Slate
const idsOf = ({ items: own }: Slate) => own.map(({ item }) => item)
/**
 * The edge is asked now: not ten minutes after the last time, nor when the browser's copy of the head is a minute old. What
 * is under way ends first, in every tab: it may have asked before the change, and a further call would only join it.
 */
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

function ofGenre(k: number): string[] {
  const slate = createRecommender(bundle).recommend({ surface: 'popular', history: [], now: 0, k: 100 })
  const has = new Map(world.catalogue.map(({ id, attributes }) => [id, attributes?.genre ?? []]))
  return idsOf(slate)
    .filter((id) => has.get(id)!.includes(GENRE))
    .slice(0, k)
}

async function view(page: Page, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await page.goto(`${edge.url}/film?id=${encodeURIComponent(id)}`)
    await shown(page, 'similar')
  }
}

test('a withdrawn film leaves open pages, the popular list, other tabs, and stays away without a network', async () => {
  const { context, page, errors } = await newVisitor(browser)
  await page.goto(`${edge.url}/`)
  const before = await shown(page, 'for-you')
  const [gone, other] = [before.items[0]!, before.items[1]!]
  const tab = await context.newPage()
  await tab.goto(`${edge.url}/`)
  expect((await shown(tab, 'for-you')).items).toContain(gone)
  expect(idsOf(await popular())).toContain(gone)

  expect(await items('withdraw', gone, 'no-such-film')).toContain('is in no live catalogue')
  expect(await items('withdraw', gone)).toContain('Nothing had to be changed')
  expect(await items('list')).toMatch(new RegExp(`withdrawn +${gone} +\\S`))
  expect(idsOf(await popular())).not.toContain(gone)
  expect(idsOf(await popular())).toContain(other)
  expect(await (await fetch(`${edge.url}/v1/popular.html`)).text()).not.toContain(`data-item="${gone}"`)

  expect(await contact(page)).toBe('up-to-date')
  for (const open of [page, tab]) {
    for (const surface of ['for-you', 'popular', 'trending'])
      await shown(open, surface, ({ items: own }) => own.length === 12 && !own.includes(gone))
  }
  await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)')
  await page.reload()
  await context.setOffline(true)
  await page.reload()
  const offline = await shown(page, 'for-you')
  expect(offline.items).toHaveLength(12)
  expect(offline.items).not.toContain(gone)
  await context.setOffline(false)

  await items('restore', gone, 'no-such-film')
  await contact(page)
  await shown(page, 'for-you', ({ items: own }) => own.includes(gone))
  expect(idsOf(await popular())).toContain(gone)
  expect(errors).toEqual([])
  await context.close()
})

test('an added film is new at once, and for whom it suits; another price is shown', async () => {
  const { context, page, errors } = await newVisitor(browser)
  await page.goto(`${edge.url}/`)
  await view(page, ofGenre(3))
  await page.goto(`${edge.url}/`)
  const before = await shown(page, 'for-you', ({ reason }) => reason === 'personal')

  const folder = mkdtempSync(join(tmpdir(), 'foryou-items-'))
  const file = join(folder, 'new.csv')
  writeFileSync(file, `item,title,genre,price\nnew-1,The Paper Fox,${GENRE},9.5\n,Nobody,${GENRE},1\n`)
  const said = await items('add', file)
  expect(said).toContain('new.csv:3 no item')
  expect(said).toMatch(/added +new-1 +The Paper Fox, [1-9]\d* terms?\b/)
  const priced = before.items[0]!
  expect(await items('price', priced, '12.25')).toContain('price 12.25')

  await contact(page)
  const own = await shown(page, 'for-you', ({ items: now }) => now.includes('new-1'))
  expect(own.items.indexOf('new-1')).toBe(11) // the last place, unless it has earned a better one
  const latest = await page.evaluate(
    `document.querySelector('for-you').client.recommend({ surface: 'new', k: 5 })`,
  )
  expect(idsOf(latest as Slate)[0]).toBe('new-1')
  const price = page.locator(`for-you[surface="for-you"] [data-item="${priced}"] [part=price]`).first()
  await expect.poll(() => price.textContent(), { timeout: 10_000 }).toMatch(/^12[.,]25$/)
  const card = page.locator('for-you[surface="for-you"] [data-item="new-1"]').first()
  expect(await card.innerText()).toMatch(
    /The Paper Fox\s+9[.,]5\s+Because you viewed|The Paper Fox\s+9[.,]5\s+Like/,
  )

  await view(page, ['new-1'])
  await page.goto(`${edge.url}/`)
  expect((await shown(page, 'recent')).items[0]).toBe('new-1')
  expect((await shown(page, 'for-you')).items).not.toContain('new-1')
  await items('clear')
  await contact(page)
  await shown(page, 'recent', ({ items: own }) => !own.includes('new-1')) // known no more, and no error
  expect(errors).toEqual([])
  await context.close()
})
