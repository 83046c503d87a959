import { type Context, verify } from '../bundle/envelope.ts'
import { checkManifest, FRESH_MS, type ManifestRules } from './checkManifest.ts'
import { checkOverlay } from './checkOverlay.ts'
import type { DeliveryStore } from './deliveryStore.ts'

/**
 * Stores a signed document after checking it. Create-only, with two exceptions that leave the payload what it is, because
 * its hash is the name: an envelope that no pinned key has signed (keys were rotated) gives way to one that is signed, and
 * an old one is renewed, so that it is not collected before it goes live.
 * @param now ms since 1970 UTC
 * @returns whether it was written
 * @throws ForYouError as checkManifest and checkOverlay
 */
export async function putSigned(
  store: DeliveryStore,
  rules: ManifestRules,
  kind: Exclude<Context, 'head'>,
  name: string,
  envelope: string,
  now: number,
): Promise<boolean> {
  const freshSince = now - FRESH_MS
  if (kind === 'manifest') await checkManifest(store, rules, name, envelope, freshSince)
  else await checkOverlay(rules, name, envelope)
  if (await store.putDocument(name, envelope, null)) return true
  const stored = await store.document(name)
  if (!stored) return false
  const good = await verify(kind, stored.envelope, rules.pins).catch(() => null)
  if (good !== null && stored.uploaded >= freshSince) return false
  return store.putDocument(name, envelope, stored.etag)
}
