import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Dataset } from '../dataset.ts'
import { dataFolders, findDatasets, KNOWN_DATASETS } from '../ingest/findDatasets.ts'
import { fingerprint } from '../ingest/fingerprint.ts'
import { SYNTHETIC } from '../ingest/loadDataset.ts'
import { PUBLISHED_SETS } from '../ingest/publishers/publishedSets.ts'
import type { Command, Io, ParsedArgs } from './command.ts'
import { download, publishedSet, sizeWords } from './download.ts'
import { DATA_FLAGS, loadNamed } from './loadFor.ts'
import { noteRejected } from './noteRejected.ts'
import { textTable } from './textTable.ts'

export const data: Command = {
  name: 'data',
  summary: 'Lists the data sets that are known or found, or describes one of them.',
  usage: '[NAME|DIR|FILE] [--download]',
  flags: {
    download: { type: 'boolean', summary: 'fetch the data set from its publisher into the cache first' },
    columns: DATA_FLAGS.columns,
    'allow-bad': DATA_FLAGS['allow-bad'],
  },
  positionals: [0, 1],
  async run(args, io) {
    const name = args.positionals[0]
    if (args.boolean('download')) {
      const set = publishedSet(name ?? '')
      const there = existsSync(join(io.root, '.cache', 'data', set.name))
      if (there) io.note(`${set.name} has been downloaded already.`)
      else await download(set, io)
    }
    return name === undefined ? listDatasets(args, io) : describeDataset(name, args, io)
  },
}

async function listDatasets(args: ParsedArgs, io: Io): Promise<number> {
  const places = { env: io.env, root: io.root, cwd: io.cwd }
  const found = await findDatasets(places)
  const missing = KNOWN_DATASETS.filter(({ name }) => !found.some((dataset) => dataset.known?.name === name))
  const rows = [
    ...found.map(({ name, known, file }) => ({ name, summary: known?.summary ?? 'your own', file })),
    ...missing.map(({ name, summary }) => ({ name, summary, file: null })),
    { name: SYNTHETIC, summary: 'an invented world of films; serves where there is no data', file: null },
  ]
  const folders = dataFolders(places)
  if (args.boolean('json')) {
    io.out(JSON.stringify({ lookedIn: folders, datasets: rows }))
    return 0
  }
  const where = (row: (typeof rows)[number]) =>
    row.file === null ? absentWords(row.name) : shortPath(row.file, io)
  io.out(
    textTable(
      [{ heading: 'name' }, { heading: 'what' }, { heading: 'where' }],
      rows.map((row) => [row.name, row.summary, where(row)]),
    ),
  )
  io.out()
  io.out(`Looked in ${folders.map((folder) => shortPath(folder, io)).join(', ')}.`)
  if (!io.env.FORYOU_DATA)
    io.out('FORYOU_DATA may name another folder, with one folder in it for each data set.')
  return 0
}

function absentWords(name: string): string {
  if (name === SYNTHETIC) return 'built in'
  const set = PUBLISHED_SETS.find((other) => other.name === name)
  return set ? `not here: --download fetches it (${sizeWords(set)})` : 'not found'
}

async function describeDataset(name: string, args: ParsedArgs, io: Io): Promise<number> {
  const dataset = await loadNamed(name, args, io)
  const summary = { ...summarise(dataset), fingerprint: await fingerprint(dataset) }
  if (args.boolean('json')) {
    io.out(JSON.stringify({ ...summary, ingest: dataset.ingest }))
    return 0
  }
  const { ingest } = dataset
  const facts: (readonly [string, string])[] = [
    ['name', summary.name],
    ['files', ingest.files.map((file) => shortPath(file, io)).join(', ') || 'none: built in'],
    ['rows', `${ingest.rows}, ${ingest.used} used`],
    ['users', String(summary.users)],
    ['items', `${summary.items}, ${summary.untouched} of them without an interaction`],
    ['successes', String(summary.positives)],
    ['time', summary.span ? `${summary.span.from} to ${summary.span.to}` : ORDER_WORDS[summary.order]],
    ['attributes', summary.attributes.join(', ') || 'none'],
    ...Object.entries(ingest.rejected).map(
      ([reason, count]) => ['not used', `${count} rows: ${reason}`] as const,
    ),
    ['fingerprint', summary.fingerprint],
  ]
  const width = Math.max(...facts.map(([label]) => label.length))
  for (const [label, value] of facts) io.out(`${label.padEnd(width)}  ${value}`)
  for (const note of ingest.notes) io.out(`Note: ${note}`)
  noteRejected(ingest, io)
  return 0
}

const ORDER_WORDS = { time: 'times', sequence: 'order only', none: 'neither times nor order' } as const

function summarise(dataset: Dataset) {
  const touched = new Set(dataset.items)
  const attributes = new Set(dataset.catalogue.flatMap((item) => Object.keys(item.attributes ?? {})))
  return {
    name: dataset.name,
    synthetic: dataset.synthetic,
    order: dataset.order,
    users: dataset.users.length,
    items: dataset.catalogue.length,
    untouched: dataset.catalogue.length - touched.size,
    interactions: dataset.items.length,
    positives: dataset.positive.reduce((sum, positive) => sum + positive, 0),
    span: dataset.order === 'time' ? timeSpan(dataset.times) : null,
    attributes: [...attributes].sort(),
  }
}

function timeSpan(times: Float64Array): { from: string; to: string } {
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const time of times) {
    first = Math.min(first, time)
    last = Math.max(last, time)
  }
  return { from: new Date(first).toISOString(), to: new Date(last).toISOString() }
}

/** Relative to the current folder where that is shorter. */
function shortPath(path: string, io: Io): string {
  const fromHere = relative(io.cwd, path)
  return fromHere !== '' && fromHere.length < path.length ? fromHere : path
}
