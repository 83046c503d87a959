import type { TimeUnit } from '../dataset.ts'
import type { InteractionColumns } from '../interactionColumns.ts'
import { type ColumnMapping, type ColumnRoles, recogniseColumns } from './columnMapping.ts'
import { assertMedian, faultOfMoment, medianOf, unitOf } from './moments.ts'
import { type RawRows, readRawRows } from './rawRows.ts'
import type { RejectLog } from './rejectLog.ts'
import { type Table, withTable } from './table.ts'

/** Rows of an interactions file as columns, and what the file turned out to hold. */
export interface ReadInteractions {
  readonly interactions: InteractionColumns
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
    const times =
      roles.time === undefined ? undefined : settleTimes(table, roles.time, raw, rejects, options.now)
    const positiveFrom =
      roles.measure === 'rating'
        ? (options.mapping?.positiveFrom ?? options.positiveFrom ?? POSITIVE_SHARE * greatest(raw))
        : options.mapping?.positiveFrom
    return {
      interactions: keptColumns(
        raw,
        keptRows(raw, times?.at, roles, rejects),
        times?.at,
        positiveFrom,
        table,
      ),
      roles,
      columns: Object.fromEntries(
        (['user', 'item', 'value', 'time'] as const).flatMap((role) =>
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
    columns.positive[i] = positiveFrom === undefined || value >= positiveFrom ? 1 : 0
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

function keptRows(
  raw: RawRows,
  at: Float64Array | undefined,
  roles: ColumnRoles,
  rejects: RejectLog,
): Int32Array {
  const kept = new Int32Array(raw.length)
  let end = 0
  let returned = 0
  for (let row = 0; row < raw.length; row++) {
    if (at && Number.isNaN(at[row]!)) continue
    if (roles.measure === 'quantity' && raw.value[row]! < 1) returned++
    else kept[end++] = row
  }
  rejects.skip('quantity below one', returned)
  return kept.subarray(0, end)
}

function greatest({ value, length }: RawRows): number {
  let best = 0
  for (let row = 0; row < length; row++) if (value[row]! > best) best = value[row]!
  return best
}
