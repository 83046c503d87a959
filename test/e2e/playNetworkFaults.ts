import type { Browser, BrowserContext } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { NetworkFault } from './networkFaults.ts'
import { openBrowser } from './site.ts'
import { SEEN, Stage, Visit } from './stage.ts'

/**
 * Plays faults one after the other: a visitor who has the release before comes back while there is a newer one, the fault is
 * there from the first request, then it ends. Whatever the row, the page is unharmed, the device holds nothing that is torn,
 * and afterwards the newest release arrives.
 */
export function playNetworkFaults(rows: readonly NetworkFault[]): void {
  let stage: Stage
  let browser: Browser
  let visitor: { context: BrowserContext; manifest: string; items: readonly string[] } | null = null

  beforeAll(async () => {
    ;[stage, browser] = await Promise.all([Stage.open(), openBrowser()])
  })
  afterEach(() => stage.proxy.begin(null))
  afterAll(async () => {
    await browser?.close()
    await stage?.close()
  })

  test.each(rows)('$id: $what', async ({ inject, uptake, arrives }) => {
    // Each row leaves the next one a visitor who is up to date, unless it failed.
    visitor ??= await returningVisitor(stage, browser)
    const { context, manifest: old, items } = visitor
    visitor = null
    const fresh = await stage.release()
    const now = arrives ? fresh : old
    stage.proxy.begin(await inject(stage))
    const visit = await Visit.to(stage.origin, context)
    expect(await visit.settled()).toMatchObject({ uptake, storage: 'indexeddb', manifest: now })
    const slate = await visit.slate()
    expect(slate).toMatchObject({ reason: 'personal', manifest: now })
    expect(slate.items.map(({ item }) => item)).toEqual(items)
    expect(await visit.shows()).toEqual(items)
    expect(await visit.stored()).toMatchObject({ torn: [], history: SEEN, active: { manifest: now } })
    expect(mostAsked(stage.proxy.answered)).toBeLessThanOrEqual(2)

    stage.proxy.begin(null)
    await visit.minuteLater()
    expect(await visit.update()).toBe(arrives ? 'up-to-date' : 'success')
    expect(await visit.slate()).toMatchObject({ reason: 'personal', manifest: fresh })
    const seqs = [[expect.any(String), stage.seq]]
    expect(await visit.stored()).toMatchObject({ torn: [], active: { manifest: fresh, seqs } })
    await visit.unharmed()
    await visit.close()
    visitor = { context, manifest: fresh, items }
  })
}

/** Somebody who has seen three films and has the live release. */
async function returningVisitor(stage: Stage, browser: Browser) {
  const manifest = await stage.release()
  const context = await browser.newContext()
  const visit = await Visit.to(stage.origin, context)
  await visit.settled()
  await visit.record(...SEEN)
  const slate = await visit.slate()
  expect(slate).toMatchObject({ reason: 'personal', manifest })
  await visit.close()
  return { context, manifest, items: slate.items.map(({ item }) => item) }
}

/** How often one path of the edge was asked for: once, and once more past every cache. */
function mostAsked(paths: readonly string[]): number {
  const api = paths.filter((path) => path.startsWith('/v1/'))
  return Math.max(0, ...api.map((path) => api.filter((other) => other === path).length))
}
