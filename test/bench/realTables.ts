import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fitStage, openStage } from '../../models/build/stage.ts'
import type { Dataset } from '../../models/dataset.ts'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { readLists } from '../../models/ingest/readLists.ts'
import { defaultSettings, NO_FLOORS } from '../../models/settings.ts'
import { historyOf } from '../../models/split/foldInSplits.ts'
import { ials } from '../../models/train/ials.ts'
import { tableAndNeighbours } from '../../models/train/tableAndNeighbours.ts'
import { readyTrainer, type Trainer } from '../../models/train/trainer.ts'
import type { Table } from '../../shared/bundle/openBundle.ts'
import { tableFoldIn } from '../../shared/rank/foldIn.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import type { BenchPlaces } from './rank.ts'

/** A trained, coded and decoded table, and visitors folded in. */
export interface RealTable {
  readonly name: string
  readonly table: Table
  /** Item numbers of each visitor's history. */
  readonly histories: readonly Int32Array[]
  /** The visitor's vector, folded in over the rows 0 … rows − 1 alone; `null` where none of the history is among them. */
  query(visitor: number, rows?: number): Int16Array | null
}

const VISITORS = 64

let trained: Promise<readonly RealTable[]> | undefined

/** Tables of real interactions, trained once for all sections; where no data is found, of the synthetic world. */
export function realTables(places: BenchPlaces): Promise<readonly RealTable[]> {
  trained ??= train(places)
  return trained
}

async function train({ data, places }: BenchPlaces): Promise<readonly RealTable[]> {
  const tables: RealTable[] = []
  const gowalla = join(data, 'gowalla', 'train.txt')
  if (existsSync(gowalla)) tables.push(await tableFor('Gowalla, iALS', await readLists(gowalla), ials))
  const dataset = await loadDataset(undefined, places) // MovieTweetings, where it is
  tables.push(await tableFor(`${dataset.name}, SVD`, dataset, tableAndNeighbours))
  return tables
}

async function tableFor(name: string, dataset: Dataset, trainer: Trainer): Promise<RealTable> {
  const start = performance.now()
  const base = defaultSettings(dataset.order)
  const settings = { ...base, floors: NO_FLOORS, ials: { ...base.ials, epochs: 3 } }
  const stage = fitStage(dataset, settings, 0, { trainers: [await readyTrainer(trainer)] })
  const bundle = await openStage(dataset, stage, 'collaborative')
  if (!bundle.table) throw new Error(`${name}: no table was trained.`)
  const { table, numberOf } = byNorm(bundle.table)
  const long = dataset.users
    .map((_, u) => u)
    .filter((u) => dataset.offsets[u + 1]! - dataset.offsets[u]! >= 20)
  const step = Math.max(1, Math.floor(long.length / VISITORS))
  const views = long
    .filter((_, n) => n % step === 0)
    .slice(0, VISITORS)
    .map((u) => historyView(bundle, historyOf(dataset, dataset.offsets[u]!, dataset.offsets[u + 1]!)))
    .map((view) => ({ ...view, numbers: view.numbers.map((item) => numberOf[item] ?? item) }))
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  process.stderr.write(`${name}: ${table.count} × ${table.dims} trained in ${seconds} s\n`)
  return {
    name: `${name}, ${(table.count / 1000).toFixed(1)}k × ${table.dims}`,
    table,
    histories: views.map(({ numbers }) => numbers),
    query: (visitor, rows = table.count) =>
      tableFoldIn({ ...table, count: rows }).query(views[visitor]!)?.values ?? null,
  }
}

/** The same rows by falling norm, as the shards of a bundle come; inside a shard bundles order them otherwise. */
function byNorm(table: Table): { table: Table; numberOf: Int32Array } {
  const { count, dims, rows, inputScale } = table
  const square = (item: number) =>
    rows.subarray(item * dims, (item + 1) * dims).reduce((sum, x) => sum + x * x, 0)
  const squares = Float64Array.from({ length: count }, (_, item) => square(item))
  const items = Int32Array.from(squares.keys()).sort((a, b) => squares[b]! - squares[a]! || a - b)
  const sorted = new Int8Array(count * dims)
  const numberOf = new Int32Array(count)
  for (const [number, item] of items.entries()) {
    sorted.set(rows.subarray(item * dims, (item + 1) * dims), number * dims)
    numberOf[item] = number
  }
  const scales = inputScale.slice()
  for (const [number, item] of items.entries()) scales[number] = inputScale[item]!
  return { table: { ...table, rows: sorted, inputScale: scales }, numberOf }
}
