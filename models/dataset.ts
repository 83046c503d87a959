import type { CatalogueItem } from '../shared/domain/catalogue.ts'
import { ForYouError } from '../shared/domain/errors.ts'

/** What the order of a dataset's interactions means. */
export type OrderOf = 'time' | 'sequence' | 'none'

/**
 * Catalogue + all user histories. Columns are parallel, grouped by user, oldest first inside a user
 * (`offsets[u] … offsets[u + 1]`). Training only: nothing of it ever reaches a browser as it is.
 */
export interface Dataset {
  readonly name: string
  /** True for the built-in synthetic world. */
  readonly synthetic: boolean
  readonly order: OrderOf
  /** Dense item index → item. Sorted by id, so that row order never matters. */
  readonly catalogue: readonly CatalogueItem[]
  /** Dense user index → the log's user id. Sorted. */
  readonly users: readonly string[]
  /** users + 1 */
  readonly offsets: Int32Array
  /** item index of each interaction */
  readonly items: Int32Array
  /** ms since 1970 UTC when `order` is 'time', the step 0, 1, 2 … when 'sequence', 0 when 'none' */
  readonly times: Float64Array
  /** rating or quantity; NaN where the log has none */
  readonly values: Float32Array
  /** 1 where the interaction counts as a success (rating ≥ threshold, a purchase …); only these are ranked for */
  readonly positive: Uint8Array
  /** How the raw log became this dataset. */
  readonly ingest: IngestReport
  /** Exists for the synthetic world only: what nobody could beat without a leak. */
  readonly oracle?: Oracle
}

/** Knows the probabilities that the world was drawn from. */
export interface Oracle {
  /**
   * The Bayes-optimal slate for an interaction of the dataset, given everything that the generator knew at its moment.
   * @param row row of the interaction in the dataset's columns
   * @param k slate length
   * @returns item indexes, best first, items already seen left out
   */
  slate(row: number, k: number): Int32Array
}

export interface RejectedRow {
  /** 1-based line in the file. */
  readonly line: number
  readonly reason: string
  /** The raw text of the offending field, shortened. */
  readonly value: string
}

export interface IngestReport {
  readonly files: readonly string[]
  readonly rows: number
  readonly used: number
  /** Reason → how many rows. Sums to rows − used. */
  readonly rejected: Readonly<Record<string, number>>
  /** The first few rejected rows of every reason. */
  readonly examples: readonly RejectedRow[]
  /** What the data lacks and what it would take, one sentence each. */
  readonly notes: readonly string[]
}

/** One interaction before it is indexed. */
export interface RawInteraction {
  readonly user: string
  readonly item: string
  readonly at: number
  readonly value: number
  readonly positive: boolean
}

/**
 * Columns → dataset: sorts users and items by id, each user's rows by time (ties by item id), drops repeats of the same
 * user, item and moment. `catalogue` items that nobody touched stay in: they are candidates too.
 */
export function makeDataset(input: {
  name: string
  synthetic?: boolean
  order: OrderOf
  catalogue: readonly CatalogueItem[]
  interactions: Iterable<RawInteraction>
  ingest: IngestReport
}): Dataset {
  const byId = new Map(input.catalogue.map((item) => [item.id, item]))
  const rows = [...input.interactions]
  for (const { item } of rows) if (!byId.has(item)) byId.set(item, { id: item, title: item })
  const catalogue = [...byId.values()].sort((a, b) => compare(a.id, b.id))
  const itemIndex = new Map(catalogue.map((item, i) => [item.id, i]))
  const users = [...new Set(rows.map((row) => row.user))].sort(compare)
  const userIndex = new Map(users.map((user, i) => [user, i]))

  const keyed = rows.map((row) => ({ row, user: userIndex.get(row.user)!, item: itemIndex.get(row.item)! }))
  keyed.sort((a, b) => a.user - b.user || a.row.at - b.row.at || a.item - b.item)
  const kept = keyed.filter((k, i) => {
    const previous = keyed[i - 1]
    return !(previous && previous.user === k.user && previous.item === k.item && previous.row.at === k.row.at)
  })

  const offsets = new Int32Array(users.length + 1)
  for (const { user } of kept) offsets[user + 1]!++
  for (let u = 0; u < users.length; u++) offsets[u + 1]! += offsets[u]!
  return {
    name: input.name,
    synthetic: input.synthetic ?? false,
    order: input.order,
    catalogue,
    users,
    offsets,
    items: Int32Array.from(kept, (k) => k.item),
    times: Float64Array.from(kept, (k) => k.row.at),
    values: Float32Array.from(kept, (k) => k.row.value),
    positive: Uint8Array.from(kept, (k) => (k.row.positive ? 1 : 0)),
    ingest: input.ingest,
  }
}

/** Code-unit order: the same on every machine and locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** @throws ForYouError `bad_data` where nothing is left to work with */
export function assertNotEmpty(dataset: Dataset): void {
  if (dataset.items.length === 0) {
    throw new ForYouError('bad_data', `${dataset.name} has no usable interaction.`, {
      hint: 'A row needs at least a user and an item.',
    })
  }
}
