import type { TimeUnit } from '../dataset.ts'
import type { ImpressionColumns, InteractionColumns } from '../interactionColumns.ts'
import { type ColumnMapping, type ColumnRoles, recogniseColumns } from './columnMapping.ts'
import type { EventColumns } from './eventColumns.ts'
import { assertMedian, faultOfMoment, medianOf, unitOf } from './moments.ts'
import { readRawRows } from './rawRows.ts'
import type { RejectLog } from './rejectLog.ts'
import type { RawRows } from './rowAdder.ts'
import { type Table, withTable } from './table.ts'

/** Rows of an interactions file as columns, and what the file turned out to hold. */
export interface ReadInteractions {
  readonly interactions: InteractionColumns
  /** What users were shown, where the log has such rows. */
  readonly impressions: ImpressionColumns | undefined
  /** Rows of each kind, where the log tells kinds. */
  readonly kinds: Readonly<Record<string, number>> | undefined
  /** Words of the kind column that say none of the kinds; they count as views. */
  readonly unknownKinds: readonly string[]
  readonly roles: ColumnRoles
  /** Names of the columns that have a role. */
  readonly columns: Readonly<Record<string, string>>
  /** All records of the file, rejected ones included. */
  readonly rows: number
  /** Values from here on count as a success; `undefined` where every row does. */
  readonly positiveFrom: number | undefined
  /** What the times are written in; `undefined` without times. */
  readonly unit: TimeUnit | undefined
  readonly bom: boolean
  readonly spellings: { readonly trimmed: number; readonly composed: number; readonly example?: string }
}

export interface ReadOptions {
  readonly mapping?: ColumnMapping | undefined
  /** Rating from which an interaction counts as a success. */
  readonly positiveFrom?: number | undefined
  /** ms since 1970: nothing can have happened later */
  readonly now: number
  /** CSV without the short cuts, which must come to the same. */
  readonly careful?: boolean
}

const ROLES = ['user', 'item', 'value', 'time'] as const
const EVENT_ROLES = ['kind', 'slate', 'position', 'propensity'] as const

/** A rating counts as a success from this share of the best rating on: 6 of 10, 3 of 5. */
const POSITIVE_SHARE = 0.6

/**
 * Reads a table of interactions. Rows that cannot be used go to `rejects`, with their line; good rows still count.
 * @throws ForYouError `bad_data` where columns cannot be told, or times are in no known unit
 */
export function readInteractions(
  path: string,
  rejects: RejectLog,
  options: ReadOptions,
): Promise<ReadInteractions> {
  const read = async (table: Table): Promise<ReadInteractions> => {
    const roles = recogniseColumns(table.file, table.columns, options.mapping)
    const raw = await readRawRows(table, roles, rejects)
    const events = raw.events?.areKinds(raw.length) ? raw.events : undefined
    const times =
      roles.time === undefined ? undefined : settleTimes(table, roles.time, raw, rejects, options.now)
    const positiveFrom =
      roles.measure === 'rating'
        ? (options.mapping?.positiveFrom ?? options.positiveFrom ?? POSITIVE_SHARE * greatest(raw))
        : options.mapping?.positiveFrom
    const { kept, shown } = sortedOut(table, raw, events, times?.at, roles, rejects)
    return {
      interactions: keptColumns(raw, kept, times?.at, positiveFrom, table),
      impressions: events ? shownColumns(raw, events, shown, times?.at) : undefined,
      unknownKinds: events?.unknownWords() ?? [],
      kinds: events ? kindCounts(raw, events) : undefined,
      roles,
      columns: Object.fromEntries(
        (events ? [...ROLES, ...EVENT_ROLES] : ROLES).flatMap((role) =>
          roles[role] === undefined ? [] : [[role, table.columns[roles[role]]!]],
        ),
      ),
      rows: table.rows,
      positiveFrom,
      unit: times?.unit,
      bom: table.bom ?? false,
      spellings: spellingsOf(raw),
    }
  }
  return withTable(path, rejects, read, { careful: options.careful ?? false })
}

function keptColumns(
  raw: RawRows,
  kept: Int32Array,
  at: Float64Array | undefined,
  positiveFrom: number | undefined,
  table: Table,
): InteractionColumns {
  const n = kept.length
  const columns = {
    user: new Int32Array(n),
    item: new Int32Array(n),
    at: new Float64Array(n),
    value: new Float32Array(n),
    positive: new Uint8Array(n),
    line: new Int32Array(n),
  }
  for (let i = 0; i < n; i++) {
    const row = kept[i]!
    const value = raw.value[row]!
    columns.user[i] = raw.user[row]!
    columns.item[i] = raw.item[row]!
    columns.at[i] = at ? at[row]! : 0
    columns.value[i] = value
    // In a log of kinds, what has no rating counts by itself.
    columns.positive[i] = positiveFrom === undefined || Number.isNaN(value) || value >= positiveFrom ? 1 : 0
    columns.line[i] = table.line(raw.record[row]!)
  }
  const { users, items } = raw.ids.columns()
  return { users, items, ...columns }
}

