import { ColumnBuilder } from '../interactionColumns.ts'
import type { ColumnRoles } from './columnMapping.ts'
import { splitRecord } from './csvRecord.ts'
import type { CsvTable } from './csvTable.ts'
import { EventColumns } from './eventColumns.ts'
import { ByteIdCodes, IdCodes } from './idCodes.ts'
import { isNotFinite, parseIsoMoment, parseNumber } from './moments.ts'
import { parseDecimal } from './parseDecimal.ts'
import type { BadReason, RejectLog } from './rejectLog.ts'
import type { Table } from './table.ts'

/** Rows with a user, an item and readable numbers; their times are not settled yet. */
export interface RawRows {
  /** Only its codes are used; rows stay in the arrays below until their times are settled. */
  readonly ids: ColumnBuilder
  readonly userCodes: IdCodes
  readonly itemCodes: IdCodes
  readonly user: Int32Array
  readonly item: Int32Array
  readonly value: Float64Array
  /** A number in the file's unit, or ms where `isIso`. */
  readonly time: Float64Array
  readonly isIso: Uint8Array
  readonly record: Int32Array
  /** Where there is a column that may say kinds. */
  readonly events: EventColumns | undefined
  length: number
}

const QUOTE = 0x22

/** Reads the columns that have a role; what is no interaction goes to `rejects`. */
export async function readRawRows(table: Table, roles: ColumnRoles, rejects: RejectLog): Promise<RawRows> {
  const n = table.sound
  const ids = new ColumnBuilder(16)
  const raw: RawRows = {
    ids,
    userCodes: new IdCodes((id) => ids.userCode(id), 'no user'),
    itemCodes: new IdCodes((id) => ids.itemCode(id), 'no item'),
    user: new Int32Array(n),
    item: new Int32Array(n),
    value: new Float64Array(n).fill(Number.NaN),
    time: new Float64Array(n),
    isIso: new Uint8Array(n),
    record: new Int32Array(n),
    events: roles.kind === undefined ? undefined : new EventColumns(n),
    length: 0,
  }
  const adder = new RowAdder(raw, table, roles, rejects)
  if (table.csv) readBytesOf(table.csv, roles, raw, adder)
  else {
    const columns = columnsOf(roles)
    const present = columns.filter((column) => column !== undefined)
    const places = columns.map((column) => (column === undefined ? -1 : present.indexOf(column)))
    await table.read(present, (chunk, first) => {
      for (let i = 0; i < chunk[0]!.length; i++) {
        adder.texts(
          first + i,
          places.map((place) => (place < 0 ? '' : (chunk[place]![i] ?? ''))),
        )
      }
    })
  }
  return raw
}

/** The column of each role, in the order of the cells of {@link RowAdder.texts}. */
function columnsOf({ user, item, value, time, kind, slate, position, propensity }: ColumnRoles) {
  return [user, item, value, time, kind, slate, position, propensity] as const
}

/** Adds a row or rejects it, with the reason and the cell at fault. */
class RowAdder {
  readonly #raw: RawRows
  readonly #table: Table
  readonly #rejects: RejectLog
  readonly #value: boolean
  readonly #time: boolean

  constructor(raw: RawRows, table: Table, roles: ColumnRoles, rejects: RejectLog) {
    this.#raw = raw
    this.#table = table
    this.#rejects = rejects
    this.#value = roles.value !== undefined
    this.#time = roles.time !== undefined
  }

  /** @param cells texts in the order of {@link columnsOf}, empty where there is no column */
  texts(record: number, cells: readonly string[]): void {
    const user = this.#raw.userCodes.of(cells[0]!)
    const item = this.#raw.itemCodes.of(cells[1]!)
    const value = this.#value ? parseNumber(cells[2]!) : Number.NaN
    const text = this.#time ? cells[3]! : '0'
    const number = parseNumber(text)
    const isIso = Number.isNaN(number)
    const time = isIso ? parseIsoMoment(text) : number
    this.add(record, user, item, value, time, isIso, (c) => cells[c]!)
  }

