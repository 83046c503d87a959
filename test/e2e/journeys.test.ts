import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { open, readBundle } from '../../models/build/builtBundle.ts'
import type { LocalEdge } from '../../models/publish/localEdge.ts'
import { seededRandom, shuffle } from '../../models/random.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { hostPage } from './hostPage.ts'
import { liveEdge, newVisitor, openBrowser, shown, trainedFolder } from './site.ts'

let edge: LocalEdge
let browser: Browser
let bundle: Bundle
const world = syntheticWorld()
const genres = new Map(world.catalogue.map((item) => [item.id, item.attributes?.genre ?? []]))
const GENRE = 'Animation'

/** Three films of a genre that people really watch. */
function threeOf(genre: string): string[] {
  const popular = createRecommender(bundle).recommend({ surface: 'popular', history: [], now: 0, k: 100 })
  return popular.items
    .map(({ item }) => item)
    .filter((id) => genres.get(id)!.includes(genre))
    .slice(0, 3)
}
const ofGenre = (items: readonly string[], genre: string) =>
  items.filter((id) => genres.get(id)?.includes(genre)).length

async function view(page: Page, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await page.goto(`${edge.url}/film?id=${encodeURIComponent(id)}`)
    await shown(page, 'similar')
  }
}

beforeAll(async () => {
  const folder = await trainedFolder(world)
  bundle = open(await readBundle(join(folder, 'release')))
  ;[edge, browser] = await Promise.all([liveEdge(join(folder, 'release')), openBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await edge?.stop()
})

describe('a visitor', () => {
  test('first sees what is popular; three films later what is theirs, with reasons; and nothing leaves the device', async () => {
    const { context, page, errors, requests } = await newVisitor(browser)
    await page.goto(`${edge.url}/`)
    const first = await shown(page, 'for-you')
    expect(first.reason).toBe('popular')
    expect(first.items).toHaveLength(12)

    const films = threeOf(GENRE)
    await view(page, films)
    await page.goto(`${edge.url}/`)
    const second = await shown(page, 'for-you', ({ reason }) => reason === 'personal')
    expect(second.items).toHaveLength(12)
    expect(ofGenre(second.items, GENRE)).toBeGreaterThanOrEqual(5)
    expect(ofGenre(second.items, GENRE)).toBeGreaterThanOrEqual(ofGenre(first.items, GENRE) + 2)
    for (const film of films) expect(second.items).not.toContain(film)
    const text = (await page.locator('for-you[surface="for-you"] [data-item]').allInnerTexts()).join('\n')
    const titles = films.map((id) => world.catalogue.find((item) => item.id === id)!.title)
    expect(titles.some((title) => text.includes(title))).toBe(true) // "Because you viewed …"

    // The same by the keyboard alone: a dialog that names a film of theirs, and gives the focus back.
    const why = page.getByRole('button', { name: /^Why this\?/ }).first()
    await why.press('Enter')
    const said = await page.getByRole('dialog', { name: /^Why .+\?$/ }).innerText()
    expect(titles.some((title) => said.includes(title))).toBe(true)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await why.evaluate((button) => button.matches(':focus'))).toBe(true)

    await page.reload()
    expect((await shown(page, 'for-you', ({ reason }) => reason === 'personal')).items).toEqual(second.items)

    const { origin } = new URL(edge.url)
    for (const { method, url, body, headers } of requests) {
      expect(method).toBe('GET')
      expect(body).toBe('')
      const own = new URL(url).origin === origin || url.startsWith('blob:') || url.startsWith('data:')
      expect({ url, own }).toEqual({ url, own: true })
      for (const film of films) expect(headers).not.toContain(film) // no referrer, no cookie
      const asked = new URL(url).pathname + new URL(url).search
      if (asked.startsWith('/film?')) continue // the visitor's own click on a page of the site
      for (const film of films) expect(asked).not.toContain(film)
    }
    expect(errors).toEqual([])
    await context.close()
  })

  test('sees a recorded view change the slate at once, on the same page', async () => {
    const { context, page } = await newVisitor(browser)
    await page.goto(`${edge.url}/film?id=${encodeURIComponent(threeOf(GENRE)[0]!)}`)
    const because = await shown(page, 'because', ({ reason }) => reason === 'personal')
    expect(because.items.length).toBeGreaterThan(0)
    await context.close()
  })

  test('after one visit, ranks with the network cut', async () => {
    const { context, page, errors } = await newVisitor(browser)
    await page.goto(`${edge.url}/`)
    await view(page, threeOf(GENRE))
    await page.goto(`${edge.url}/`)
    const online = await shown(page, 'for-you', ({ reason }) => reason === 'personal')
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)')
    await page.reload() // the first load was before the service worker took over
    await context.setOffline(true)
    await page.reload()
    const offline = await shown(page, 'for-you', ({ reason }) => reason === 'personal')
    expect(offline.items).toEqual(online.items)
    await page.goto(`${edge.url}/film?id=${encodeURIComponent(online.items[0]!)}`)
    expect((await shown(page, 'similar')).items.length).toBeGreaterThan(0)
    expect(errors).toEqual([])
    await context.close()
  })

  test('gets the same slate ten years later', async () => {
    const films = threeOf(GENRE)
    const now = await slateAt(films, undefined)
    const later = await slateAt(films, Date.now() + 10 * 365.25 * 86_400_000)
    expect(later).toEqual(now)
  })

  test('who is new sees popular, whatever others did before', async () => {
    const { context, page } = await newVisitor(browser)
    await page.goto(`${edge.url}/`)
    expect((await shown(page, 'for-you')).reason).toBe('popular')
    await context.close()
  })

  test('can export and clear the history', async () => {
    const { context, page } = await newVisitor(browser)
    await view(page, threeOf(GENRE))
    await page.goto(`${edge.url}/`)
    await shown(page, 'for-you', ({ reason }) => reason === 'personal')
    const stored = await inPage(
      page,
      'const { interactions } = await client.history.export(); await client.history.clear(); return interactions.length',
    )
    expect(stored).toBe(3)
    await page.reload()
    expect((await shown(page, 'for-you')).reason).toBe('popular')
    await context.close()
  })
})

