import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { errorCode, ForYouError } from '../../shared/domain/errors.ts'
import type { Dataset } from '../dataset.ts'
import { parseColumnMapping } from '../ingest/columnMapping.ts'
import { embeddingsNote, withEmbeddings } from '../ingest/embeddings/readEmbeddings.ts'
import { type DataPlaces, findDataset } from '../ingest/findDatasets.ts'
import { type LoadOptions, loadDataset } from '../ingest/loadDataset.ts'
import { PUBLISHED_SETS } from '../ingest/publishers/publishedSets.ts'
import type { DataSource } from '../runs/runRecord.ts'
import type { Flag, Io, ParsedArgs } from './command.ts'
import { download } from './download.ts'
import { noteRejected } from './noteRejected.ts'

/** Flags of every verb that reads data. */
export const DATA_FLAGS = {
  data: {
    type: 'string',
    value: 'NAME|DIR|FILE',
    summary: 'data set by name, folder or file; "synthetic" is built in',
  },
  columns: {
    type: 'string',
    value: 'MAP',
    summary: 'which column is what, e.g. user=visitor,item=sku,time=when',
  },
  'allow-bad': { type: 'boolean', summary: 'go on where more than 1 % of the rows cannot be used' },
} as const satisfies Record<string, Flag>

/** Flags of the verbs that train. */
export const EMBEDDING_FLAGS = {
  embeddings: {
    type: 'string',
    value: 'FILE',
    summary: 'item vectors of your own: .npy, safetensors, Parquet, CSV or JSON lines',
  },
  ids: { type: 'string', value: 'FILE', summary: 'the ids of their rows, one a line, where they hold none' },
} as const satisfies Record<string, Flag>

/** Where `--embeddings` and `--ids` point, `undefined` without them. */
export function embeddingsPaths(args: ParsedArgs, io: Io): { file: string; ids?: string } | undefined {
  const file = args.string('embeddings')
  const ids = args.string('ids')
  if (file === undefined) {
    if (ids === undefined) return undefined
    throw new ForYouError('bad_usage', '--ids names the rows of --embeddings, which is missing.')
  }
  return { file: resolve(io.cwd, file), ...(ids === undefined ? {} : { ids: resolve(io.cwd, ids) }) }
}

/** The dataset with the vectors that `--embeddings` names, if it does; says which could not be used. */
export async function loadEmbeddings(dataset: Dataset, args: ParsedArgs, io: Io): Promise<Dataset> {
  const paths = embeddingsPaths(args, io)
  if (!paths) return dataset
  const own = await withEmbeddings(dataset, paths.file, paths.ids)
  io.note(embeddingsNote(own.embeddings!))
  return own
}

/** Loads the data set that is named (by `--data` unless told otherwise), and says what could not be used. */
export async function loadFor(
  args: ParsedArgs,
  io: Io,
  name = args.string('data'),
  options: { readonly maxBadShare?: number } = {},
): Promise<Dataset> {
  const dataset = await loadNamed(name, args, io, options)
  noteIngest(dataset, io)
  return dataset
}

/** The same, for a verb that itself reports on the rows. */
export async function loadNamed(
  name: string | undefined,
  args: ParsedArgs,
  io: Io,
  options: Pick<LoadOptions, 'allowBad' | 'maxBadShare' | 'itemsFile'> = {},
): Promise<Dataset> {
  const columns = args.string('columns')
  const folder = io.env.FORYOU_DATA
  if (folder && !existsSync(resolve(io.cwd, folder)))
    io.note(`FORYOU_DATA=${folder} does not exist; looking further.`)
  const places = { env: io.env, root: io.root, cwd: io.cwd }
  await fetchMissing(name, places, io)
  return loadDataset(name, {
    ...places,
    now: io.now(),
    allowBad: args.boolean('allow-bad'),
    ...options,
    ...(columns ? { mapping: parseColumnMapping(columns) } : {}),
  })
}

/** A set that is asked for by name, is nowhere here, and that a publisher has, is fetched from there. */
async function fetchMissing(name: string | undefined, places: DataPlaces, io: Io): Promise<void> {
  const set = PUBLISHED_SETS.find((other) => other.name === name)
  if (!set) return
  const missing = await findDataset(set.name, places).then(
    () => false,
    (error) => errorCode(error) === 'not_found',
  )
  if (missing) await download(set, io)
}

/** What a record keeps of the flags above, so that a run can load the same data again. */
export function dataSource(args: ParsedArgs, io: Io, name = args.string('data')): DataSource {
  const path = name === undefined ? undefined : resolve(io.cwd, name)
  const columns = args.string('columns')
  return {
    ...(name === undefined ? {} : { argument: path && existsSync(path) ? path : name }),
    ...(columns ? { columns } : {}),
    allowBad: args.boolean('allow-bad'),
  }
}

function noteIngest({ name, ingest, users, catalogue, items }: Dataset, io: Io): void {
  io.note(`${name}: ${items.length} interactions, ${users.length} users, ${catalogue.length} items`)
  for (const [reason, count] of Object.entries(ingest.rejected))
    io.note(`  ${count === 1 ? '1 row' : `${count} rows`} not used: ${reason}`)
  noteRejected(ingest, io)
}
