import type { ItemDetails } from '../domain/catalogue.ts'
import { DAY_MS } from '../domain/clock.ts'
import { concat } from './concat.ts'
import type { Bundle } from './openBundle.ts'
import type { Overlay, OverlayItem } from './overlay.ts'
import { CODE_MAX, type Popularity } from './popularityFile.ts'

/** An item that the bundle lacks and that can be shown. */
type AddedItem = OverlayItem & { readonly title: string }

/**
 * The bundle with what an overlay says of single items. Withdrawn items keep their numbers, because histories and lists
 * name them, but have no details and are never shown. Items that the bundle has get other details. All others become the
 * last numbers, after every item of the bundle, so that ties go to the bundle's own: without a vote or a table row, with
 * nobody's popularity, but with content, so that every generator, feature and list treats them as it would an item that was
 * in the catalogue and that nobody has chosen. They wait until the whole catalogue has arrived: their numbers must not be
 * those of items that are still to come.
 */
export function withOverlay(bundle: Bundle, overlay: Overlay | null): Bundle {
  if (!overlay) return bundle
  const { ids, numberOf, popularity } = bundle
  const gone = new Set(overlay.withdrawn)
  const known = new Map(overlay.items.map((item) => [numberOf.get(item.id), item]))
  const whole = bundle.items === popularity.count.length
  const added = overlay.items.filter(
    (item): item is AddedItem =>
      whole && item.title !== undefined && !numberOf.has(item.id) && !gone.has(item.id),
  )
  const withdrawn = new Set(overlay.withdrawn.flatMap((id) => numberOf.get(id) ?? []))
  const today = Math.floor(popularity.asOf / DAY_MS)
  return {
    ...bundle,
    ...(added.length > 0 && grown(bundle, added, today)),
    withdrawn,
    added: added.length,
    detailsOf(number) {
      if (withdrawn.has(number)) return undefined
      const own = bundle.detailsOf(number)
      const change = known.get(number) ?? added[number - ids.length]
      const details = { ...own, ...(change && detailsIn(change)) }
      return 'title' in details ? (details as ItemDetails) : undefined
    },
  }
}

function detailsIn({ id: _, releasedAt: __, terms: ___, ...details }: OverlayItem): Partial<ItemDetails> {
  return details as Partial<ItemDetails> // what JSON leaves out is absent, never undefined
}

/** Everything that has a row an item, with rows for the added ones. */
function grown(bundle: Bundle, added: readonly AddedItem[], today: number): Partial<Bundle> {
  const { ids, popularity, neighbours, transitions, content } = bundle
  // Later than the bundle's own moment would mean that it cannot be had yet; its owner says that it can.
  const dayOf = ({ releasedAt }: AddedItem) =>
    releasedAt === undefined
      ? today || -1
      : Math.min(Math.floor(releasedAt / DAY_MS), today || Number.POSITIVE_INFINITY)
  const allIds = [...ids, ...added.map(({ id }) => id)]
  return {
    items: allIds.length,
    ids: allIds,
    numberOf: new Map(allIds.map((id, number) => [id, number])),
    firstDay: concat(Int32Array, [bundle.firstDay, Int32Array.from(added, dayOf)]),
    year: concat(Int16Array, [bundle.year, Int16Array.from(added, ({ year }) => year ?? 0)]),
    popularity: unchosen(popularity, added.length),
    neighbours: neighbours && { ...neighbours, offsets: longer(neighbours.offsets, added.length) },
    transitions: transitions && { ...transitions, offsets: longer(transitions.offsets, added.length) },
    content: content && withRows(content, added),
  }
}

const longer = (offsets: Uint32Array, rows: number) =>
  concat(Uint32Array, [offsets, new Uint32Array(rows).fill(offsets.at(-1)!)])

/** Nobody has chosen them; their mean rating is that of another item of which that is true, else the middle. */
function unchosen(popularity: Popularity, added: number): Popularity {
  const { count, decayed, mean } = popularity
  const items = count.length
  const like = count.indexOf(0)
  const padded = (codes: Uint16Array, code = 0) =>
    concat(Uint16Array, [codes, new Uint16Array(added).fill(code)])
  return {
    ...popularity,
    count: padded(count),
    mean: mean.length > 0 ? padded(mean, like < 0 ? CODE_MAX >> 1 : mean[like]) : mean,
    decayed: concat(
      Uint16Array,
      popularity.halfLives.map((_, h) => padded(decayed.subarray(h * items, (h + 1) * items))),
    ),
  }
}

/** Terms that the bundle's vocabulary lacks say nothing here: nothing else carries them. */
function withRows(content: NonNullable<Bundle['content']>, added: readonly AddedItem[]): Bundle['content'] {
  const { names, values, nameOf } = content.vocabulary
  const key = (name: string, value: string) => `${name}\0${value}`
  const termOf = new Map(values.map((value, term) => [key(names[nameOf[term]!]!, value), term]))
  const rows = added.map(({ terms = [] }) =>
    terms
      .flatMap(([name, value, weight]) => {
        const term = termOf.get(key(name, value))
        return term === undefined ? [] : [[term, weight] as const]
      })
      .sort(([a], [b]) => a - b),
  )
  let end = content.offsets.at(-1)!
  const ends = rows.map((row) => (end += row.length))
  const entries = rows.flat()
  return {
    ...content,
    offsets: concat(Uint32Array, [content.offsets, Uint32Array.from(ends)]),
    columns: concat(Uint32Array, [content.columns, Uint32Array.from(entries, ([term]) => term)]),
    weights: concat<Uint8Array | Uint32Array>(Uint8Array, [
      content.weights,
      Uint8Array.from(entries, ([, weight]) => weight),
    ]),
  }
}
