import type { ColumnBuilder } from '../interactionColumns.ts'
import type { ColumnRoles } from './columnMapping.ts'
import type { EventColumns } from './eventColumns.ts'
import type { IdCodes } from './idCodes.ts'
import { isNotFinite, parseIsoMoment, parseNumber } from './moments.ts'
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

/** The column of each role, in the order of the cells of {@link RowAdder.texts}. */
export function columnsOf({ user, item, value, time, kind, slate, position, propensity }: ColumnRoles) {
  return [user, item, value, time, kind, slate, position, propensity] as const
}

/** Adds a row or rejects it, with the reason and the cell at fault. */
export class RowAdder {
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
