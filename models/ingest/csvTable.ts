import { basename } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { splitRecord } from './csvRecord.ts'
import type { RejectLog } from './rejectLog.ts'
import type { Table } from './table.ts'
import { sniffDelimiter } from './tableFormat.ts'
import { bomLength, csvRecords, type TextRecords } from './textRecords.ts'

/** A CSV file as bytes and the places of its sound records. */
export interface CsvTable {
  readonly bytes: Buffer
  readonly delimiter: string
  readonly records: TextRecords
}

const CHUNK = 4096

/**
 * A CSV file's records, read straight from its bytes: {@link csvRecords} has found and checked them.
 * @throws ForYouError `bad_data` where header or rows are missing
 */
export function openCsv(path: string, bytes: Buffer, rejects: RejectLog, careful: boolean): Table {
  const delimiter = sniffDelimiter(bytes)
  const records = csvRecords(bytes, delimiter, rejects, careful)
  assertHeader(path, records.header)
  if (records.rows === 0) throw new ForYouError('bad_data', `${path} has a header but no rows.`)
  const { lines, starts, ends } = records
  return {
    file: basename(path),
    columns: records.header.map((name) => name.trim()),
    rows: records.rows,
    sound: lines.length,
    bom: bomLength(bytes) > 0,
    ...(careful ? {} : { csv: { bytes, delimiter, records } }),
    line: (record) => lines[record]!,
    async read(columns, onChunk) {
      for (let first = 0; first < lines.length; first += CHUNK) {
        const last = Math.min(lines.length, first + CHUNK)
        const chunk: (string | null)[][] = columns.map(() => [])
        for (let record = first; record < last; record++) {
          const fields = splitRecord(bytes.toString('utf8', starts[record], ends[record]), delimiter)
          for (const [c, column] of columns.entries()) chunk[c]!.push(fields[column] || null)
        }
        onChunk(chunk, first)
      }
    },
  }
}

function assertHeader(path: string, header: readonly string[]): void {
  if (header.length === 0) {
    throw new ForYouError('bad_data', `${path}: the header line is broken.`, {
      hint: 'The first line must name the columns; look for a stray quote in it.',
    })
  }
  if (header.length < 2) {
    throw new ForYouError('bad_data', `${path} has only one column, "${header[0]!.slice(0, 60)}".`, {
      hint: 'A table needs a header line with column names and commas, tabs or semicolons between the fields.',
    })
  }
}
