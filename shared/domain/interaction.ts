import * as v from 'valibot'

/** What a user did with an item. `rate` carries a value; `hide` is an explicit "not interested". */
export const KINDS = ['view', 'click', 'save', 'buy', 'rate', 'hide'] as const
export type Kind = (typeof KINDS)[number]

export const MAX_ITEM_ID_LENGTH = 256

/** An item id as the site knows it: 1–256 characters, compared in Unicode NFC. */
export const ItemIdSchema = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(MAX_ITEM_ID_LENGTH),
  v.transform((id) => id.normalize('NFC')),
)

/** One user–item act. `at` is milliseconds since 1970 UTC. */
export interface Interaction {
  readonly item: string
  readonly kind: Kind
  readonly at: number
}

/** Validates what comes out of IndexedDB, an import or a page: all of them are as untrusted as the network. */
export const InteractionSchema = v.object({
  item: ItemIdSchema,
  kind: v.picklist(KINDS),
  at: v.pipe(v.number(), v.finite(), v.minValue(0)),
})

/** A visitor's interactions after dedupe and truncation, oldest first. Stays on the device. */
export type UserHistory = readonly Interaction[]

/** Interactions kept on the device at the most (oldest go first), and for how long (trust T12). */
export const HISTORY_CAP = 500
export const HISTORY_TTL_MS = 90 * 86_400_000

/**
 * What a device keeps of a history that is sorted by time: the latest interactions within the cap, none older than the time
 * to live counted from the latest one. Replayed histories are cut the same way.
 */
export function keptHistory(sorted: UserHistory): UserHistory {
  const oldest = (sorted.at(-1)?.at ?? 0) - HISTORY_TTL_MS
  return sorted.slice(-HISTORY_CAP).filter(({ at }) => at >= oldest)
}
