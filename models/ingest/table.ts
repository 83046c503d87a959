import { isUtf8 } from 'node:buffer'
import { mkdtemp, open, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { ForYouError } from '../../shared/domain/errors.ts'
import { readBytes } from './readBytes.ts'
import type { RejectLog } from './rejectLog.ts'
import { bomLength, csvRecords, jsonRecords, MAX_RECORD_BYTES, type TextRecords } from './textRecords.ts'

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
  /** 1-based line of the n-th sound record; its number where the format has no lines. */
  line(record: number): number
  /** Hands over the sound records chunk by chunk. @param columns indexes into `columns` */
  read(columns: readonly number[], onChunk: (chunk: Chunk, firstRecord: number) => void): Promise<void>
}

type Format = 'csv' | 'jsonl' | 'json' | 'parquet'

/** What SQL needs: where the rows come from, and each column as text. */
interface Query {
  readonly columns: readonly string[]
  readonly expressions: readonly string[]
  readonly from: string
}

/**
 * Opens a CSV, TSV, JSON-lines, JSON or Parquet file, gzip included, for as long as `use` runs. Records that are broken as
 * text go to `rejects`.
 * @throws ForYouError `not_found`, or `bad_data` where the file as a whole is no table
 */
export async function withTable<T>(
  path: string,
  rejects: RejectLog,
  use: (table: Table) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'foryou-'))
  // One thread: records keep the file's order. No extensions: no network.
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    autoinstall_known_extensions: 'false',
    temp_directory: folder,
  })
  const connection = await instance.connect()
  try {
    return await use(await openTable(path, folder, connection, rejects))
  } catch (cause) {
    if (cause instanceof ForYouError) throw cause
    const message = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new ForYouError('bad_data', `${path} cannot be read as a table: ${message}`, { cause })
  } finally {
    connection.closeSync()
    instance.closeSync()
    await rm(folder, { recursive: true, force: true })
  }
}

async function openTable(
  path: string,
  folder: string,
  connection: DuckDBConnection,
  rejects: RejectLog,
): Promise<Table> {
  // A fixed name in our own folder: SQL sees no odd path, no quote and no glob character.
  const local = join(folder, 'table')
  if (await isParquet(path)) {
    await symlink(resolve(path), local)
    const query = await parquetQuery(connection, `read_parquet('${local}')`)
    const [[count]] = (await rowsOf(connection, `select count(*)::varchar from ${query.from}`)) as [[string]]
    return tableOf(path, connection, query, Number(count), undefined)
  }
  const bytes = await readBytes(path)
  assertText(path, bytes)
  const format = textFormat(path, bytes)
  if (format === 'json') {
    await writeFile(local, bytes)
    const query = await jsonQuery(connection, local, 'array')
    const [[count]] = (await rowsOf(connection, `select count(*)::varchar from ${query.from}`)) as [[string]]
    return tableOf(path, connection, query, Number(count), undefined)
  }
  return format === 'csv'
    ? openCsv(path, local, bytes, connection, rejects)
    : openJsonLines(path, local, bytes, connection, rejects)
}

