import { sha256 } from '../bundle/hash.ts'
import { MAX_INLINE_RULES, MAX_RULES_BYTES } from '../bundle/limits.ts'
import type { ActiveManifest, RulesInHead } from '../bundle/manifest.ts'
import { ForYouError } from '../domain/errors.ts'
import { checkRules, type RulesDocument } from '../domain/rules.ts'
import type { Wish, Written } from './api.ts'
import { FRESH_MS } from './checkManifest.ts'
import type { DeliveryStore } from './deliveryStore.ts'
import { type HeadRules, nothingLive, type Operation, writeHead } from './writeHead.ts'

/**
 * Puts a merchandiser's rules into the head, or takes them away. They are a person's word about the site, not about a
 * bundle: promotes and rollbacks leave them as they are.
 * @throws ForYouError `bad_data` naming the rule and the reason, `not_found` where nothing is live or a list is not stored
 */
export async function putRules(
  store: DeliveryStore,
  rules: HeadRules,
  { rules: given, popularJson, popularHtml, ...operation }: Omit<Wish<'rules'>, 'op'> & Operation,
  now: number,
): Promise<Written> {
  const document = given === null ? null : checkRules(given)
  const text = document && JSON.stringify(document)
  const did = `rules ${text === null ? 'none' : await sha256(text)}`
  return writeHead(store, rules, operation, did, now, async (head) => {
    if (!head?.active) throw nothingLive()
    const { popularJson: _, popularHtml: __, ...active } = head.active
    const lists = { ...(popularJson && { popularJson }), ...(popularHtml && { popularHtml }) }
    await storedLists(store, lists)
    const told = Object.keys(lists).length > 0
    return {
      rules: document === null ? undefined : await inHead(store, document, now),
      // Lists that might show what is excluded now are worse than none.
      ...((told || (mayExclude(document) && excluded(document) !== excluded(head.rules))) && {
        active: { ...active, ...lists },
      }),
    }
  })
}

/** @throws ForYouError `not_found` where a head would name a list that is not there */
export async function storedLists(
  store: DeliveryStore,
  lists: Pick<ActiveManifest, 'popularJson' | 'popularHtml'>,
): Promise<void> {
  const names = Object.values(lists).filter((name) => name !== undefined)
  const found = await store.blobs(names)
  const missing = names.find((name) => !found.has(name))
  if (missing) throw new ForYouError('not_found', `The list ${missing} is not stored.`)
}

/** Whether popular lists that were made without these rules might show what they exclude; of a blob nothing is known here. */
export function mayExclude(rules: RulesInHead | null | undefined): boolean {
  if (!rules) return false
  return 'sha256' in rules || rules.rules.some(({ kind }) => kind === 'exclude')
}

/** What is excluded, to be compared; of a blob nothing is known here. */
function excluded(rules: RulesInHead | null | undefined): string | null {
  if (!rules || 'sha256' in rules) return null
  return JSON.stringify(rules.rules.filter(({ kind }) => kind === 'exclude'))
}

/** The document itself while it is short, else a blob beside the head. */
async function inHead(store: DeliveryStore, document: RulesDocument, now: number): Promise<RulesInHead> {
  const bytes = new TextEncoder().encode(JSON.stringify(document))
  if (bytes.length <= MAX_INLINE_RULES) return document
  if (bytes.length > MAX_RULES_BYTES)
    throw new ForYouError(
      'bad_data',
      `The rules document has ${bytes.length} bytes; ${MAX_RULES_BYTES} are allowed.`,
    )
  const blob = { sha256: await sha256(bytes), bytes: bytes.length }
  await store.storeBlob(blob.sha256, bytes, now - FRESH_MS)
  return blob
}
