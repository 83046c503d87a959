import type { CatalogueItem } from '../shared/domain/catalogue.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { ColumnBuilder, type InteractionColumns } from './interactionColumns.ts'

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
  /** What `values` measure; absent where there are none. */
  readonly measure?: 'rating' | 'quantity'
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
  /** The chance of every item to be the one of this row; sums to 1. */
  chances(row: number): Float64Array
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
 * Interactions → dataset: sorts users and items by id, each user's rows by time (ties by item id), drops repeats of the
 * same user, item and moment (the one with the greatest value stays), so that the order of the rows in a file never
 * matters. `catalogue` items that nobody touched stay in: they are candidates too. Linear but for the sort inside a user.
 * @param input.interactions columns, or rows where convenience counts more than speed
 */
export function makeDataset(input: {
  name: string
  synthetic?: boolean
  order: OrderOf
  measure?: 'rating' | 'quantity' | undefined
  catalogue: readonly CatalogueItem[]
  interactions: InteractionColumns | Iterable<RawInteraction>
  ingest: IngestReport
}): Dataset {
  const columns = isColumns(input.interactions) ? input.interactions : fromRows(input.interactions)
  const byId = new Map<string, CatalogueItem>()
  for (const item of input.catalogue) if (!byId.has(item.id)) byId.set(item.id, item)
  const touched = usedCodes(columns.item, columns.items.length)
  columns.items.forEach((id, code) => {
    if (touched[code] && !byId.has(id)) byId.set(id, { id, title: id })
  })
  const catalogue = [...byId.values()].sort((a, b) => compare(a.id, b.id))
  const itemNumber = new Map(catalogue.map((item, i) => [item.id, i]))
  const itemOf = Int32Array.from(columns.items, (id) => itemNumber.get(id) ?? -1)

  const active = usedCodes(columns.user, columns.users.length)
  const users = columns.users.filter((_, code) => active[code]).sort(compare)
  const userNumber = new Map(users.map((user, i) => [user, i]))
  const userOf = Int32Array.from(columns.users, (id) => userNumber.get(id) ?? -1)

  const { rows, offsets } = sortedRows(columns, users.length, userOf, itemOf)
  return {
    name: input.name,
    synthetic: input.synthetic ?? false,
    order: input.order,
    catalogue,
    users,
    offsets,
    items: Int32Array.from(rows, (row) => itemOf[columns.item[row]!]!),
    times: Float64Array.from(rows, (row) => columns.at[row]!),
    values: Float32Array.from(rows, (row) => columns.value[row]!),
    positive: Uint8Array.from(rows, (row) => columns.positive[row]!),
    ...(input.measure ? { measure: input.measure } : {}),
    ingest: input.ingest,
  }
}

/** Rows grouped by user, oldest first, repeats left out, with the users' offsets. */
function sortedRows(columns: InteractionColumns, users: number, userOf: Int32Array, itemOf: Int32Array) {
  const { user, item, at, value, positive } = columns
  const ends = new Int32Array(users + 1)
  for (const code of user) ends[userOf[code]! + 1]!++
  for (let u = 0; u < users; u++) ends[u + 1]! += ends[u]!
  const rows = new Int32Array(user.length)
  const next = ends.slice()
  for (let row = 0; row < user.length; row++) rows[next[userOf[user[row]!]!]!++] = row

  const byMoment = (a: number, b: number) => at[a]! - at[b]! || itemOf[item[a]!]! - itemOf[item[b]!]!
  // Among repeats the greatest value comes first and stays; a missing value comes last.
  const byValue = (a: number, b: number) => rank(value[b]!) - rank(value[a]!) || positive[b]! - positive[a]!
  const offsets = new Int32Array(ends.length)
  let end = 0
  for (let u = 0; u + 1 < ends.length; u++) {
    rows.subarray(ends[u]!, ends[u + 1]!).sort((a, b) => byMoment(a, b) || byValue(a, b))
    const first = end
    for (let p = ends[u]!; p < ends[u + 1]!; p++) {
      const row = rows[p]!
      if (end === first || byMoment(rows[end - 1]!, row) !== 0) rows[end++] = row
    }
    offsets[u + 1] = end
  }
  return { rows: rows.subarray(0, end), offsets }
}

/** Codes may name users and items whose rows were all rejected later: these are left out. */
function usedCodes(codes: Int32Array, size: number): Uint8Array {
  const used = new Uint8Array(size)
  for (const code of codes) used[code] = 1
  return used
}

/** Finite stand-in, because a difference of infinities is no order. */
function rank(value: number): number {
  return Number.isNaN(value) ? -Number.MAX_VALUE : value
}

function isColumns(input: InteractionColumns | Iterable<RawInteraction>): input is InteractionColumns {
  return 'user' in input && input.user instanceof Int32Array
}

function fromRows(rows: Iterable<RawInteraction>): InteractionColumns {
  const builder = new ColumnBuilder()
  for (const { user, item, at, value, positive } of rows) {
    builder.add(builder.userCode(user), builder.itemCode(item), at, value, positive)
  }
  return builder.columns()
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
