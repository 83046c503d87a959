import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright'
import { type BuiltBundle, writeBundle } from '../../models/build/builtBundle.ts'
import { createEdgeClient } from '../../models/publish/edgeClient.ts'
import { ensureKeys, readPins } from '../../models/publish/keys.ts'
import { startLocalEdge } from '../../models/publish/localEdge.ts'
import { publishBundle } from '../../models/publish/publishBundle.ts'
import { buildSite } from '../../web/build.ts'
import { BROWSER_ARGS, findBrowser } from '../findBrowser.ts'
import { type Line, slowProxy } from './slowProxy.ts'

/** ms since the navigation began, unless said otherwise. */
export interface FirstVisit {
  /** The first list, whoever made it. */
  readonly popular: number
  readonly personal: number
  readonly whole: number
  /** Longest task of the page's own thread until then, 0 where none took 50 ms, ms. */
  readonly longestTask: number
  /** What the page's own thread works for one `record` and one `recommend`, ms. */
  readonly mainThread: number
}

const ROUNDS = 50

/** Somebody's first visit, over a slow line to the real Worker with the real loader, and what the page's own thread does. */
export async function firstVisit(root: string, bundle: BuiltBundle, line: Line): Promise<FirstVisit> {
  const dir = mkdtempSync(join(tmpdir(), 'foryou-bench-visit-'))
  const closing: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })]
  try {
    const keys = await ensureKeys(dir)
    const siteDir = join(dir, 'site')
    await buildSite({ root, outDir: siteDir, pins: readPins(dir) })
    const { site } = bundle.manifest
    const edge = await startLocalEdge({
      root,
      port: 0,
      persistDir: join(dir, 'edge'),
      siteDir,
      keysDir: dir,
      site,
    })
    closing.push(() => edge.stop())
    await writeBundle(bundle, join(dir, 'release'))
    const client = createEdgeClient({ endpoint: edge.url, tokens: keys.tokens })
    const options = { releaseKeys: keys.release, override: 'for measuring' }
    const { manifest } = await publishBundle(join(dir, 'release'), client, options)
    await client.change('promote', { manifest, op: 'bench' })
    const proxy = await slowProxy(edge.url, line, { '/host': HOST })
    closing.push(() => proxy.stop())
    const executablePath = await findBrowser()
    const browser = await chromium.launch({
      ...(executablePath && { executablePath }),
      chromiumSandbox: false,
      args: BROWSER_ARGS,
    })
    closing.push(() => browser.close())
    const page = await browser.newPage()
    await page.goto(`${proxy.url}/host#${bundle.blobs.size > 0 ? idOf(bundle) : ''}`)
    return await measured(page)
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

/** An item that many want: somebody has just looked at it. */
function idOf({ blobs }: BuiltBundle): string {
  const popular = JSON.parse(new TextDecoder().decode(blobs.get('popular.json')!))
  return popular.items[0].item
}

async function measured(page: Page): Promise<FirstVisit> {
  await page.waitForFunction('globalThis.seen?.whole', undefined, { timeout: 120_000 })
  const seen = await page.evaluate<Omit<FirstVisit, 'mainThread'>>('seen')
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const busy = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000
  }
  await page.evaluate('calls(5)')
  const before = await busy()
  await page.evaluate(`calls(${ROUNDS})`)
  return { ...seen, mainThread: ((await busy()) - before) / ROUNDS }
}

const HOST = `<!doctype html>
<meta charset="utf-8">
<title>Somebody's page</title>
<script>
  const seen = (globalThis.seen = { longestTask: 0 })
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longestTask = Math.max(seen.longestTask, duration)
  }).observe({ type: 'longtask', buffered: true })
  addEventListener('foryou:slate', ({ detail }) => {
    seen.popular ??= performance.now()
    if (detail.reason === 'personal') seen.personal ??= performance.now()
  })
</script>
<for-you surface="for-you" k="20" consent="granted">What the site shows itself.</for-you>
<script type="module">
  import { createForYou } from '/foryou.js'
  const item = location.hash.slice(1)
  const client = createForYou({ endpoint: location.origin, consent: 'granted' })
  client.record({ item })
  globalThis.calls = async (rounds) => {
    document.querySelector('for-you')?.remove()
    for (let n = 0; n < rounds; n++) {
      await client.record({ item })
      await client.recommend({ k: 20 })
    }
  }
  const look = async () => {
    const { uptake } = await client.status()
    if (uptake === 'success' && seen.personal) seen.whole = performance.now()
    else setTimeout(look, 50)
  }
  look()
</script>
`