function spellingsOf({ userCodes, itemCodes }: RawRows): ReadInteractions['spellings'] {
  const [users, items] = [userCodes.spellings, itemCodes.spellings]
  const example = items.example ?? users.example
  return {
    trimmed: users.trimmed + items.trimmed,
    composed: users.composed + items.composed,
    ...(example === undefined ? {} : { example }),
  }
}

/** All times in ms, NaN where a row had to be rejected, and what they were written in. */
function settleTimes(
  table: Table,
  column: number,
  raw: RawRows,
  rejects: RejectLog,
  now: number,
): { at: Float64Array; unit: TimeUnit } {
  const at = raw.time.slice(0, raw.length)
  const allNumbers = !raw.isIso.subarray(0, raw.length).includes(1)
  const numbers = allNumbers ? at : at.filter((_, row) => raw.isIso[row] === 0)
  const median = medianOf(numbers)
  const { factor, name } = unitOf(median)
  for (let row = 0; row < at.length; row++) {
    if (raw.isIso[row] === 0) at[row] = Math.floor(at[row]! * factor)
  }
  if (at.length > 0) {
    // Scaling keeps the order: the middle number is the middle moment.
    const middle = allNumbers ? Math.floor(median * factor) : medianOf(at)
    assertMedian(table.file, table.columns[column]!, middle, now)
  }
  for (let row = 0; row < at.length; row++) {
    const fault = faultOfMoment(at[row]!, now)
    if (!fault) continue
    rejects.reject(fault, table.line(raw.record[row]!), String(raw.time[row]))
    at[row] = Number.NaN
  }
  return { at, unit: allNumbers ? name : numbers.length === 0 ? 'ISO dates' : 'ISO dates and numbers' }
}

/** Rows that are interactions, and rows that only say what was shown. What is neither is counted. */
function sortedOut(
  table: Table,
  raw: RawRows,
  events: EventColumns | undefined,
  at: Float64Array | undefined,
  roles: ColumnRoles,
  rejects: RejectLog,
): { kept: Int32Array; shown: Int32Array } {
  const kept = new Int32Array(raw.length)
  const shown = new Int32Array(events ? raw.length : 0)
  let [keeps, shows, returned, hidden] = [0, 0, 0, 0]
  for (let row = 0; row < raw.length; row++) {
    const value = raw.value[row]!
    const kind = events?.kind(row)
    if (at && Number.isNaN(at[row]!)) continue
    if (kind === 'impression') shown[shows++] = row
    else if (kind === 'hide') hidden++
    else if (roles.measure === 'quantity' && value < 1) returned++
    else if (!events && roles.value !== undefined && Number.isNaN(value)) {
      // It was let through for a column that turned out to say no kinds.
      rejects.reject('rating is not a number', table.line(raw.record[row]!), '')
    } else kept[keeps++] = row
  }
  rejects.skip('quantity below one', returned)
  rejects.skip('not interested', hidden)
  rejects.skip('impression', shows)
  return { kept: kept.subarray(0, keeps), shown: shown.subarray(0, shows) }
}

/** Positions count from 1, whatever the log counts from. */
function shownColumns(
  raw: RawRows,
  events: EventColumns,
  shown: Int32Array,
  at: Float64Array | undefined,
): ImpressionColumns | undefined {
  if (shown.length === 0) return undefined
  const shift = shown.some((row) => events.position[row] === 0) ? 1 : 0
  return {
    user: shown.map((row) => raw.user[row]!),
    item: shown.map((row) => raw.item[row]!),
    at: Float64Array.from(shown, (row) => at?.[row] ?? 0),
    slate: shown.map((row) => events.slate[row]!),
    position: shown.map((row) => (events.position[row]! < 0 ? 0 : events.position[row]! + shift)),
    propensity: Float32Array.from(shown, (row) => events.propensity[row]!),
  }
}

function kindCounts({ length }: RawRows, events: EventColumns): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let row = 0; row < length; row++) counts[events.kind(row)] = (counts[events.kind(row)] ?? 0) + 1
  return counts
}

function greatest({ value, length }: RawRows): number {
  let best = 0
  for (let row = 0; row < length; row++) if (value[row]! > best) best = value[row]!
  return best
}
