import { sha256 } from '../bundle/hash.ts'
import type { ActiveManifest, Head, Manifest } from '../bundle/manifest.ts'
import { DAY_MS } from '../domain/clock.ts'
import { ForYouError } from '../domain/errors.ts'
import type { Written } from './api.ts'
import { readVersions } from './audit.ts'
import { checkManifest, FRESH_MS } from './checkManifest.ts'
import type { DeliveryStore, HeadMemory } from './deliveryStore.ts'
import { mayExclude } from './siteRules.ts'
import { type HeadRules, nothingLive, type Operation, writeHead } from './writeHead.ts'

/** The edge's word for a manifest ends after 90 days unless a person promotes again (trust T6). */
export const ACTIVE_LIFE_MS = 90 * DAY_MS

/**
 * Makes a published manifest the live one. Where it was the canary, the canary ends.
 * @param now ms since 1970 UTC
 * @throws ForYouError `not_found` for an unknown manifest, `rollback_refused` below the floor, `conflict` where another
 *   operation came first, and all that checkManifest refuses
 */
export function promote(
  store: DeliveryStore,
  rules: HeadRules,
  { manifest: name, ...operation }: Operation & { readonly manifest: string },
  now: number,
): Promise<Written> {
  return writeHead(store, rules, operation, `promote ${name}`, now, async (head, memory) => {
    await mayGoLive(store, name, now)
    const { active, floor } = await candidate(store, rules, name, memory, now)
    return {
      active: agreeing(active, head),
      floor,
      ...(head?.canary?.manifest === name && { canary: undefined }),
    }
  })
}

/**
 * Gives a share of the visitors another published manifest; a share of 0 ends that. Raising the share of the same
 * manifest keeps those who have it.
 * @param permille 0–1000 visitors of a thousand
 * @throws ForYouError like promote; `bad_usage` for the manifest that is live anyway
 */
export function canary(
  store: DeliveryStore,
  rules: HeadRules,
  {
    manifest: name,
    permille,
    ...operation
  }: Operation & { readonly manifest: string; readonly permille: number },
  now: number,
): Promise<Written> {
  return writeHead(store, rules, operation, `canary ${name} ${permille}`, now, async (head, memory) => {
    if (!head?.active) throw nothingLive()
    if (permille === 0) return { canary: undefined }
    if (head.active.manifest === name) {
      throw new ForYouError('bad_usage', 'This manifest is live for everybody already.')
    }
    await mayGoLive(store, name, now)
    // Its floor counts once it is live for everybody: a canary must be able to end, at the edge as on devices.
    const { active } = await candidate(store, rules, name, memory, now)
    const same = head.canary?.manifest === name ? head.canary.salt : undefined
    // From the operation, so that a retry writes the same: it only has to differ from canary to canary.
    const salt = same ?? (await sha256(`${rules.site} ${operation.op}`)).slice(0, 16)
    return { canary: { manifest: name, permille, salt, notAfter: active.notAfter } }
  })
}

/**
 * Goes back to the version before the live one, or to a named one that was live before. A canary ends: whoever rolls
 * back wants what is known to be good.
 * @throws ForYouError `not_found` where there is no earlier version, `rollback_refused` below the floor
 */
export function rollback(
  store: DeliveryStore,
  rules: HeadRules,
  { to, ...operation }: Operation & { readonly to?: string | undefined },
  now: number,
): Promise<Written> {
  const did = to === undefined ? 'rollback' : `rollback ${to}`
  return writeHead(store, rules, operation, did, now, async (head, memory) => {
    if (!head?.active) throw nothingLive()
    const live = head.active.manifest
    const earlier = (await readVersions(store))
      .map(({ manifest }) => manifest)
      .filter((name) => name !== live)
    const target = to === undefined ? earlier.at(-1) : earlier.find((name) => name === to)
    if (target === undefined) {
      throw new ForYouError(
        'not_found',
        to === undefined ? 'There is no earlier version.' : `${to} was never live.`,
        {
          hint: 'The audit trail lists what was: foryou status --audit',
        },
      )
    }
    const { active, floor } = await candidate(store, rules, target, memory, now)
    return { active: agreeing(active, head), floor, canary: undefined }
  })
}

/** What was published long ago and never live may be collected at any moment: it has to be published again. */
async function mayGoLive(store: DeliveryStore, name: string, now: number): Promise<void> {
  const stored = await store.document(name)
  if (!stored || stored.uploaded >= now - FRESH_MS) return
  if ((await readVersions(store)).some(({ manifest }) => manifest === name)) return
  throw new ForYouError('conflict', 'The manifest was published more than four weeks ago and never live.', {
    hint: 'Publish the bundle again: only what is missing is uploaded.',
  })
}

/** Everything that must hold of a manifest that visitors shall use. */
export async function candidate(
  store: DeliveryStore,
  rules: HeadRules,
  name: string,
  memory: HeadMemory,
  now: number,
): Promise<{ active: ActiveManifest; floor: number }> {
  const stored = await store.document(name)
  if (!stored) {
    throw new ForYouError('not_found', `No manifest ${name} is published.`, {
      hint: 'Publish the bundle first.',
    })
  }
  const manifest = await checkManifest(store, rules, name, stored.envelope)
  const floor = Math.max(memory.floor, manifest.floor)
  if (manifest.version < floor) {
    throw new ForYouError(
      'rollback_refused',
      `The manifest's version ${manifest.version} lies below the floor ${floor} of what was live.`,
      { hint: 'Visitors would refuse it too. Publish a newer bundle.' },
    )
  }
  return { active: activeOf(name, manifest, now), floor }
}

/**
 * A bundle's popular lists know nothing of an overlay or of rules, and might show what these withdraw or exclude: better none,
 * until they are rendered anew ("foryou items" and "foryou rules" do, and so do the commands that change what is live).
 */
function agreeing(active: ActiveManifest, head: Head | null): ActiveManifest {
  if (!head?.overlay && !mayExclude(head?.rules)) return active
  const { manifest, notAfter } = active
  return head?.active?.manifest === manifest ? { ...head.active, notAfter } : { manifest, notAfter }
}

function activeOf(manifest: string, { files }: Manifest, now: number): ActiveManifest {
  const blobOf = (role: string) => files.find((file) => file.role === role)?.sha256
  const popularJson = blobOf('popular.json')
  const popularHtml = blobOf('popular.html')
  return {
    manifest,
    notAfter: now + ACTIVE_LIFE_MS,
    ...(popularJson && { popularJson }),
    ...(popularHtml && { popularHtml }),
  }
}
