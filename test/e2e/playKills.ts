import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../models/random.ts'
import { refused } from './faultyEdge.ts'
import { RawBrowser } from './rawBrowser.ts'
import { SEEN, Stage, Visit } from './stage.ts'

/** A browser lives for one to so many installations, and then for part of the next, ms. */
const MAX_INSTALLED = 3
const MORE_MS = 250
/** Text, not a function: runs in the page. What was told is what a visitor may have seen. */
const INSTALL_FOR_EVER = `(async () => {
  for (;;) {
    await client.update()
    await client.recommend({ surface: 'for-you', k: 12 })
    window.told = (await client.status()).seq
  }
})()`

/**
 * Kills Chromium at seeded moments while a page installs one large release after the other, and looks at what is left
 * (failure table, F22): the old or the new, never a mixture, never behind what had been acknowledged.
 * @param bytes that each of the two releases has to write
 */
export function playKills(kills: number, seed: number, bytes: number): void {
  const profile = mkdtempSync(join(tmpdir(), 'foryou-killed-'))
  const random = seededRandom(seed)
  let stage: Stage
  let releases: string[]
  /** What was acknowledged at the last kill. */
  let told = 0
  let installed = 0
  let running: RawBrowser | null = null

  beforeAll(async () => {
    stage = await Stage.open()
    releases = [await stage.publish(bytes), await stage.publish(bytes)]
    await stage.promote(releases[0]!)
    const browser = await RawBrowser.start(profile)
    const visit = await Visit.to(stage.origin, browser.context)
    await visit.settled()
    await visit.record(...SEEN)
    await browser.close()
  })
  // What a failed round leaves open would keep the profile from the next.
  afterEach(async () => {
    await running?.kill().catch(() => undefined)
    running = null
  })
  afterAll(async () => {
    await stage?.close()
    rmSync(profile, { recursive: true, force: true })
  })

  test.each(Array.from({ length: kills }, (_, i) => i + 1))('kill %i: old or new, whole', async () => {
    const first = await RawBrowser.start(profile)
    running = first
    const visit = await Visit.to(stage.origin, first.context)
    await visit.settled()
    visit.page.evaluate(INSTALL_FOR_EVER).catch(() => undefined)
    const promoteNext = () => stage.promote(releases[stage.seq % 2]!)
    for (let left = 1 + Math.floor(random() * MAX_INSTALLED); left > 0; left--) {
      await promoteNext()
      await visit.page.waitForFunction(`window.told >= ${stage.seq}`)
      told = stage.seq
      installed++
    }
    await promoteNext()
    await new Promise((resolve) => setTimeout(resolve, random() * MORE_MS))
    await first.kill()

    const second = await RawBrowser.start(profile)
    running = second
    const bare = await Visit.to(`${stage.origin}/bare`, second.context)
    const { active, blobs, torn, history } = await bare.stored()
    expect(torn).toEqual([])
    expect(history).toEqual(SEEN)
    const seq = active!.seqs[0]![1]
    expect(seq).toBeGreaterThanOrEqual(told)
    expect(seq).toBeLessThanOrEqual(stage.seq)
    const release = releases.indexOf(active!.manifest)
    const { manifest } = stage.releases[release]!
    const wanted = manifest.files.filter(({ role }) => role !== 'popular.json')
    const missing = wanted.filter(({ sha256 }) => !blobs.includes(sha256))
    expect(missing).toEqual([])
    told = seq

    // Without the edge: what ranks is what was stored, and exactly that release.
    stage.proxy.begin(refused(/\/v1\//))
    const again = await Visit.to(stage.origin, second.context)
    expect((await again.settled()).uptake).toBe('network-error')
    const slate = await again.slate()
    stage.proxy.begin(null)
    expect(slate).toMatchObject({ reason: 'personal', manifest: active!.manifest })
    const names = slate.items.map(({ item, details }) => `${item}: ${details?.title}`)
    // Killed after the last file was there and before that was recorded, a device has its names at the next contact.
    const recorded = active!.present === wanted.length
    const titleOf = (i: number) =>
      i < 20 ? `Film ${i}, cut ${release + 1}` : recorded ? `Film ${i}` : undefined
    expect(names).toEqual(WESTERNS.map((i) => `f${i}: ${titleOf(i)}`))
    await again.unharmed()
    await second.close()
    running = null
  })

  test('releases were installed all the while', () => {
    expect(installed).toBeGreaterThanOrEqual(kills)
  })
}

/** What somebody gets who has seen the first westerns but one. */
const WESTERNS = [0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28]
