import { type Context, type Envelope, EnvelopeSchema, ROLE_OF, signersOf } from '../bundle/envelope.ts'
import { parseJson } from '../bundle/manifest.ts'
import { checkManifest, FRESH_MS, type ManifestRules } from './checkManifest.ts'
import { checkOverlay } from './checkOverlay.ts'
import type { DeliveryStore } from './deliveryStore.ts'

/**
 * Stores a signed document after checking it. Create-only, with two exceptions that leave the payload what it is, because
 * its hash is the name: signatures of further pinned keys are added to those that are there (keys are rotated), and an old one
 * is renewed, so that it is not collected before it goes live.
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
  const before = await signersOf(kind, stored.envelope, rules.pins)
  const joined = join(stored.envelope, before, envelope)
  const more = joined.sigs.some(({ kid }) => !before.includes(kid) && isPinned(kind, rules, kid))
  if (!more && stored.uploaded >= freshSince) return false
  return store.putDocument(name, JSON.stringify(joined), stored.etag)
}

const isPinned = (kind: Context, { pins }: ManifestRules, wanted: string) =>
  pins[ROLE_OF[kind]].some(({ kid }) => kid === wanted)

/** The signatures of both: those of the stored one that are good, and the new ones. */
function join(stored: string, good: readonly string[], added: string): Envelope {
  const { payload, sigs } = parseJson(EnvelopeSchema, added, 'envelope')
  if (good.length === 0) return { payload, sigs }
  const kept = parseJson(EnvelopeSchema, stored, 'envelope').sigs.filter(({ kid }) => good.includes(kid))
  return { payload, sigs: [...kept, ...sigs.filter(({ kid }) => !good.includes(kid))] }
}
