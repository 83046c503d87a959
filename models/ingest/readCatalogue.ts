import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { IngestReport } from '../dataset.ts'
import { attributeColumn } from './attributeColumn.ts'
import { findColumn, ITEM_ID_NAMES } from './columnMapping.ts'
import { numberColumn, numbersOf, priceOf, textColumns, textOf } from './describingColumns.ts'
import { canonicalId } from './idCodes.ts'
import { medianOf, parseIsoMoment, parseNumber, unitOf } from './moments.ts'
import { RejectLog } from './rejectLog.ts'
import { withTable } from './table.ts'

const MAX_TEXT = 500
const MAX_LINK = 2048
/** More repeated ids than this share, and the catalogue is not trusted (trust F39). */
const MAX_REPEATED_SHARE = 0.01

const FIELDS = {
  title: [
    'title',
    'itemtitle',
    'movietitle',
    'producttitle',
    'name',
    'itemname',
    'productname',
    'label',
    'description',
  ],
  year: ['year', 'releaseyear', 'startyear', 'publicationyear'],
  link: ['link', 'url', 'href', 'permalink'],
  image: ['image', 'imageurl', 'imagelink', 'img', 'poster', 'posterurl', 'thumbnail', 'cover', 'coverurl'],
  releasedAt: [
    'releasedat',
    'releasedate',
    'released',
    'publishedat',
    'published',
    'availablefrom',
    'onlinesince',
  ],
} as const
type Field = keyof typeof FIELDS

export interface ReadCatalogue {
  readonly items: readonly CatalogueItem[]
  /** What was left out, one sentence each. */
  readonly notes: readonly string[]
  /** Rows that cannot be used, with reason and line. */
  readonly report: IngestReport
}

export interface CatalogueOptions {
  /** Good rows are used however many are bad or repeated. */
  readonly allowBad?: boolean
  /** Attributes that the site has anyway: a column of that name is one, however few rows there are to tell by. */
  readonly attributes?: ReadonlySet<string>
}

/**
 * Reads a table of items: id, title, year, link, image, release date; every other text column of at most 1000 different
 * values becomes an attribute, several values separated by `|`; measures become numbers, descriptions text. The first of several rows with one id stays.
 * @throws ForYouError `bad_data` where there is no id column, or more than 1 % of the rows are bad or repeated
 */
export function readCatalogue(
  path: string,
  { allowBad = false, attributes }: CatalogueOptions = {},
): Promise<ReadCatalogue> {
  const rejects = new RejectLog()
  return withTable(path, rejects, async (table) => {
    const idColumn = findColumn(table.columns, ITEM_ID_NAMES)
    if (idColumn === undefined) {
      throw new ForYouError('bad_data', `${table.file} has no column for the item's id.`, {
        hint: `Call it "item". Columns found: ${table.columns.join(', ')}.`,
      })
    }
    const cells: (string | null)[][] = table.columns.map(() => [])
    const all = table.columns.map((_, column) => column)
    await table.read(all, (chunk) => {
      chunk.forEach((column, c) => {
        for (const cell of column) cells[c]!.push(cell)
      })
    })
    const { rows, ids, repeated } = distinctRows(cells[idColumn]!, (row) => table.line(row), rejects)
    rejects.assertGoodEnough(table.file, table.rows, allowBad)
    if (!allowBad && repeated.length > table.rows * MAX_REPEATED_SHARE) {
      throw new ForYouError(
        'bad_data',
        `${table.file}: ${repeated.length} of ${table.rows} rows repeat an item's id, first at line ${table.line(repeated[0]!)}.`,
        { hint: 'Each item needs one row. Repair the file, or keep the first of each with --allow-bad.' },
      )
    }
    return {
      items: itemsOf(table.columns, idColumn, cells, { rows, ids, attributes }),
      notes: notesFor(table.file, rejects.bad, repeated.length),
      report: rejects.report([table.file], table.rows, rows.length, []),
    }
  })
}

function notesFor(file: string, bad: number, repeated: number): string[] {
  const notes: string[] = []
  if (bad > 0) notes.push(`${file}: ${bad} rows without a usable id or with broken text were left out.`)
  if (repeated > 0) notes.push(`${file}: ${repeated} rows repeat an id; the first of each stays.`)
  return notes
}