  /** @param cell text in the order of {@link columnsOf}, asked for only where it is needed */
  add(
    record: number,
    user: number | BadReason,
    item: number | BadReason,
    value: number,
    time: number,
    isIso: boolean,
    cell: (c: number) => string,
  ): void {
    if (typeof user === 'string') this.#reject(user, record, cell(0))
    else if (typeof item === 'string') this.#reject(item, record, cell(1))
    else if (this.#value && Number.isNaN(value) && !(this.#raw.events && cell(2).trim() === ''))
      // Views and impressions carry no rating, in a log that tells kinds.
      this.#reject(isNotFinite(cell(2)) ? 'rating is not finite' : 'rating is not a number', record, cell(2))
    else if (Number.isNaN(time)) this.#reject('time is not readable', record, cell(3))
    else {
      const raw = this.#raw
      const row = raw.length++
      raw.user[row] = user
      raw.item[row] = item
      raw.value[row] = value
      raw.time[row] = time
      raw.isIso[row] = isIso ? 1 : 0
      raw.record[row] = record
      raw.events?.set(row, cell(4), cell(5), cell(6), cell(7))
    }
  }

  #reject(reason: BadReason, record: number, cell: string): void {
    this.#rejects.reject(reason, this.#table.line(record), cell)
  }
}

/**
 * The same from the bytes of a CSV file: no text is made of a number, and of an id only when it is first met. A record with
 * a quoted field is split as text.
 */
function readBytesOf(csv: CsvTable, roles: ColumnRoles, raw: RawRows, adder: RowAdder): void {
  const { bytes, delimiter, records } = csv
  const separator = delimiter.charCodeAt(0)
  const columns = columnsOf(roles)
  const users = new ByteIdCodes(bytes, raw.userCodes)
  const items = new ByteIdCodes(bytes, raw.itemCodes)
  const { user: u, item: i, value: v, time: t } = roles
  const last = Math.max(...columns.filter((column) => column !== undefined))
  /** Field f of the record lies in bounds[f] … bounds[f + 1] − 1. */
  const bounds = new Float64Array(last + 2)
  const text = (column: number) => bytes.toString('utf8', bounds[column]!, bounds[column + 1]! - 1)
  const cell = (c: number) => (columns[c] === undefined ? '' : text(columns[c]))
  for (let record = 0; record < records.starts.length; record++) {
    const end = records.ends[record]!
    if (!findFields(bytes, records.starts[record]!, end, separator, bounds)) {
      const fields = splitRecord(bytes.toString('utf8', records.starts[record], end), delimiter)
      adder.texts(
        record,
        columns.map((column) => (column === undefined ? '' : (fields[column] ?? ''))),
      )
      continue
    }
    let value = Number.NaN
    if (v !== undefined) {
      value = parseDecimal(bytes, bounds[v]!, bounds[v + 1]! - 1)
      if (Number.isNaN(value)) value = parseNumber(text(v))
    }
    let time = 0
    let isIso = false
    if (t !== undefined) {
      time = parseDecimal(bytes, bounds[t]!, bounds[t + 1]! - 1)
      if (Number.isNaN(time)) {
        const moment = text(t)
        time = parseNumber(moment)
        isIso = Number.isNaN(time)
        if (isIso) time = parseIsoMoment(moment)
      }
    }
    adder.add(
      record,
      users.of(bounds[u]!, bounds[u + 1]! - 1),
      items.of(bounds[i]!, bounds[i + 1]! - 1),
      value,
      time,
      isIso,
      cell,
    )
  }
}

/** Fills the bounds of the first fields of a record. @returns false where one of them is quoted */
function findFields(
  bytes: Buffer,
  start: number,
  end: number,
  separator: number,
  bounds: Float64Array,
): boolean {
  let field = 0
  bounds[0] = start
  if (bytes[start] === QUOTE) return false
  for (let pos = start; pos < end; pos++) {
    if (bytes[pos] !== separator) continue
    bounds[++field] = pos + 1
    if (field === bounds.length - 1) return true
    if (bytes[pos + 1] === QUOTE) return false
  }
  bounds[field + 1] = end + 1
  return true
}