describe('a bundle that is damaged on its way', () => {
  test('is refused: the visitor keeps the last good slate and the page has no error', async () => {
    const { context, page, errors } = await newVisitor(browser)
    await page.goto(`${edge.url}/`)
    await view(page, threeOf(GENRE))
    await page.goto(`${edge.url}/`)
    const good = await shown(page, 'for-you', ({ reason }) => reason === 'personal')
    await context.route('**/v1/**', async (route) => {
      const response = await route.fetch()
      const body = await response.body()
      if (body.length > 0) body[body.length >> 1]! ^= 1
      await route.fulfill({ response, body })
    })
    await page.reload()
    expect((await shown(page, 'for-you', ({ reason }) => reason === 'personal')).items).toEqual(good.items)
    expect(errors).toEqual([])
    await context.close()
  })

  test('leaves a first visitor with the page’s own content, not with an error', async () => {
    const { context, page, errors } = await newVisitor(browser)
    await context.route('**/v1/**', async (route) => {
      const response = await route.fetch()
      const body = await response.body()
      if (body.length > 0) body[body.length >> 1]! ^= 1
      await route.fulfill({ response, body })
    })
    await page.goto(`${edge.url}/`)
    await page.waitForTimeout(2500)
    const host = page.locator('for-you[surface="for-you"]').first()
    expect(await host.getAttribute('data-reason')).not.toBe('personal')
    // Without a catalogue nobody can say that a film does not exist; the visit stays noted.
    await page.goto(`${edge.url}/film?id=${encodeURIComponent(threeOf(GENRE)[0]!)}`)
    await page.getByText('cannot be shown just now').waitFor({ timeout: 20_000 })
    expect(await inPage(page, 'return (await client.history.list()).length')).toBe(1)
    expect(errors).toEqual([])
    await context.close()
  })
})

describe('a page of another origin', () => {
  let host: Server
  let origin: string
  beforeAll(async () => {
    host = createServer((_, response) =>
      response.setHeader('content-type', 'text/html; charset=utf-8').end(hostPage(edge.url)),
    )
    await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
  })
  afterAll(() => host?.close())

  test('embeds by one script tag and becomes personal', async () => {
    const { context, page, errors } = await newVisitor(browser)
    await page.goto(`${origin}/`)
    expect((await shown(page, 'for-you')).reason).toBe('popular')
    await inPage(
      page,
      `for (const item of ${JSON.stringify(threeOf(GENRE))}) await client.record({ item, kind: 'view' })`,
    )
    await page.reload()
    const slate = await shown(page, 'for-you', ({ reason }) => reason === 'personal')
    expect(ofGenre(slate.items, GENRE)).toBeGreaterThanOrEqual(5)
    expect(errors).toEqual([])
    await context.close()
  })
})

describe('the learned ranker', () => {
  const LIKED = [
    'Comedy',
    'Documentary',
    'Action',
    'Crime',
    'Adventure',
    'Romance',
    'Animation',
    'Horror',
    'Fantasy',
  ]
  const failing = (recommender: ReturnType<typeof createRecommender>) =>
    LIKED.filter((genre) => {
      const slate = (ids: readonly string[]) =>
        recommender
          .recommend({ history: ids.map((item, at) => ({ item, kind: 'view' as const, at })), now: 0, k: 12 })
          .items.map(({ item }) => item)
      const before = ofGenre(slate([]), genre)
      const after = ofGenre(slate(threeOf(genre)), genre)
      return after < 5 || after < before + 2
    })

  test('serves three films of any genre with more of it; shuffled weights do not', () => {
    expect(failing(createRecommender(bundle))).toEqual([])
    const { network } = bundle.ranker!
    // A shuffle may come out well by luck, since candidates are personal too; most do not.
    const broken = Array.from({ length: 12 }, (_, seed) => {
      const random = seededRandom(seed + 1)
      const shuffled = {
        ...network,
        w1: Float32Array.from(shuffle([...network.w1], random)),
        w2: Float32Array.from(shuffle([...network.w2], random)),
      }
      return failing(createRecommender(bundle, plainNetwork(shuffled))).length > 0
    })
    expect(broken.filter(Boolean).length).toBeGreaterThanOrEqual(6)
  })
})

/** Runs code in the page with the page's own client. Text, not a function: the test's bundler would rewrite \`import()\`. */
function inPage(page: Page, code: string): Promise<unknown> {
  return page.evaluate(`(async () => {
    const { createForYou } = await import('${edge.url}/foryou.js')
    const client = createForYou({ endpoint: '${edge.url}', consent: 'granted' })
    ${code}
  })()`)
}

/** The slate of a fresh browser that views the films, its clock moved. */
async function slateAt(films: readonly string[], now: number | undefined): Promise<readonly string[]> {
  const { context, page } = await newVisitor(browser)
  if (now !== undefined) await page.clock.setFixedTime(now)
  await view(page, films)
  await page.goto(`${edge.url}/`)
  const { items } = await shown(page, 'for-you', ({ reason }) => reason === 'personal')
  await context.close()
  return items
}
