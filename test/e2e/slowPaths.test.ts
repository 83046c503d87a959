import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LocalEdge } from '../../models/publish/localEdge.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import type { ThreadStatus } from '../../shared/domain/rankerThread.ts'
import type { Slate } from '../../shared/domain/slate.ts'
import { hostPage } from './hostPage.ts'
import { liveEdge, newVisitor, openBrowser, trainedFolder } from './site.ts'

/** What a browser or a page's policy can refuse, and by what the same slate then comes. */
let edge: LocalEdge
let browser: Browser
let host: Server
let origin: string
/** Everybody's films, seen at the same moment. */
let seen: readonly { item: string; kind: 'view'; at: number }[]

beforeAll(async () => {
  const folder = await trainedFolder(syntheticWorld())
  ;[edge, browser] = await Promise.all([liveEdge(join(folder, 'release')), openBrowser()])
  host = createServer((incoming, response) => {
    const policy = new URL(incoming.url ?? '/', origin).searchParams.get('csp')
    if (policy) response.setHeader('content-security-policy', policy)
    response.setHeader('content-type', 'text/html; charset=utf-8').end(hostPage(edge.url))
  })
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(host.address() as AddressInfo).port}`
})
afterAll(async () => {
  await browser?.close()
  host?.close()
  await edge?.stop()
})

/** Runs code in the page, with its edge's client. */
const inPage = <T>(page: Page, code: string): Promise<T> =>
  page.evaluate(`(async () => {
    const { createForYou } = await import('${edge.url}/foryou.js')
    const client = createForYou({ endpoint: '${edge.url}', consent: 'granted' })
    ${code}
  })()`)
const status = (page: Page): Promise<ThreadStatus> => inPage(page, 'return client.status()')
const slate = (page: Page): Promise<Slate> => inPage(page, 'return client.recommend({ k: 12 })')
const itemsOf = ({ items }: Slate) => items.map(({ item }) => item)

/** The slate of a visitor who has seen the three films, once the network is computed as it should be. */
async function personal(page: Page, network: ThreadStatus['network']): Promise<Slate> {
  seen ??= itemsOf(await slate(page))
    .slice(3, 6)
    .map((item) => ({ item, kind: 'view', at: Date.now() }))
  await inPage(page, `for (const one of ${JSON.stringify(seen)}) await client.record(one)`)
  await inPage(page, 'return client.update()')
  await expect.poll(async () => (await status(page)).network, { timeout: 15_000 }).toBe(network)
  return slate(page)
}

async function expectPersonal(page: Page, network: ThreadStatus['network']): Promise<void> {
  const got = await personal(page, network)
  expect(got).toMatchObject({ reason: 'personal', partial: false })
  expect(itemsOf(got)).toEqual(await usual())
}

/** What a browser ranks that refuses nothing. */
let ranked: Promise<string[]> | undefined
function usual(): Promise<string[]> {
  ranked ??= (async () => {
    const { context, page } = await newVisitor(browser)
    await page.goto(origin)
    const items = itemsOf(await personal(page, 'wasm'))
    await context.close()
    return items
  })()
  return ranked
}

async function visit(policy: string, prepare?: (context: BrowserContext) => Promise<unknown>) {
  await usual()
  const visitor = await newVisitor(browser)
  await prepare?.(visitor.context)
  await visitor.page.goto(`${origin}/?csp=${encodeURIComponent(policy)}`)
  return visitor
}

describe('F35, F36: the same slate by the slower path', () => {
  test('a policy without wasm-unsafe-eval: tfjs in plain JavaScript', async () => {
    const { context, page, errors } = await visit(
      `script-src 'unsafe-inline' ${edge.url}; worker-src blob: ${edge.url}`,
    )
    await expectPersonal(page, 'cpu')
    expect(page.workers()).toHaveLength(1)
    expect(errors).toEqual([])
    await context.close()
  })

  test('tfjs cannot be loaded at all: the plain forward pass', async () => {
    const { context, page, errors } = await visit('', (c) => c.route(/\/tfjs-/, (route) => route.abort()))
    await expectPersonal(page, 'plain')
    await expect.poll(async () => (await status(page)).problems.join()).toContain('tfjs-cpu')
    expect(errors).toEqual([])
    await context.close()
  })

  test('a policy that refuses workers: the page itself, without tfjs', async () => {
    const { context, page, errors } = await visit("worker-src 'none'")
    await expectPersonal(page, 'plain')
    expect(page.workers()).toHaveLength(0)
    expect(errors).toEqual([])
    await context.close()
  })

  test("default-src 'self', on a page of the edge's own origin", async () => {
    await usual()
    const { context, page, errors } = await newVisitor(browser)
    await context.route(`${edge.url}/strict`, (route) =>
      route.fulfill({
        contentType: 'text/html',
        headers: { 'content-security-policy': "default-src 'self'" },
        body: '<!doctype html><for-you consent="granted" k="12"></for-you><script type="module" src="/foryou.js"></script>',
      }),
    )
    await page.goto(`${edge.url}/strict`)
    await expectPersonal(page, 'wasm')
    await page.locator('for-you [data-item]').first().waitFor()
    expect(errors).toEqual([])
    await context.close()
  })
})

/** By then a command has reached the thread. */
const BEGUN_MS = 200

describe('F34: the thread', () => {
  test.each([
    ['hangs', 'for (;;);'],
    ['dies', 'setTimeout(() => { throw new Error("dead") })'],
  ])('%s: another one takes over, with the same slate', async (_, code) => {
    const { context, page, errors } = await visit('')
    await expectPersonal(page, 'wasm')
    const [before] = page.workers()
    void before!.evaluate(code).catch(() => undefined)
    await page.waitForTimeout(BEGUN_MS)
    expect(itemsOf(await slate(page))).toEqual(await usual())
    expect(page.workers().at(-1)).not.toBe(before)
    expect(errors).toEqual([])
    await context.close()
  })
})