async function openCsv(
  path: string,
  local: string,
  bytes: Buffer,
  connection: DuckDBConnection,
  rejects: RejectLog,
): Promise<Table> {
  const delimiter = sniffDelimiter(bytes)
  const records = csvRecords(bytes, delimiter, rejects)
  const query = csvQuery(path, local, records.header, delimiter)
  if (records.rows === 0) throw new ForYouError('bad_data', `${path} has a header but no rows.`)
  await writeFile(local, records.cleaned ?? bytes)
  return tableOf(path, connection, query, records.lines.length, records)
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
  await writeFile(local, records.cleaned ?? bytes)
  const query = await jsonQuery(connection, local, 'newline_delimited')
  const isObject = `coalesce(json_type(json) = 'OBJECT', false)`
  const broken = await rowsOf(
    connection,
    `select n::int from (select row_number() over () - 1 as n, ${isObject} as sound from ${query.from})
     where not sound order by n`,
  )
  const bad = new Set(broken.map(([n]) => Number(n)))
  for (const n of bad) rejects.reject('not a JSON object', records.lines[n]!, records.text(n))
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

function csvQuery(path: string, local: string, header: readonly string[], delimiter: string): Query {
  if (header.length < 2) {
    throw new ForYouError('bad_data', `${path} has only one column, "${header[0]!.slice(0, 60)}".`, {
      hint: 'A table needs a header line with column names and commas, tabs or semicolons between the fields.',
    })
  }
  const expressions = header.map((_, i) => `c${i}`)
  const types = expressions.map((name) => `'${name}': 'VARCHAR'`).join(', ')
  const options = [
    `columns={${types}}`,
    `delim='${delimiter}'`,
    `quote='"', escape='"', header=true, auto_detect=false, parallel=false, new_line='\\n'`,
    `max_line_size=${2 * MAX_RECORD_BYTES}`,
  ]
  return {
    columns: header.map((name) => name.trim()),
    expressions,
    from: `read_csv('${local}', ${options.join(', ')})`,
  }
}

async function jsonQuery(connection: DuckDBConnection, local: string, format: string): Promise<Query> {
  const ignore = format === 'array' ? '' : ', ignore_errors=true'
  const from = `read_json_objects('${local}', format='${format}'${ignore})`
  const names = await rowsOf(
    connection,
    `select distinct unnest(json_keys(json)) as name
     from (select json from ${from} limit 1000) where json_type(json) = 'OBJECT' order by name`,
  )
  const columns = names.map(([name]) => String(name))
  const pointer = (name: string) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return {
    columns,
    expressions: columns.map((name) => `json_extract_string(json, '${pointer(name).replaceAll("'", "''")}')`),
    from,
  }
}

async function parquetQuery(connection: DuckDBConnection, from: string): Promise<Query> {
  const described = await rowsOf(
    connection,
    `select column_name, column_type from (describe select * from ${from})`,
  )
  const columns = described.map(([name]) => String(name))
  const expressions = described.map(([name, type]) => {
    const column = `"${String(name).replaceAll('"', '""')}"`
    // Microseconds instead of text, which would be in the machine's time zone.
    if (type === 'TIMESTAMP WITH TIME ZONE') return `epoch_us(${column})::varchar`
    if (/^TIMESTAMP/.test(String(type))) return `epoch_us(${column}::timestamp)::varchar`
    if (String(type).endsWith('[]')) return `array_to_string(${column}, '|')`
    // Tables from data frames keep whole numbers with gaps as floats: 12.0 is the id 12.
    if (type === 'DOUBLE' || type === 'FLOAT') {
      return `case when ${column} = floor(${column}) and abs(${column}) < 9e15
        then ${column}::bigint::varchar else ${column}::varchar end`
    }
    return `${column}::varchar`
  })
  return { columns, expressions, from }
}

async function rowsOf(connection: DuckDBConnection, sql: string): Promise<readonly (readonly unknown[])[]> {
  return (await connection.runAndReadAll(sql)).getRowsJS()
}

async function isParquet(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return false
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(4), position: 0 })
    return bytesRead === 4 && buffer.toString('latin1') === 'PAR1'
  } finally {
    await file.close()
  }
}

function assertText(path: string, bytes: Buffer): void {
  const newline = bytes.indexOf(0x0a)
  const head = bytes.subarray(0, newline < 0 ? bytes.length : newline)
  if (isUtf8(head) && !head.includes(0)) return
  throw new ForYouError('bad_data', `${path} is not a table: its first line is not UTF-8 text.`, {
    hint: 'CSV, TSV, JSON lines (each also gzip) and Parquet can be read. Save text as UTF-8.',
  })
}

/** A known ending decides, else the first character. */
function textFormat(path: string, bytes: Buffer): Format {
  const [, ending] = /\.(csv|tsv|jsonl|ndjson|json)(?:\.gz)?$/i.exec(path) ?? []
  const first = bytes.toString('utf8', bomLength(bytes), 4096).trimStart()[0]
  if (ending && /csv|tsv/i.test(ending)) return 'csv'
  if (first === '{') return 'jsonl'
  return first === '[' ? 'json' : 'csv'
}

/** The separator that the first line has most of. */
function sniffDelimiter(bytes: Buffer): string {
  const newline = bytes.indexOf(0x0a)
  const head = bytes.toString('utf8', 0, newline < 0 ? Math.min(bytes.length, 65_536) : newline)
  const unquoted = head.replace(/"[^"]*"/g, '')
  const counts = [',', '\t', ';', '|'].map((d) => [d, unquoted.split(d).length] as const)
  return counts.reduce((best, next) => (next[1] > best[1] ? next : best))[0]
}
