import type { ActiveManifest, Head } from '../bundle/manifest.ts'
import { ForYouError } from '../domain/errors.ts'
import type { Wish, Written } from './api.ts'
import { checkOverlay } from './checkOverlay.ts'
import type { DeliveryStore } from './deliveryStore.ts'
import { candidate } from './goLive.ts'
import { storedLists } from './siteRules.ts'
import { type HeadRules, nothingLive, type Operation, ownHead, writeHead } from './writeHead.ts'

/** A head that is restored counts on from here above its copy: visitors may have seen later ones that were lost. */
export const RESTORE_JUMP = 1000
/** Characters of a wish that the head remembers. */
const MAX_DID = 100

/**
 * Turns personal slates off everywhere, or on again; what is live stays.
 * @throws ForYouError `not_found` where nothing is live
 */
export function kill(
  store: DeliveryStore,
  rules: HeadRules,
  { on, ...operation }: Operation & { readonly on: boolean },
  now: number,
): Promise<Written> {
  return writeHead(store, rules, operation, `kill ${on ? 'on' : 'off'}`, now, (head) => {
    if (!head) throw nothingLive()
    return { kill: on ? true : undefined }
  })
}

export interface OverlayWish extends Operation {
  /** Name of a stored overlay, `null` to have none. */
  readonly overlay: string | null
  /** Popular lists that were rendered with it. */
  readonly popularJson?: string | undefined
  readonly popularHtml?: string | undefined
}

/**
 * Names the overlay of withdrawn, added and re-priced items, and the popular lists that agree with it.
 * @throws ForYouError `not_found` where overlay or lists are not stored, `sign_error`, `wrong_site`
 */
export function putOverlay(
  store: DeliveryStore,
  rules: HeadRules,
  { overlay, popularJson, popularHtml, ...operation }: OverlayWish,
  now: number,
): Promise<Written> {
  return writeHead(store, rules, operation, `overlay ${overlay ?? 'none'}`, now, async (head) => {
    if (!head?.active) throw nothingLive()
    if (overlay !== null) await storedOverlay(store, rules, overlay)
    const named = lists({ popularJson, popularHtml })
    await storedLists(store, named)
    return { overlay: overlay ?? undefined, active: { ...head.active, ...named } }
  })
}

/**
 * Signs the live head again; what is live, and for how long at the most, stays. Where blobs lie besides the edge, and how
 * often devices may ask, is said with it.
 * @throws ForYouError `not_found` where nothing is live, `conflict` where another operation came first
 */
export function refresh(
  store: DeliveryStore,
  rules: HeadRules,
  { blobBase, backoff, ...operation }: Omit<Wish<'refresh'>, 'op'> & Operation,
  now: number,
): Promise<Written> {
  const said = [
    ...(blobBase === undefined ? [] : [`blobs at ${blobBase ?? 'the edge'}`]),
    ...(backoff === undefined ? [] : [`backoff ${backoff ?? 0} s`]),
  ]
  return writeHead(
    store,
    rules,
    operation,
    ['refresh', ...said].join(', ').slice(0, MAX_DID),
    now,
    (head) => {
      if (!head?.active) throw nothingLive()
      return {
        ...(blobBase !== undefined && { blobBase: blobBase ?? undefined }),
        ...(backoff !== undefined && { backoff: backoff || undefined }),
      }
    },
  )
}

/**
 * Brings back the head of a copy into a place that has none: after a loss. It counts on well above the copy, because
 * visitors who saw later heads would refuse lower ones.
 * @param envelope of the head, as it was saved
 * @throws ForYouError `conflict` where something is live, `sign_error` where no pinned key signed the copy
 */
export async function restoreHead(
  store: DeliveryStore,
  rules: HeadRules,
  { envelope, ...operation }: Operation & { readonly envelope: string },
  now: number,
): Promise<Written> {
  const own = await ownCopy(envelope, rules)
  return writeHead(
    store,
    rules,
    operation,
    `restore ${own.active.manifest} ${own.seq}`,
    now,
    async (head, memory) => {
      if (head) {
        throw new ForYouError('conflict', `The head is at ${head.seq}: nothing has to be restored.`, {
          hint: 'Use "foryou promote" or "foryou rollback".',
        })
      }
      const { active, floor } = await candidate(store, rules, own.active.manifest, memory, now)
      if (own.overlay) await storedOverlay(store, rules, own.overlay)
      await storedRules(store, own.rules)
      const { kill: killed, overlay, rules: siteRules, blobBase, backoff, seq } = own
      return {
        active: { ...active, ...lists(own.active) },
        floor,
        seq: seq + RESTORE_JUMP,
        kill: killed,
        overlay,
        rules: siteRules,
        blobBase,
        backoff,
      }
    },
  )
}

async function ownCopy(envelope: string, rules: HeadRules): Promise<Head & { active: ActiveManifest }> {
  const own = await ownHead(envelope, rules)
  if (!own)
    throw new ForYouError('sign_error', 'No pinned ops key has signed this copy of a head for this site.')
  const { active } = own.head
  if (!active) throw new ForYouError('bad_data', 'In this copy nothing is live.')
  return { ...own.head, active }
}

function lists({
  popularJson,
  popularHtml,
}: Pick<OverlayWish, 'popularJson' | 'popularHtml'>): Partial<ActiveManifest> {
  return { ...(popularJson && { popularJson }), ...(popularHtml && { popularHtml }) }
}

async function storedRules(store: DeliveryStore, rules: Head['rules']): Promise<void> {
  if (!rules || !('sha256' in rules) || (await store.blobs([rules.sha256])).size > 0) return
  throw new ForYouError('not_found', `The rules ${rules.sha256} are not stored.`)
}

async function storedOverlay(store: DeliveryStore, rules: HeadRules, name: string): Promise<void> {
  const stored = await store.document(name)
  if (!stored) throw new ForYouError('not_found', `No overlay ${name} is stored.`)
  await checkOverlay(rules, name, stored.envelope)
}
