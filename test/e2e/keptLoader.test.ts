import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEdgeClient } from '../../models/publish/edgeClient.ts'
import { readEmbed } from '../../models/publish/embed.ts'
import { keepLoader } from '../../models/publish/keepLoader.ts'
import { ensureKeys } from '../../models/publish/keys.ts'
import { type LocalEdge, startLocalEdge } from '../../models/publish/localEdge.ts'
import { publishBundle } from '../../models/publish/publishBundle.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import { newVisitor, openBrowser, ROOT, shown, trainedFolder } from './site.ts'

const SITE = join(ROOT, 'dist', 'site')
const embed = readEmbed(SITE)!
let edge: LocalEdge
let browser: Browser
let host: Server
let dir: string
/** The integrity that the page of the host names. */
let integrity = embed.integrity

const page = () => `<!doctype html><title>Shop</title>
<script type="module" crossorigin src="${edge.url}/${embed.loader}" integrity="${integrity}"></script>
<for-you surface="for-you" k="12" consent="granted"><p id="own">Our own list</p></for-you>`

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'foryou-kept-'))
  const { release, tokens } = await ensureKeys(ROOT)
  const options = { root: ROOT, persistDir: join(dir, 'edge'), site: 'foryou' }
  const first = await startLocalEdge({ ...options, port: 0 })
  const client = createEdgeClient({ endpoint: first.url, tokens })
  const { manifest } = await publishBundle(join(await trainedFolder(syntheticWorld()), 'release'), client, {
    releaseKeys: release,
  })
  await client.change('promote', { manifest, op: 'live' })
  expect((await keepLoader(SITE, client.loaders!))!.uploaded).toBe(embed.files.length)
  expect((await keepLoader(SITE, client.loaders!))!.uploaded).toBe(0)
  await first.stop()
  // The next deployment: every file that belonged to this loader is gone.
  const next = join(dir, 'site')
  cpSync(SITE, next, { recursive: true })
  for (const { path } of embed.files) rmSync(join(next, path))
  ;[edge, browser] = await Promise.all([
    startLocalEdge({ ...options, port: first.port, siteDir: next }),
    openBrowser(),
  ])
  host = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(page()))
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await browser?.close()
  await edge?.stop()
  host?.close()
  rmSync(dir, { recursive: true, force: true })
})

const address = () => `http://127.0.0.1:${(host.address() as AddressInfo).port}/`

describe('a page that pins its loader', () => {
  test('goes on working after a deployment that no longer has it', async () => {
    const { context, page: tab, errors } = await newVisitor(browser)
    await tab.goto(address())
    expect((await shown(tab, 'for-you')).items).toHaveLength(12)
    expect(errors).toEqual([])
    await context.close()
  })

  test('runs not one line of a loader that has another hash', async () => {
    integrity = `sha384-${'A'.repeat(64)}`
    const { context, page: tab, errors } = await newVisitor(browser)
    await tab.goto(address())
    await tab.waitForLoadState('networkidle')
    expect(await tab.evaluate('customElements.get("for-you") === undefined')).toBe(true)
    expect(await tab.locator('#own').isVisible()).toBe(true)
    expect(errors).toEqual([])
    integrity = embed.integrity
    await context.close()
  })
})

test('the loader of that name is foryou.js to the byte', () => {
  expect(readFileSync(join(SITE, embed.loader)).equals(readFileSync(join(SITE, 'foryou.js')))).toBe(true)
})
