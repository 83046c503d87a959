import { ColumnBuilder } from '../interactionColumns.ts'
import { readByteRows } from './byteRows.ts'
import type { ColumnRoles } from './columnMapping.ts'
import { EventColumns } from './eventColumns.ts'
import { IdCodes } from './idCodes.ts'
import type { RejectLog } from './rejectLog.ts'
import { columnsOf, type RawRows, RowAdder } from './rowAdder.ts'
import type { Table } from './table.ts'

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
  if (table.csv) readByteRows(table.csv, roles, raw, adder)
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
