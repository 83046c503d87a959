import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { convertedFolder } from './publishers/convertedFolder.ts'

/** How the files of a data set are to be read. */
export type DatasetFormat = 'table' | 'lists' | 'sequences'

export interface KnownDataset {
  readonly name: string
  readonly summary: string
  readonly format: DatasetFormat
  /** The interactions file inside the folder. */
  readonly file: string
  /** Rating from which an interaction counts as a success. */
  readonly positiveFrom?: number
}

/** Data sets that are known by name, in the order of preference when none is named. */
export const KNOWN_DATASETS: readonly KnownDataset[] = [
  {
    name: 'movietweetings',
    summary: 'film ratings from public posts, with titles and genres',
    format: 'table',
    file: 'ratings.csv',
    positiveFrom: 6,
  },
  {
    name: 'online-retail',
    summary: 'purchases of a gift shop; a success is a first purchase',
    format: 'table',
    file: 'interactions.csv',
  },
  { name: 'gowalla', summary: 'places visited, without times', format: 'lists', file: 'train.txt' },
  { name: 'beauty', summary: 'products reviewed, in order', format: 'sequences', file: 'interactions.txt' },
  ...['ml-latest-small', 'ml-100k', 'ml-1m', 'ml-20m'].map((name) => ({
    name,
    summary: `film ratings, MovieLens ${name.slice(3)}`,
    format: 'table' as const,
    file: 'ratings.csv',
    positiveFrom: 4,
  })),
  {
    name: 'goodbooks-10k',
    summary: 'book ratings, without times',
    format: 'table',
    file: 'ratings.csv',
    positiveFrom: 4,
  },
]

/** Where data is looked for and what a relative path starts from. */
export interface DataPlaces {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The project's root. */
  readonly root: string
  /** Relative paths start here; the root where it is left out. */
  readonly cwd?: string
}

export interface FoundDataset {
  readonly name: string
  /** The interactions file. */
  readonly file: string
  /** Items file beside it, if any. */
  readonly itemsFile: string | undefined
  readonly format: DatasetFormat
  readonly known: KnownDataset | undefined
}

const INTERACTION_STEMS = [
  'interactions',
  'ratings',
  'events',
  'purchases',
  'orders',
  'views',
  'reviews',
  'transactions',
  'log',
]
const ITEM_STEMS = ['items', 'movies', 'films', 'products', 'catalogue', 'catalog', 'books', 'articles']
const TABLE_FILE = /^(.+?)\.(?:csv|tsv|parquet|jsonl|ndjson|json)(?:\.gz)?$/i

/** Folders that may hold data sets by name, first match first: `$FORYOU_DATA`, `data/`, the cache. */
export function dataFolders({ env, root, cwd = root }: DataPlaces): readonly string[] {
  const own = env.FORYOU_DATA
  return [...(own ? [resolve(cwd, own)] : []), join(root, 'data'), join(root, '.cache', 'data')]
}

/** Known and other data sets in the folders above, known ones first; a name found twice counts once. */
export async function findDatasets(places: DataPlaces): Promise<readonly FoundDataset[]> {
  const found = new Map<string, FoundDataset>()
  for (const folder of dataFolders(places)) {
    const names = await readdir(folder).catch(() => [])
    for (const name of names.sort()) {
      const dataset = await inspectFolder(join(folder, name))
      if (dataset && !found.has(dataset.name)) found.set(dataset.name, dataset)
    }
  }
  const rank = ({ known }: FoundDataset) => (known ? KNOWN_DATASETS.indexOf(known) : KNOWN_DATASETS.length)
  return [...found.values()].sort((a, b) => rank(a) - rank(b))
}

/**
 * The data set of a name, a folder or a file. Names are looked for in {@link dataFolders} first, then as a path.
 * @throws ForYouError `not_found`, saying where it was looked for; `bad_data` for a folder without interactions
 */
export async function findDataset(nameOrPath: string, places: DataPlaces): Promise<FoundDataset> {
  const path = resolve(places.cwd ?? places.root, nameOrPath)
  const isName = !/[\\/]/.test(nameOrPath) && nameOrPath !== '.' && nameOrPath !== '..'
  const candidates = [...(isName ? dataFolders(places).map((folder) => join(folder, nameOrPath)) : []), path]
  for (const candidate of candidates) {
    const entry = await stat(candidate).catch(() => undefined)
    if (!entry) continue
    if (entry.isFile()) return inspectFile(candidate)
    const dataset = (await inspectFolder(candidate)) ?? (await inspectConverted(candidate, places.root))
    if (dataset) return dataset
    throw new ForYouError('bad_data', `${candidate} holds no interactions file.`, {
      hint: `Name it ${INTERACTION_STEMS.slice(0, 4).join(', ')} … with the ending csv, tsv, parquet or jsonl, or give the file itself.`,
    })
  }
  throw new ForYouError('not_found', `There is no data set "${nameOrPath}".`, {
    hint: `Looked for ${candidates.join(', ')}. "foryou data" lists what there is.`,
  })
}

/** MovieLens as its publisher packs it: read through tables in the cache. */
async function inspectConverted(folder: string, root: string): Promise<FoundDataset | undefined> {
  const converted = await convertedFolder(folder, join(root, '.cache', 'data'))
  return converted === undefined ? undefined : inspectFolder(converted)
}

async function inspectFile(file: string): Promise<FoundDataset> {
  const folder = resolve(file, '..')
  const name = basename(file).replace(/(?:\.[a-z0-9]+){1,2}$/i, '')
  const known = knownFor(basename(folder), basename(file))
  if (known)
    return (await inspectFolder(folder)) ?? { name, file, itemsFile: undefined, format: known.format, known }
  const format = textFormat(basename(file))
  const items = format === 'table' ? tableWithStem(await readdir(folder), ITEM_STEMS) : undefined
  const itemsFile = items && items !== basename(file) ? join(folder, items) : undefined
  return { name, file, itemsFile, format, known: undefined }
}

async function inspectFolder(folder: string): Promise<FoundDataset | undefined> {
  const files = await readdir(folder).catch(() => [])
  files.sort()
  const name = basename(folder)
  const known = files.map((file) => knownFor(name, file)).find((match) => match !== undefined)
  const file =
    known?.file ??
    tableWithStem(files, INTERACTION_STEMS) ??
    files.find((candidate) => candidate === 'train.txt' || candidate === 'interactions.txt')
  if (file === undefined) return undefined
  const items = tableWithStem(files, ITEM_STEMS)
  return {
    name,
    file: join(folder, file),
    itemsFile: items ? join(folder, items) : undefined,
    format: known?.format ?? textFormat(file),
    known,
  }
}

function knownFor(folder: string, file: string): KnownDataset | undefined {
  return KNOWN_DATASETS.find((known) => known.name === folder.toLowerCase() && known.file === file)
}

/** Plain text without an ending of a table: the two files that benchmarks come as. */
function textFormat(file: string): DatasetFormat {
  if (!/\.txt(?:\.gz)?$/i.test(file)) return 'table'
  if (/^(?:train|test)\b/i.test(file)) return 'lists'
  return /^(?:interactions|sequences?|sequential.*)\b/i.test(file) ? 'sequences' : 'table'
}

function tableWithStem(files: readonly string[], stems: readonly string[]): string | undefined {
  for (const stem of stems) {
    const match = files.find((file) => TABLE_FILE.exec(file)?.[1]?.toLowerCase() === stem)
    if (match) return match
  }
  return undefined
}
