import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright'
import type { Io } from '../../models/cli/command.ts'
import { readReport, trainTo } from '../../models/cli/trainTo.ts'
import type { Dataset } from '../../models/dataset.ts'
import { createEdgeClient } from '../../models/publish/edgeClient.ts'
import { ensureKeys } from '../../models/publish/keys.ts'
import { type LocalEdge, startLocalEdge } from '../../models/publish/localEdge.ts'
import { publishBundle } from '../../models/publish/publishBundle.ts'
import { BROWSER_ARGS, findBrowser } from '../findBrowser.ts'

export const ROOT = resolve(import.meta.dirname, '..', '..')

const silent: Io = {
  out: () => {},
  note: () => {},
  env: process.env,
  cwd: ROOT,
  root: ROOT,
  interactive: false,
  now: () => Date.now(),
}

/** The bundles of a dataset, trained once for each state of the code. */
export async function trainedFolder(dataset: Dataset): Promise<string> {
  const hash = createHash('sha256').update(dataset.name)
  for (const folder of ['models', 'shared']) {
    const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).filter((e) =>
      e.isFile(),
    )
    for (const path of entries.map((e) => join(e.parentPath, e.name)).sort()) hash.update(readFileSync(path))
  }
  const folder = join(ROOT, '.cache', 'bundles', `test-${dataset.name}-${hash.digest('hex').slice(0, 16)}`)
  if (!(await readReport(folder))) {
    await trainTo(folder, dataset, { site: 'foryou', linkTemplate: '/film?id={id}', settings: {} }, silent)
  }
  return folder
}

/** The real Worker with one bundle live, on a port of its own. */
export async function liveEdge(bundleFolder: string): Promise<LocalEdge> {
  const { release, tokens } = await ensureKeys(ROOT)
  const persistDir = mkdtempSync(join(tmpdir(), 'foryou-edge-'))
  const edge = await startLocalEdge({ root: ROOT, port: 0, persistDir, site: 'foryou' })
  const client = createEdgeClient({ endpoint: edge.url, tokens })
  const { manifest } = await publishBundle(bundleFolder, client, { releaseKeys: release })
  await client.change('promote', { manifest, op: crypto.randomUUID() })
  return edge
}

export async function openBrowser(): Promise<Browser> {
  const executablePath = await findBrowser()
  return chromium.launch({
    ...(executablePath && { executablePath }),
    chromiumSandbox: false,
    args: BROWSER_ARGS,
  })
}

/** Everything that a page sends. */
export interface Sent {
  readonly method: string
  readonly url: string
  readonly body: string
  readonly headers: string
}

/** A visitor nobody knows, whose page errors fail the test that looks at them. */
export async function newVisitor(
  browser: Browser,
): Promise<{ context: BrowserContext; page: Page; errors: string[]; requests: Sent[] }> {
  const context = await browser.newContext()
  const page = await context.newPage()
  const errors: string[] = []
  const requests: Sent[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  context.on('request', (request) =>
    requests.push({
      method: request.method(),
      url: request.url(),
      body: request.postData() ?? '',
      headers: JSON.stringify(request.headers()),
    }),
  )
  return { context, page, errors, requests }
}

export interface Shown {
  readonly reason: string | null
  readonly items: readonly string[]
}

/** Waits until the element shows what `until` accepts, at most 10 s. */
export async function shown(
  page: Page,
  surface: string,
  until: (slate: Shown) => boolean = () => true,
): Promise<Shown> {
  const host = page.locator(`for-you[surface="${surface}"]`).first()
  const read = async (): Promise<Shown & { state: string | null }> => ({
    state: await host.getAttribute('data-state'),
    reason: await host.getAttribute('data-reason'),
    items: await host
      .locator('[data-item]')
      .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-item') ?? '')),
  })
  const deadline = Date.now() + 10_000
  let last = await read()
  while (!(last.state === 'ready' && until(last))) {
    if (Date.now() > deadline)
      throw new Error(`"${surface}" did not get there within 10 s: ${JSON.stringify(last)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    last = await read()
  }
  return { reason: last.reason, items: last.items }
}
