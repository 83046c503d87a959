import type { DuckDBConnection } from '@duckdb/node-api'

/** What SQL needs: where the rows come from, and each column as text. */
export interface Query {
  readonly columns: readonly string[]
  readonly expressions: readonly string[]
  readonly from: string
}

export async function jsonQuery(connection: DuckDBConnection, local: string, format: string): Promise<Query> {
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

export async function parquetQuery(connection: DuckDBConnection, from: string): Promise<Query> {
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

export async function rowsOf(
  connection: DuckDBConnection,
  sql: string,
): Promise<readonly (readonly unknown[])[]> {
  return (await connection.runAndReadAll(sql)).getRowsJS()
}
