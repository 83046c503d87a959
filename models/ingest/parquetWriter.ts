import { mkdtemp, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type DuckDBAppender, DuckDBInstance } from '@duckdb/node-api'

/** SQL types that we write; `null` is allowed in all of them. */
export type ParquetType = 'VARCHAR' | 'INTEGER' | 'BIGINT' | 'FLOAT' | 'DOUBLE' | 'BOOLEAN'
export type ParquetValue = string | number | boolean | null

export interface ParquetWriter {
  /** @param row one value a column, in their order */
  add(row: readonly ParquetValue[]): void
  /** Writes the file, whole or not at all. */
  close(): Promise<void>
  /** Ends without a file. */
  abandon(): Promise<void>
}

/**
 * Gathers rows for a Parquet file (Zstandard), kept in their order.
 * @param columns name → type
 * @param metadata name → text, kept in the file's footer
 */
export async function openParquet(
  path: string,
  columns: Readonly<Record<string, ParquetType>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<ParquetWriter> {
  const folder = await mkdtemp(join(dirname(path), '.parquet-'))
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    autoinstall_known_extensions: 'false',
    temp_directory: folder,
  })
  const connection = await instance.connect()
  const types = Object.values(columns)
  const declared = Object.entries(columns).map(([name, type]) => `"${name}" ${type}`)
  await connection.run(`create table t (${declared.join(', ')})`)
  const appender = await connection.createAppender('t')
  const end = async () => {
    connection.closeSync()
    instance.closeSync()
    await rm(folder, { recursive: true, force: true })
  }
  return {
    add(row) {
      for (const [c, value] of row.entries()) append(appender, types[c]!, value)
      appender.endRow()
    },
    async close() {
      try {
        appender.closeSync()
        const local = quoted(join(folder, 'file'))
        const said = Object.entries(metadata).map(([name, text]) => `${name}: ${quoted(text)}`)
        const footer = said.length > 0 ? `, kv_metadata {${said.join(', ')}}` : ''
        await connection.run(`copy t to ${local} (format parquet, compression zstd${footer})`)
        await rename(join(folder, 'file'), path)
      } finally {
        await end()
      }
    },
    abandon: end,
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

function append(appender: DuckDBAppender, type: ParquetType, value: ParquetValue): void {
  if (value === null) appender.appendNull()
  else if (type === 'VARCHAR') appender.appendVarchar(String(value))
  else if (type === 'INTEGER') appender.appendInteger(Number(value))
  else if (type === 'BIGINT') appender.appendBigInt(BigInt(Math.round(Number(value))))
  else if (type === 'FLOAT') appender.appendFloat(Number(value))
  else if (type === 'DOUBLE') appender.appendDouble(Number(value))
  else appender.appendBoolean(Boolean(value))
}
