import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { Overlay, OverlayItem } from '../../shared/bundle/overlay.ts'
import type { ItemDetails } from '../../shared/domain/catalogue.ts'

/** What an overlay says, without when and for whom it was said. */
export type Said = Pick<Overlay, 'withdrawn' | 'items'>
export const NOTHING: Said = { withdrawn: [], items: [] }

/** A change of what is said; doing it twice is doing it once. */
export type SaidChange = (said: Said, bundle: Bundle) => Said

/** @param ids in Unicode NFC */
export function withdraw(ids: readonly string[]): SaidChange {
  return ({ withdrawn, items }) => ({ withdrawn: [...new Set([...withdrawn, ...ids])].sort(), items })
}

/** Takes withdrawals back; prices and additions stay as they are. */
export function restore(ids: readonly string[]): SaidChange {
  const back = new Set(ids)
  return ({ withdrawn, items }) => ({ withdrawn: withdrawn.filter((id) => !back.has(id)), items })
}

/** Says something of single items: what is new about one joins what was said before. The latest come first. */
export function say(items: readonly OverlayItem[]): SaidChange {
  return (said) => {
    const before = new Map(said.items.map((item) => [item.id, item]))
    const now = items.map((item) => {
      const earlier = before.get(item.id)
      return earlier ? { ...earlier, ...item, details: { ...earlier.details, ...item.details } } : item
    })
    const ids = new Set(items.map(({ id }) => id))
    return { ...said, items: [...now, ...said.items.filter(({ id }) => !ids.has(id))] }
  }
}

/**
 * Leaves out what the live bundle says by itself: of an item that it has, content and release day, and details that are
 * the same. Withdrawals stay, whatever the bundle holds: an earlier one may come back.
 */
export const prune: SaidChange = ({ withdrawn, items }, bundle) => ({
  withdrawn,
  items: items.flatMap((item): OverlayItem[] => {
    const number = bundle.numberOf.get(item.id)
    if (number === undefined) return [item]
    const own: Partial<ItemDetails> = bundle.detailsOf(number) ?? {}
    const others = Object.entries(item.details).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(own[name as keyof ItemDetails]),
    )
    return others.length > 0 ? [{ id: item.id, details: Object.fromEntries(others) }] : []
  }),
})
