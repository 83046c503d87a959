import { FORMAT_VERSION } from '../../shared/bundle/format.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { BundleStore } from './bundleStore.ts'
import { oneTab } from './oneTab.ts'
import type { Platform } from './platform.ts'

/** After so many attempts that did not end well a bundle is left alone, until the head names another. */
export const MAX_STRIKES = 2
/**
 * The same where nothing else could rank. A visitor who clicks on before a page is done looks like a crash too: two of
 * those must not leave somebody with nothing.
 */
export const MAX_LAST_STRIKES = 6
const PROVEN = -1
/** As long as the watchdog lets a thread be silent. */
const CLICK_MS = 2000

/** A loader that reads another format starts counting anew: it may well do better. */
const noteOf = (manifest: string) => `strikes/${FORMAT_VERSION}/${manifest}`

/** @returns how many attempts have ended badly; below 0 once it has ranked */
export async function strikesOf(store: BundleStore, manifest: string): Promise<number> {
  return (await store.note(noteOf(manifest))) ?? 0
}

/** @throws ForYouError `bundle_value` where this device has given the bundle up */
export async function refuseStruck(store: BundleStore, manifest: string): Promise<void> {
  const active = await store.active()
  const another = active && (active.manifest !== manifest || active.previous)
  if ((await strikesOf(store, manifest)) >= (another ? MAX_STRIKES : MAX_LAST_STRIKES))
    throw new ForYouError('bundle_value', 'This bundle has failed here before.')
}

/** It has ranked: from now on it is not counted any more. */
export function prove(store: BundleStore, manifest: string): Promise<void> {
  return store.setNote(noteOf(manifest), PROVEN)
}

/**
 * The breaker of crash loops (trust §4a). A thread that dies or hangs cannot say so; hence the strike is noted before a
 * bundle that has not ranked yet is decoded or ranks, and taken back afterwards. Whoever is back within the watchdog's two
 * seconds had only clicked on: that was no failure. One tab counts at a time: tabs that a browser restores together are
 * none either.
 * @throws whatever `work` throws, and ForYouError `bundle_value` for a bundle that was given up
 */
export async function onTrial<T>(
  platform: Pick<Platform, 'locks' | 'now'>,
  store: BundleStore,
  manifest: string,
  work: () => T,
): Promise<T> {
  const counted = async () => {
    const note = noteOf(manifest)
    const begun = `${note}/begun`
    let before = await strikesOf(store, manifest)
    if (before === PROVEN) return work()
    const since = platform.now() - ((await store.note(begun)) ?? 0)
    if (before > 0 && since >= 0 && since < CLICK_MS) await store.setNote(note, --before)
    await refuseStruck(store, manifest)
    await store.setNote(begun, platform.now())
    await store.setNote(note, before + 1)
    try {
      const result = work()
      await store.setNote(note, before)
      return result
    } finally {
      await store.setNote(begun, 0)
    }
  }
  return oneTab(platform, 'trial', counted, work)
}
