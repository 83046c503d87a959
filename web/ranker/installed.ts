import type { Pins } from '../../shared/bundle/envelope.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { Active, BundleStore, Installed } from './bundleStore.ts'
import { downloadOrder, type Stage, type Wanted } from './downloadOrder.ts'
import { openManifest } from './openManifest.ts'
import { MAX_STRIKES, strikesOf } from './strikes.ts'
import type { Arrival } from './update.ts'

/**
 * Reads back what was installed and verifies all of it again: signature, hashes, lengths. A damaged file ends what can be
 * used; the next update brings it anew.
 * @throws ForYouError where not even the first stage is left
 */
export async function readInstalled(
  store: BundleStore,
  { manifest: hash, envelope, present }: Installed,
  pins: Pins,
  wanted?: Wanted,
): Promise<Arrival> {
  const manifest = await openManifest(envelope, hash, pins)
  const order = downloadOrder(manifest, wanted)
  const blobs = new Map<string, ArrayBuffer>()
  let stage: Stage | null = null
  const files = order.slice(0, present)
  const read = await Promise.all(files.map((file) => store.blob(file)))
  for (const [i, file] of files.entries()) {
    const blob = read[i]
    if (!blob) break
    blobs.set(file.role, blob)
    if (order[i + 1]?.stage !== file.stage) stage = file.stage
  }
  if (stage === null) throw new ForYouError('storage', 'The stored bundle is not complete.')
  return { manifest, manifestHash: hash, blobs, stage }
}

/** Once the bundle in force has ranked, the one before it may go, and every blob that nobody names. */
export async function forgetPrevious(store: BundleStore, pins: Pins): Promise<void> {
  const active = await store.active()
  if (!active?.previous || (await strikesOf(store, active.manifest)) >= 0) return
  const { files } = await openManifest(active.envelope, active.manifest, pins)
  await store.change((now) => now && { ...now, previous: null })
  await store.keepOnly(new Set(files.map((file) => file.sha256)))
}

/** The record; where the bundle in force has failed too often, the one before it takes its place. */
export async function goBack(store: BundleStore): Promise<Active | null> {
  const active = await store.active()
  if (!active?.previous || (await strikesOf(store, active.manifest)) < MAX_STRIKES) return active
  return store.change((now) =>
    now?.previous && now.manifest === active.manifest ? { ...now, ...now.previous, previous: null } : now,
  )
}
