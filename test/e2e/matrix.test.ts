import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { writeBundle } from '../../models/build/builtBundle.ts'
import { readBase } from '../../models/cli/readBase.ts'
import { deltaRelease } from '../../models/pipeline/deltaRelease.ts'
import { defaultSettings } from '../../models/settings.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import { isDelta } from '../../shared/bundle/deltaFile.ts'
import type { Head } from '../../shared/bundle/manifest.ts'
import { playRecording, type RecordedSite, recordings } from '../fixtures/recording.ts'
import { answered } from './faultyEdge.ts'
import { openBrowser, trainedFolder } from './site.ts'
import { Stage, Visit } from './stage.ts'

/** Recorded versions against the code of today (failure table, F32): see test/fixtures/README.md. */
const world = syntheticWorld()
const scratch = mkdtempSync(join(tmpdir(), 'foryou-matrix-'))
let stage: Stage
let browser: Browser
/** Names of today's release, and of a delta on it. */
let release: string
let delta: string

beforeAll(async () => {
  const folder = await trainedFolder(world)
  ;[stage, browser] = await Promise.all([Stage.open(), openBrowser()])
  release = await stage.publishFolder(join(folder, 'release'))
  const { base } = await readBase(folder)
  const options = { site: 'foryou', fingerprint: base.manifest.data.fingerprint, archive: true }
  const made = await deltaRelease(base, world, 'popularity', defaultSettings('time').gate, options)
  expect(made.release.manifest.files.some(({ role }) => isDelta(role))).toBe(true)
  await writeBundle(made.release, join(scratch, 'delta'))
  delta = await stage.publishFolder(join(scratch, 'delta'))
})
afterEach(() => stage.proxy.begin(null))
afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true })
  await browser?.close()
  await stage?.close()
})

/** A new visitor of a page sees the popular list, three of its items, and then a list of their own. */
async function becomesPersonal(page: Record<string, string>, manifest: string | null) {
  const context = await browser.newContext()
  const visit = await Visit.to(`${stage.origin}/?${new URLSearchParams(page)}`, context)
  expect(await visit.settled()).toMatchObject({ uptake: 'success', storage: 'indexeddb' })
  const popular = (await visit.slate()).items.map(({ item }) => item)
  const seen = popular.slice(0, 3)
  await visit.record(...seen)
  const slate = await visit.slate()
  expect(slate.reason).toBe('personal')
  if (manifest) expect(slate.manifest).toBe(manifest)
  expect(slate.items).toHaveLength(12)
  const items = slate.items.map(({ item }) => item)
  expect(items.filter((item) => seen.includes(item))).toEqual([])
  const unseen = popular.filter((item) => !seen.includes(item))
  expect(items.slice(0, unseen.length)).not.toEqual(unseen)
  expect(slate.items.every(({ details }) => details?.title)).toBe(true)
  await visit.unharmed()
  return { context, visit, items }
}

/** Loaders that compute other versions of features than those that today's rankers read. */
const OTHER_FEATURES = ['f783880']

describe.each(OTHER_FEATURES)('the loader of %s', (name) => {
  test('refuses a release whose features it computes otherwise, and leaves the page unharmed', async () => {
    await stage.promote(release)
    const recorded = await playRecording(name, stage.keys.pins)
    const context = await browser.newContext()
    const page = { loader: recorded.url, endpoint: stage.proxy.url }
    const visit = await Visit.to(`${stage.origin}/?${new URLSearchParams(page)}`, context)
    expect(await visit.settled()).toMatchObject({ uptake: 'bundle-error', manifest: null })
    await visit.unharmed()
    await context.close()
    recorded.stop()
  })
})

describe.each(recordings().filter((name) => !OTHER_FEATURES.includes(name)))('the loader of %s', (name) => {
  let recorded: RecordedSite
  let page: Record<string, string>
  beforeAll(async () => {
    recorded = await playRecording(name, stage.keys.pins)
    page = { loader: recorded.url, endpoint: stage.proxy.url }
  })
  afterAll(() => recorded?.stop())

  test('ranks with a release of today from the edge of today', async () => {
    await stage.promote(release)
    await (await becomesPersonal(page, release)).context.close()
  })

  test('ranks with a delta', async () => {
    await stage.promote(delta)
    await (await becomesPersonal(page, delta)).context.close()
  })

  test('minds neither a canary, nor an overlay, nor fields that it does not know', async () => {
    await stage.promote(release)
    await stage.change('canary', { manifest: delta, permille: 1 })
    const issued = Date.now()
    await stage.overlay({ schema: 1, site: 'foryou', issued, withdrawn: [world.catalogue[0]!.id], items: [] })
    const later = { backoff: 600, later: { of: ['some', 'shape'] } } as Partial<Head>
    const head = await stage.head(later)
    expect(JSON.parse(JSON.parse(head).payload)).toMatchObject({
      canary: {},
      overlay: expect.any(String),
      ...later,
    })
    stage.proxy.begin(answered(/\/v1\/head$/, 200, { 'content-type': 'application/json' }, head))
    await (await becomesPersonal(page, release)).context.close()
  })

  test('keeps what it has where a later edge speaks another major version', async () => {
    await stage.promote(release)
    const { context, visit, items } = await becomesPersonal(page, release)
    const head = await stage.head({ schema: 2 } as object)
    stage.proxy.begin(answered(/\/v1\/head$/, 200, { 'content-type': 'application/json' }, head))
    expect(await visit.update()).toBe('parse-error')
    const slate = await visit.slate()
    expect(slate).toMatchObject({ reason: 'personal', manifest: release })
    expect(slate.items.map(({ item }) => item)).toEqual(items)
    await visit.unharmed()
    await context.close()
  })
})

describe.each(recordings())('the edge of %s', (name) => {
  test('serves the loader of today', async () => {
    const recorded = await playRecording(name, stage.keys.pins)
    const page = { loader: stage.proxy.url, endpoint: recorded.url, pins: JSON.stringify(recorded.pins) }
    await (await becomesPersonal(page, null)).context.close()
    recorded.stop()
  })
})
