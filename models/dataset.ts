import type { CatalogueItem } from '../shared/domain/catalogue.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import { ColumnBuilder, type ImpressionColumns, type InteractionColumns } from './interactionColumns.ts'
import { sortedImpressions } from './sortedImpressions.ts'
import { sortedRows } from './sortedRows.ts'

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
  /** 1-based line of each interaction in the first file of `ingest`; absent where rows did not come from one. */
  readonly lines?: Int32Array
  /** 1 for items of the catalogue that only the log knows; absent without an items file. */
  readonly uncatalogued?: Uint8Array
  /** What users were shown; absent where the log does not say. Never a success, never popularity. */
  readonly impressions?: Impressions
  /** Item vectors that somebody brought along. */
  readonly embeddings?: Embeddings
  /** How the raw log became this dataset. */
  readonly ingest: IngestReport
  /** Exists for the synthetic world only: what nobody could beat without a leak. */
  readonly oracle?: Oracle
}

/** Item vectors by item index, as they were given. */
export interface Embeddings {
  readonly dims: number
  /** items × dims; 0 where the item has none */
  readonly rows: Float32Array
  readonly hasRow: Uint8Array
  /** Vectors that belong to no item, that came twice, or that hold NaN or an infinity: left out. */
  readonly unknown: number
  readonly repeated: number
  readonly notFinite: number
  /** Items without a vector. */
  readonly missing: number
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

/** Impressions, sorted by user and time. */
export interface Impressions {
  /** Dense user index, −1 for users who never did anything. */
  readonly users: Int32Array
  readonly items: Int32Array
  /** As the dataset's `times`. */
  readonly times: Float64Array
  /** Number of the slate, −1 where the log names none. */
  readonly slates: Int32Array
  /** From 1; 0 where the log does not say. */
  readonly positions: Int32Array
  /** Chance of having been seen, in (0, 1]; NaN where the log does not say. */
  readonly propensities: Float32Array
}

/** What times are written in. */
export type TimeUnit =
  | 'seconds'
  | 'milliseconds'
  | 'microseconds'
  | 'nanoseconds'
  | 'ISO dates'
  | 'ISO dates and numbers'

/** How a table was understood, for a reader who wants to check it. */
export interface Understood {
  /** Role → name of its column. */
  readonly columns: Readonly<Record<string, string>>
  readonly unit?: TimeUnit
  /** Rows of each kind, impressions among them; absent where the log does not tell kinds. */
  readonly kinds?: Readonly<Record<string, number>>
  /** Different ids that had white space around them, or were not in Unicode NFC, with the first. */
  readonly spellings: { readonly trimmed: number; readonly composed: number; readonly example?: string }
  readonly bom: boolean
  /** Lines of the first rows that repeat another one. */
  readonly repeatedLines: readonly number[]
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
  /** Absent where no table was read. */
  readonly understood?: Understood
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
  /** Codes are those of `interactions`, which must be columns then. Items that were only shown are items too. */
  impressions?: ImpressionColumns | undefined
  ingest: IngestReport
  /** Told the row of every interaction that repeats another one. */
  onRepeat?: (row: number) => void
}): Dataset {
  const columns = isColumns(input.interactions) ? input.interactions : fromRows(input.interactions)
  const byId = new Map<string, CatalogueItem>()
  for (const item of input.catalogue) if (!byId.has(item.id)) byId.set(item.id, item)
  const touched = usedCodes(columns.item, columns.items.length)
  for (const code of input.impressions?.item ?? []) touched[code] = 1
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

  const { rows, offsets } = sortedRows(columns, users.length, userOf, itemOf, input.onRepeat)
  return {
    name: input.name,
    synthetic: input.synthetic ?? false,
    order: input.order,
    catalogue,
    users,
    offsets,
    ...gathered(columns, rows, itemOf),
    ...(input.impressions ? { impressions: sortedImpressions(input.impressions, userOf, itemOf) } : {}),
    ...(input.measure ? { measure: input.measure } : {}),
    ingest: input.ingest,
  }
}

function gathered(columns: InteractionColumns, rows: Int32Array, itemOf: Int32Array) {
  const n = rows.length
  const { line } = columns
  const items = new Int32Array(n)
  const times = new Float64Array(n)
  const values = new Float32Array(n)
  const positive = new Uint8Array(n)
  const lines = new Int32Array(line ? n : 0)
  for (let i = 0; i < n; i++) {
    const row = rows[i]!
    items[i] = itemOf[columns.item[row]!]!
    times[i] = columns.at[row]!
    values[i] = columns.value[row]!
    positive[i] = columns.positive[row]!
    if (line) lines[i] = line[row]!
  }
  return { items, times, values, positive, ...(line ? { lines } : {}) }
}

/** Codes may name users and items whose rows were all rejected later: these are left out. */
function usedCodes(codes: Int32Array, size: number): Uint8Array {
  const used = new Uint8Array(size)
  for (const code of codes) used[code] = 1
  return used
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
