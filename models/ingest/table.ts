import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { ForYouError } from '../../shared/domain/errors.ts'
import { type CsvTable, openCsv } from './csvTable.ts'
import { readBytes } from './readBytes.ts'
import type { RejectLog } from './rejectLog.ts'
import { assertText, isParquet, textFormat } from './tableFormat.ts'
import { jsonQuery, parquetQuery, type Query, rowsOf } from './tableQueries.ts'
import { excerpt, jsonRecords, soundText, type TextRecords } from './textRecords.ts'

/** One chunk of a table: the asked columns as text, in file order. `null` where a field is empty or absent. */
export type Chunk = readonly (readonly (string | null)[])[]

export interface Table {
  /** The file's name as messages show it. */
  readonly file: string
  /** Column names as the file has them. */
  readonly columns: readonly string[]
  /** All records, rejected ones included. */
  readonly rows: number
  /** Records that can be read. */
  readonly sound: number
  /** True where the file begins with a byte order mark. */
  readonly bom?: boolean
  /** The bytes themselves, for readers in a hurry: CSV only. */
  readonly csv?: CsvTable
  /** 1-based line of the n-th sound record; its number where the format has no lines. */
  line(record: number): number
  /** Hands over the sound records chunk by chunk. @param columns indexes into `columns` */
  read(columns: readonly number[], onChunk: (chunk: Chunk, firstRecord: number) => void): Promise<void>
}

/**
 * Opens a CSV, TSV, JSON-lines, JSON or Parquet file, gzip included, for as long as `use` runs. Records that are broken as
 * text go to `rejects`.
 * @param options.careful CSV without the short cuts, which must come to the same
 * @throws ForYouError `not_found`, or `bad_data` where the file as a whole is no table
 */
export async function withTable<T>(
  path: string,
  rejects: RejectLog,
  use: (table: Table) => Promise<T>,
  options: { readonly careful?: boolean } = {},
): Promise<T> {
  try {
    if (await isParquet(path)) {
      return await withDatabase(async (connection, local) => {
        await symlink(resolve(path), local)
        const query = await parquetQuery(connection, `read_parquet('${local}')`)
        return use(await countedTable(path, connection, query))
      })
    }
    const bytes = await readBytes(path)
    assertText(path, bytes)
    const format = textFormat(path, bytes)
    if (format === 'csv') return await use(openCsv(path, bytes, rejects, options.careful ?? false))
    return await withDatabase(async (connection, local) => {
      if (format === 'jsonl') return use(await openJsonLines(path, local, bytes, connection, rejects))
      await writeFile(local, bytes)
      return use(await countedTable(path, connection, await jsonQuery(connection, local, 'array')))
    })
  } catch (cause) {
    if (cause instanceof ForYouError) throw cause
    const message = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new ForYouError('bad_data', `${path} cannot be read as a table: ${message}`, { cause })
  }
}

/** @param use gets a path in a folder of its own: SQL then sees no odd path, no quote and no glob character */
async function withDatabase<T>(use: (connection: DuckDBConnection, local: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'foryou-'))
  // One thread: records keep the file's order. No extensions: no network.
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    autoinstall_known_extensions: 'false',
    temp_directory: folder,
  })
  const connection = await instance.connect()
  try {
    return await use(connection, join(folder, 'table'))
  } finally {
    connection.closeSync()
    instance.closeSync()
    await rm(folder, { recursive: true, force: true })
  }
}

async function countedTable(path: string, connection: DuckDBConnection, query: Query): Promise<Table> {
  const [[count]] = (await rowsOf(connection, `select count(*)::varchar from ${query.from}`)) as [[string]]
  return tableOf(path, connection, query, Number(count), undefined)
}

async function openJsonLines(
  path: string,
  local: string,
  bytes: Buffer,
  connection: DuckDBConnection,
  rejects: RejectLog,
): Promise<Table> {
  const records = jsonRecords(bytes, rejects)
  if (records.rows === 0) throw new ForYouError('bad_data', `${path} holds no record.`)
  await writeFile(local, records.clean ? bytes : soundText(bytes, records))
  const query = await jsonQuery(connection, local, 'newline_delimited')
  const isObject = `coalesce(json_type(json) = 'OBJECT', false)`
  const broken = await rowsOf(
    connection,
    `select n::int from (select row_number() over () - 1 as n, ${isObject} as sound from ${query.from})
     where not sound order by n`,
  )
  const bad = new Set(broken.map(([n]) => Number(n)))
  for (const n of bad) {
    const text = excerpt(bytes, records.starts[n]!, records.ends[n]!)
    rejects.reject('not a JSON object', records.lines[n]!, text)
  }
  const lines = records.lines.filter((_, n) => !bad.has(n))
  const sound: Query = { ...query, from: `(select json from ${query.from} where ${isObject})` }
  return tableOf(path, connection, sound, lines.length, { ...records, lines })
}

function tableOf(
  path: string,
  connection: DuckDBConnection,
  query: Query,
  sound: number,
  records: Pick<TextRecords, 'lines' | 'rows'> | undefined,
): Table {
  return {
    file: basename(path),
    columns: query.columns,
    rows: records?.rows ?? sound,
    sound,
    line: (record) => records?.lines[record] ?? record + 1,
    async read(columns, onChunk) {
      if (sound === 0) return
      const result = await connection.stream(
        `select ${columns.map((c) => query.expressions[c]).join(', ')} from ${query.from}`,
      )
      let first = 0
      for (;;) {
        const chunk = await result.fetchChunk()
        if (!chunk || chunk.rowCount === 0) break
        onChunk(chunk.getColumns() as Chunk, first)
        first += chunk.rowCount
      }
      // Lines would be wrong otherwise; better no result than a wrong one.
      if (first !== sound) {
        throw new ForYouError('bad_data', `${path} has ${sound} records, but ${first} could be read.`)
      }
    },
  }
}
