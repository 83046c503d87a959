import { basename } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { RejectLog } from '../ingest/rejectLog.ts'
import { withTable } from '../ingest/table.ts'

/** A record of the asked columns as text; `null` where a field is empty or its column absent. */
export type TextRow = readonly (string | null)[]

/**
 * Reads some columns of a Parquet, CSV, TSV or JSON file, by name, whatever the case.
 * @param optional names that may be absent
 * @throws ForYouError `bad_data` naming a column that is missing and those that are there
 */
export async function readColumns(
  path: string,
  names: readonly string[],
  optional: readonly string[] = [],
): Promise<TextRow[]> {
  const rejects = new RejectLog()
  const rows = await withTable(path, rejects, async (table) => {
    const present = table.columns.map((name) => name.trim().toLowerCase())
    const indexes = names.map((name) => present.indexOf(name))
    const missing = names.filter((name, n) => indexes[n] === -1 && !optional.includes(name))
    if (missing.length > 0) {
      throw new ForYouError('bad_data', `${path} has no column "${missing[0]}".`, {
        hint: `It has: ${table.columns.join(', ')}.`,
      })
    }
    const asked = indexes.filter((index) => index >= 0)
    const out: TextRow[] = []
    await table.read(asked, (chunk) => {
      const length = chunk[0]?.length ?? 0
      for (let r = 0; r < length; r++)
        out.push(indexes.map((index) => (index < 0 ? null : chunk[asked.indexOf(index)]![r]!)))
    })
    rejects.assertGoodEnough(basename(path), table.rows, false)
    return out
  })
  return rows
}
