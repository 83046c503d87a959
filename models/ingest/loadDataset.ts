import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { assertNotEmpty, type Dataset, makeDataset } from '../dataset.ts'
import { syntheticWorld } from '../world/syntheticWorld.ts'
import type { ColumnMapping } from './columnMapping.ts'
import { type DataPlaces, type FoundDataset, findDataset, findDatasets } from './findDatasets.ts'
import { markFirst } from './markFirst.ts'
import { type ReadCatalogue, readCatalogue } from './readCatalogue.ts'
import { type ReadInteractions, readInteractions } from './readInteractions.ts'
import { readLists, readSequences } from './readLists.ts'
import { RejectLog } from './rejectLog.ts'

export interface LoadOptions extends DataPlaces {
  /** ms since 1970: nothing can have happened later. */
  readonly now: number
  /** Go on where more than 1 % of the rows cannot be used. */
  readonly allowBad?: boolean
  /** Share of rows that may be bad, 1 % unless the configuration says otherwise. */
  readonly maxBadShare?: number
  /** An items file to use instead of one that lies beside the interactions. */
  readonly itemsFile?: string
  readonly mapping?: ColumnMapping
}

const SHOWN_REPEATS = 5
const NO_CATALOGUE: Pick<ReadCatalogue, 'items' | 'notes'> = { items: [], notes: [] }
const NO_IMPRESSIONS =
  'No impressions: correction for position bias is off; rows of kind "impression" with slate and position would bring it.'

/** The name under which the built-in world is asked for. */
export const SYNTHETIC = 'synthetic'

/**
 * Loads a data set by name, folder or file. Without a name: a known one that is found, `movietweetings` first, else the
 * synthetic world.
 * @throws ForYouError `not_found` or `bad_data`, naming file, reason and what to do
 */
export async function loadDataset(nameOrPath: string | undefined, options: LoadOptions): Promise<Dataset> {
  if (nameOrPath === SYNTHETIC) return syntheticWorld()
  if (nameOrPath !== undefined) {
    const found = await findDataset(nameOrPath, options)
    return read(options.itemsFile ? { ...found, itemsFile: options.itemsFile } : found, options)
  }
  const found = (await findDatasets(options)).find(({ known }) => known !== undefined)
  return found ? read(found, options) : syntheticWorld()
}

async function read(found: FoundDataset, options: LoadOptions): Promise<Dataset> {
  const { itemsFile } = found
  const catalogue = itemsFile ? await readCatalogue(itemsFile, options) : NO_CATALOGUE
  const dataset =
    found.format === 'table'
      ? await readTable(found, catalogue.items, options)
      : await (found.format === 'lists' ? readLists : readSequences)(found.file, {
          ...options,
          name: found.name,
          catalogue: catalogue.items,
        })
  return itemsFile ? matched(dataset, itemsFile, catalogue, options) : dataset
}

async function readTable(
  { file, name, known }: FoundDataset,
  catalogue: readonly CatalogueItem[],
  options: LoadOptions,
): Promise<Dataset> {
  const rejects = new RejectLog(options.maxBadShare)
  const { mapping, now } = options
  const rows = await readInteractions(file, rejects, { mapping, positiveFrom: known?.positiveFrom, now })
  rejects.assertGoodEnough(file, rows.rows, options.allowBad ?? false)
  const notes = missing(rows, catalogue)
  const repeatedLines = new FirstLines()
  const draft = makeDataset({
    name,
    order: rows.roles.time === undefined ? 'none' : 'time',
    measure: rows.roles.measure,
    catalogue,
    interactions: rows.interactions,
    impressions: rows.impressions,
    ingest: rejects.report([file], rows.rows, rows.interactions.user.length, notes),
    onRepeat: (row) => repeatedLines.add(rows.interactions.line?.[row] ?? 0),
  })
  assertNotEmpty(draft)
  rejects.skip('repeated', rows.interactions.user.length - draft.items.length)
  const { columns, unit, bom, spellings, kinds } = rows
  const understood = {
    columns,
    bom,
    spellings,
    repeatedLines: repeatedLines.sorted,
    ...(unit ? { unit } : {}),
    ...(kinds ? { kinds } : {}),
  }
  const ingest = { ...rejects.report([file], rows.rows, draft.items.length, notes), understood }
  const dataset = { ...draft, ingest }
  return rows.roles.measure === 'quantity' ? markFirst(dataset) : dataset
}

/** The first few of many lines, without keeping the others. */
class FirstLines {
  sorted: number[] = []

  add(line: number): void {
    if (this.sorted.length === SHOWN_REPEATS && line >= this.sorted.at(-1)!) return
    this.sorted = [...this.sorted, line].sort((a, b) => a - b).slice(0, SHOWN_REPEATS)
  }
}

/** Log and catalogue drift apart unnoticed: how well their ids match is said, and no match at all stops. */
function matched(
  dataset: Dataset,
  itemsFile: string,
  catalogue: Pick<ReadCatalogue, 'items' | 'notes'>,
  { allowBad }: LoadOptions,
): Dataset {
  const known = new Set(catalogue.items.map(({ id }) => id))
  const unknown = dataset.catalogue.filter(({ id }) => !known.has(id))
  const touched = new Set(dataset.items).size
  if (unknown.length > 0 && unknown.length >= touched && !allowBad) {
    throw new ForYouError('bad_data', `${itemsFile} has none of the items of the interactions.`, {
      hint: `Ids must be the same in both: here "${unknown[0]!.id}", there "${catalogue.items[0]?.id ?? ''}".`,
    })
  }
  const note = `${unknown.length} of ${touched} items are not in the items file, for example "${unknown[0]?.id}": their ids stand as titles.`
  const { ingest } = dataset
  return {
    ...dataset,
    uncatalogued: Uint8Array.from(dataset.catalogue, ({ id }) => (known.has(id) ? 0 : 1)),
    ingest: {
      ...ingest,
      files: [...ingest.files, itemsFile],
      notes: [...catalogue.notes, ...(unknown.length > 0 ? [note] : []), ...ingest.notes],
    },
  }
}

/** What the data lacks, and what it would take. */
function missing(
  { roles, positiveFrom, impressions, unknownKinds }: ReadInteractions,
  catalogue: readonly CatalogueItem[],
): string[] {
  const notes: string[] = []
  if (roles.time === undefined) {
    notes.push(
      'No times: no trending, no decay and no test on later days; a column "timestamp" would bring them.',
    )
  }
  if (catalogue.length === 0) {
    notes.push(
      'No item data: titles are ids, and no item is similar by content; an items file beside the interactions (item, title, year, genres) would bring both.',
    )
  } else if (!catalogue.some((item) => item.attributes)) {
    notes.push(
      'Items have no attributes: similar by content compares nothing; a column such as "genres" would bring it.',
    )
  }
  if (roles.measure === 'quantity') notes.push("A success is a user's first purchase of an item.")
  else if (positiveFrom !== undefined) notes.push(`A success is a rating of ${positiveFrom} or more.`)
  else notes.push('No ratings: every interaction counts as a success.')
  if (unknownKinds.length > 0) {
    notes.push(`Kinds that are not known count as views: ${unknownKinds.slice(0, 5).join(', ')}.`)
  }
  if (!impressions) notes.push(NO_IMPRESSIONS)
  return notes
}
