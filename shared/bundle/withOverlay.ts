import type { ItemDetails } from '../domain/catalogue.ts'
import { DAY_MS } from '../domain/clock.ts'
import { concat, type Numeric } from './concat.ts'
import type { Bundle, SparseRows } from './openBundle.ts'
import type { Overlay, OverlayItem } from './overlay.ts'
import { CODE_MAX, type Popularity } from './popularityFile.ts'

/**
 * The bundle with what an overlay says of single items. Withdrawn items keep their numbers, because histories and lists
 * name them, but have no details and are never shown. Items that the bundle has get other details. All others become the
 * last numbers, after every item of the bundle, so that ties go to the bundle's own: without a vote or a table row, with
 * nobody's popularity, but with content, so that every generator, feature and list treats them as it would an item that was
 * in the catalogue and that nobody has chosen. They wait until the whole catalogue has arrived: their numbers must not be
 * those of items that are still to come. An overlay of another site says nothing here.
 */
export function withOverlay(bundle: Bundle, overlay: Overlay | null): Bundle {
  if (overlay?.site !== bundle.manifest.site) return bundle
  const { items, numberOf, popularity } = bundle
  const { withdrawn: gone, items: said } = overlay
  const withdrawn = new Set(gone.flatMap((id) => numberOf.get(id) ?? []))
  const changes = new Map(said.map((item) => [numberOf.get(item.id), item]))
  const added = said.filter(
    ({ id, details }) =>
      items === popularity.count.length && details.title && !numberOf.has(id) && !gone.includes(id),
  )
  return {
    ...bundle,
    ...(added.length > 0 && grown(bundle, added)),
    withdrawn,
    added: added.length,
    detailsOf(number) {
      const change = changes.get(number) ?? added[number - items]
      const details = { ...bundle.detailsOf(number), ...change?.details }
      return details.title && !withdrawn.has(number) ? (details as ItemDetails) : undefined
    },
  }
}

/** Everything that has a row an item, with rows for the added ones. */
function grown(bundle: Bundle, added: readonly OverlayItem[]): Partial<Bundle> {
  const { popularity, neighbours, transitions, content } = bundle
  const today = Math.floor(popularity.asOf / DAY_MS)
  const ids = [...bundle.ids, ...added.map(({ id }) => id)]
  const unlisted = <R extends SparseRows>(rows: R | null) =>
    rows && { ...rows, offsets: longer(rows.offsets, added, () => rows.columns.length) }
  return {
    items: ids.length,
    ids,
    numberOf: new Map(ids.map((id, number) => [id, number])),
    // Later than the bundle's own moment would mean that it cannot be had yet; its owner says that it can.
    firstDay: longer(
      bundle.firstDay,
      added,
      ({ releasedAt = popularity.asOf }) => Math.min(Math.floor(releasedAt / DAY_MS), today) || -1,
    ),
    year: longer(bundle.year, added, ({ details }) => details.year ?? 0),
    popularity: unchosen(popularity, added),
    neighbours: unlisted(neighbours),
    transitions: unlisted(transitions),
    content: content && withRows(content, added),
  }
}

/** An array with one more entry for each of `more`. */
function longer<T extends Numeric, M>(array: T, more: readonly M[], entry: (one: M) => number): T {
  const type = array.constructor as { new (length: number): T; from(entries: readonly number[]): T }
  return concat(type, [array, type.from(more.map(entry))])
}

/** Nobody has chosen them; their mean rating is that of another item of which that is true, else the middle. */
function unchosen(popularity: Popularity, added: readonly OverlayItem[]): Popularity {
  const { count, decayed, mean } = popularity
  const none = () => 0
  return {
    ...popularity,
    count: longer(count, added, none),
    mean: mean.length > 0 ? longer(mean, added, () => mean[count.indexOf(0)] ?? CODE_MAX >> 1) : mean,
    decayed: concat(
      Uint16Array,
      popularity.halfLives.map((_, h) =>
        longer(decayed.subarray(h * count.length, (h + 1) * count.length), added, none),
      ),
    ),
  }
}

/** Terms that the bundle's vocabulary lacks say nothing here: nothing else carries them. */
function withRows(content: NonNullable<Bundle['content']>, added: readonly OverlayItem[]): Bundle['content'] {
  const { names, values, nameOf } = content.vocabulary
  const termOf = new Map(values.map((value, term) => [`${names[nameOf[term]!]}\0${value}`, term]))
  const entries: (readonly [term: number, weight: number])[] = []
  const offsets = longer(content.offsets, added, ({ terms = [] }) => {
    for (const [name, value, weight] of terms) {
      const term = termOf.get(`${name}\0${value}`)
      if (term !== undefined) entries.push([term, weight])
    }
    return content.columns.length + entries.length
  })
  return {
    ...content,
    offsets,
    columns: longer(content.columns, entries, ([term]) => term),
    weights: longer(content.weights, entries, ([, weight]) => weight),
  }
}
