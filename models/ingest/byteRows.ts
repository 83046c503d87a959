import type { ColumnRoles } from './columnMapping.ts'
import { splitRecord } from './csvRecord.ts'
import type { CsvTable } from './csvTable.ts'
import { ByteIdCodes } from './idCodes.ts'
import { parseIsoMoment, parseNumber } from './moments.ts'
import { parseDecimal } from './parseDecimal.ts'
import { parseIsoBytes } from './parseIsoBytes.ts'
import { columnsOf, type RawRows, type RowAdder } from './rowAdder.ts'

const QUOTE = 0x22

/**
 * Rows from the bytes of a CSV file: no text is made of a number or a date, and of an id only when it is first met. A record
 * with a quote inside a quoted field is split as text.
 */
export function readByteRows(csv: CsvTable, roles: ColumnRoles, raw: RawRows, adder: RowAdder): void {
  const { bytes, delimiter, records } = csv
  const separator = delimiter.charCodeAt(0)
  const columns = columnsOf(roles)
  const users = new ByteIdCodes(bytes, raw.userCodes)
  const items = new ByteIdCodes(bytes, raw.itemCodes)
  const { user: u, item: i, value: v, time: t } = roles
  const last = Math.max(...columns.filter((column) => column !== undefined))
  const [from, to] = [new Float64Array(last + 1), new Float64Array(last + 1)]
  const text = (column: number) => bytes.toString('utf8', from[column]!, to[column]!)
  const cell = (c: number) => (columns[c] === undefined ? '' : text(columns[c]))
  for (let record = 0; record < records.starts.length; record++) {
    const [start, end] = [records.starts[record]!, records.ends[record]!]
    if (!findFields(bytes, start, end, separator, from, to)) {
      const fields = splitRecord(bytes.toString('utf8', start, end), delimiter)
      adder.texts(
        record,
        columns.map((column) => (column === undefined ? '' : (fields[column] ?? ''))),
      )
      continue
    }
    let value = Number.NaN
    if (v !== undefined) {
      value = parseDecimal(bytes, from[v]!, to[v]!)
      if (Number.isNaN(value)) value = parseNumber(text(v))
    }
    let time = 0
    let isIso = false
    if (t !== undefined) {
      time = parseDecimal(bytes, from[t]!, to[t]!)
      if (Number.isNaN(time)) {
        time = parseIsoBytes(bytes, from[t]!, to[t]!)
        isIso = !Number.isNaN(time)
        if (!isIso) {
          const moment = text(t)
          time = parseNumber(moment)
          isIso = Number.isNaN(time)
          if (isIso) time = parseIsoMoment(moment)
        }
      }
    }
    const user = users.of(from[u]!, to[u]!)
    adder.add(record, user, items.of(from[i]!, to[i]!), value, time, isIso, cell)
  }
}

/**
 * Where the first fields of a record lie, without their quotes: field f in `bytes[from[f] … to[f] − 1]`.
 * @returns false where a quote stands inside a quoted field
 */
function findFields(
  bytes: Buffer,
  start: number,
  end: number,
  separator: number,
  from: Float64Array,
  to: Float64Array,
): boolean {
  let pos = start
  for (let field = 0; field < from.length; field++) {
    const isQuoted = bytes[pos] === QUOTE && pos < end
    if (isQuoted) pos++
    from[field] = pos
    if (isQuoted) {
      while (pos < end && bytes[pos] !== QUOTE) pos++
      to[field] = pos++
      if (bytes[pos] === QUOTE && pos < end) return false
    } else {
      while (pos < end && bytes[pos] !== separator) pos++
      to[field] = pos
    }
    pos++
  }
  return true
}