function distinctRows(column: readonly (string | null)[], line: (row: number) => number, rejects: RejectLog) {
  const rows: number[] = []
  const ids: string[] = []
  const repeated: number[] = []
  const seen = new Set<string>()
  column.forEach((cell, row) => {
    const id = canonicalId(cell ?? '')
    if (!id.ok) {
      rejects.reject(id.reason === 'empty' ? 'no item' : id.reason, line(row), cell ?? '')
    } else if (seen.has(id.id)) {
      repeated.push(row)
    } else {
      seen.add(id.id)
      rows.push(row)
      ids.push(id.id)
    }
  })
  return { rows, ids, repeated }
}

function itemsOf(
  columns: readonly string[],
  idColumn: number,
  cells: readonly (readonly (string | null)[])[],
  {
    rows,
    ids,
    attributes: known,
  }: {
    readonly rows: readonly number[]
    readonly ids: readonly string[]
    readonly attributes: ReadonlySet<string> | undefined
  },
): CatalogueItem[] {
  const fields = new Map<Field, readonly (string | null)[]>()
  const taken = new Set([idColumn])
  for (const [field, names] of Object.entries(FIELDS) as [Field, readonly string[]][]) {
    const column = findColumn(columns, names)
    if (column === undefined || taken.has(column)) continue
    taken.add(column)
    fields.set(field, cells[column]!)
  }
  const describing = textColumns(columns, taken)
  for (const column of describing) taken.add(column)
  const texts = describing.map((column) => cells[column]!)
  const attributes = columns.flatMap((name, column) => {
    if (taken.has(column)) return []
    const attribute = attributeColumn(
      name,
      rows.map((row) => cells[column]![row] ?? ''),
      known,
    )
    return attribute ? [attribute] : []
  })
  const numeric = columns.flatMap((name, column) => {
    const number = taken.has(column)
      ? undefined
      : numberColumn(name, (row) => cells[column]![row] ?? '', rows)
    return number ? [number] : []
  })
  const releases = releaseTimes(fields.get('releasedAt'), rows)
  return rows.map((row, i) => {
    const { title, year } = titleAndYear(fields.get('title')?.[row], fields.get('year')?.[row], ids[i]!)
    const link = fields.get('link')?.[row]?.trim()
    const image = fields.get('image')?.[row]?.trim()
    const releasedAt = releases?.[i]
    const own = attributes.filter(({ values }) => values[i]!.length > 0)
    return {
      id: ids[i]!,
      title,
      ...(link && link.length <= MAX_LINK ? { link } : {}),
      ...(image && image.length <= MAX_LINK ? { image } : {}),
      ...(year === undefined ? {} : { year }),
      ...(releasedAt === undefined || Number.isNaN(releasedAt) ? {} : { releasedAt }),
      ...textOf(texts, row),
      ...numbersOf(numeric, i),
      ...priceOf(numeric, i),
      ...(own.length > 0
        ? { attributes: Object.fromEntries(own.map(({ name, values }) => [name, values[i]!])) }
        : {}),
    }
  })
}

/** "Toy Story (1995)" is a title and a year where no column says the year. */
function titleAndYear(rawTitle: string | null | undefined, rawYear: string | null | undefined, id: string) {
  const title = rawTitle?.trim().slice(0, MAX_TEXT).toWellFormed() || id
  const inTitle = rawYear === undefined ? /^(.+?)\s*\((\d{4})\)$/.exec(title) : null
  const year = inTitle ? Number(inTitle[2]) : parseNumber(rawYear ?? '')
  return {
    title: inTitle ? inTitle[1]! : title,
    year: Number.isInteger(year) && year >= 1000 && year <= 9999 ? year : undefined,
  }
}

function releaseTimes(
  column: readonly (string | null)[] | undefined,
  rows: readonly number[],
): number[] | undefined {
  if (!column) return undefined
  const numbers = rows.map((row) => parseNumber(column[row] ?? ''))
  const { factor } = unitOf(medianOf(Float64Array.from(numbers.filter((value) => !Number.isNaN(value)))))
  return rows.map((row, i) =>
    Number.isNaN(numbers[i]!) ? parseIsoMoment(column[row] ?? '') : Math.floor(numbers[i]! * factor),
  )
}
