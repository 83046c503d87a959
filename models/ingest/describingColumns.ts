import { attributeName } from './attributeColumn.ts'
import { plain } from './columnMapping.ts'
import { parseNumber } from './moments.ts'

/** Longer descriptions are cut: what an item is stands at the beginning. */
const MAX_TEXT = 4000

/** Measures of a thing itself. Counts and averages of what visitors did would tell the future. */
const MEASURE =
  /^(list|sale|unit)?price|price$|^cost|^msrp$|pages$|^runtime|duration|minutes$|weight$|^length|^width|^height|^size|volume$|calories$/
const DESCRIPTION =
  /^(long|short|item|product|movie|book)?(description|overview|plot|summary|synopsis|abstract|blurb|tagline|body)$/

export interface NumberColumn {
  readonly name: string
  /** One value an item, NaN where there is none. */
  readonly values: readonly number[]
}

/** A column of measures (price, pages, minutes …), `undefined` for any other. */
export function numberColumn(
  column: string,
  cell: (row: number) => string,
  rows: readonly number[],
): NumberColumn | undefined {
  if (!MEASURE.test(plain(column).replace(/(usd|eur|gbp|chf|cm|mm|kg|g)$/, ''))) return undefined
  const values = rows.map((row) => parseNumber(cell(row)))
  return values.some((value) => Number.isFinite(value)) ? { name: attributeName(column), values } : undefined
}

/** Columns that describe an item in sentences, but for those that are taken. */
export function textColumns(columns: readonly string[], taken: ReadonlySet<number>): number[] {
  return [...columns.keys()].filter((c) => !taken.has(c) && DESCRIPTION.test(plain(columns[c]!)))
}

export function numbersOf(
  columns: readonly NumberColumn[],
  item: number,
): { numbers?: Readonly<Record<string, number>> } {
  const own = columns.filter(({ values }) => Number.isFinite(values[item]))
  return own.length > 0
    ? { numbers: Object.fromEntries(own.map(({ name, values }) => [name, values[item]!])) }
    : {}
}

/** What visitors are shown as the price: the column of that very name. */
export function priceOf(columns: readonly NumberColumn[], item: number): { price?: number } {
  const price = columns.find(({ name }) => name === 'price')?.values[item]
  return price !== undefined && price >= 0 && Number.isFinite(price) ? { price } : {}
}

export function textOf(columns: readonly (readonly (string | null)[])[], row: number): { text?: string } {
  const text = columns
    .map((cells) => cells[row]?.trim() ?? '')
    .filter((cell) => cell !== '')
    .join(' ')
  return text === '' ? {} : { text: text.slice(0, MAX_TEXT).toWellFormed() }
}
