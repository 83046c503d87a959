import { ForYouError } from '../../../shared/domain/errors.ts'
import { findColumn, ITEM_ID_NAMES } from '../columnMapping.ts'
import { parseNumber } from '../moments.ts'
import { RejectLog } from '../rejectLog.ts'
import { type Table, withTable } from '../table.ts'
import type { NamedVectors } from './readEmbeddings.ts'

/** A column whose cells hold whole vectors. */
const LIST_NAMES = ['embedding', 'embeddings', 'vector', 'vectors', 'emb', 'vec', 'features']

/**
 * A table of vectors (CSV, TSV, JSON lines, Parquet): the item's id, and either one number a column or all in one list.
 * @throws ForYouError `bad_data` where there is no id column or nothing that is a vector
 */
export function readVectorTable(path: string): Promise<NamedVectors> {
  return withTable(path, new RejectLog(), async (table) => {
    const id = findColumn(table.columns, ITEM_ID_NAMES)
    if (id === undefined) {
      throw new ForYouError('bad_data', `${table.file} has no column for the item's id.`, {
        hint: `Call it "item_id". Columns found: ${table.columns.slice(0, 8).join(', ')}.`,
      })
    }
    const list = findColumn(table.columns, LIST_NAMES)
    const columns = list === undefined ? [...table.columns.keys()].filter((c) => c !== id) : [list]
    if (columns.length === 0)
      throw new ForYouError('bad_data', `${table.file} has an id and no numbers beside it.`)
    return readRows(table, id, columns, list !== undefined)
  })
}

async function readRows(table: Table, id: number, columns: readonly number[], lists: boolean) {
  const ids: string[] = []
  const values: number[] = []
  let dims = lists ? 0 : columns.length
  await table.read([id, ...columns], ([names, ...cells], first) => {
    names!.forEach((name, r) => {
      const line = table.line(first + r)
      const row = lists ? listOf(cells[0]![r] ?? '') : cells.map((column) => parseNumber(column[r] ?? ''))
      if (dims === 0) dims = row.length
      if (row.length !== dims) {
        throw new ForYouError(
          'bad_data',
          `${table.file}:${line} has ${row.length} numbers, the rows before it ${dims}.`,
          {
            hint: 'All vectors need the same length.',
          },
        )
      }
      ids.push(name ?? '')
      for (const x of row) values.push(x)
    })
  })
  return { ids, vectors: { shape: [ids.length, dims], values: Float64Array.from(values) } }
}

/** `[0.1, 0.2]`, `0.1|0.2`, `0.1 0.2`. */
function listOf(cell: string): number[] {
  return cell
    .replace(/^[\s[(]+|[\s\])]+$/g, '')
    .split(/[\s,;|]+/)
    .filter((part) => part !== '')
    .map((part) => parseNumber(part))
}
