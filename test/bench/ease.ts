import { join } from 'node:path'
import { fitStage, openStage } from '../../models/build/stage.ts'
import { type Dataset, makeDataset } from '../../models/dataset.ts'
import { ratioInterval } from '../../models/evaluate/bootstrap.ts'
import { ndcg, recall } from '../../models/evaluate/metrics.ts'
import { refereeRanker } from '../../models/evaluate/refereeRanker.ts'
import { brotliBytes } from '../../models/evaluate/rungCosts.ts'
import { type LoadOptions, loadDataset } from '../../models/ingest/loadDataset.ts'
import { readLists } from '../../models/ingest/readLists.ts'
import { chooseListSettings } from '../../models/pipeline/chooseListSettings.ts'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings, NO_FLOORS, type Settings } from '../../models/settings.ts'
import { type FoldInSplit, strongGeneralisation } from '../../models/split/foldInSplits.ts'
import { ease } from '../../models/train/ease.ts'
import { tableAndNeighbours } from '../../models/train/tableAndNeighbours.ts'
import { readyTrainer } from '../../models/train/trainer.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'

/** Regularisations that EASE may choose among, on users of its own training part. */
const LAMBDAS = [100, 200, 400, 800]
/** Mean list lengths that the product may use, the longest that stays within the bytes. */
const LENGTHS = [40, 36, 32, 28, 24, 20, 16]
const BYTES_PER_ITEM = 50
/** Small tables take a coarse step without harm; the bytes are then free for lists. */
const TABLE_LEVELS = 31

type Means = Readonly<{ ndcg: Float64Array; recall: Float64Array }>
type Measured = Readonly<{ means: Means; bytes: number | null; seconds: number }>

/** Table + neighbours beside the full EASE: users unseen in training, 80 % of their items folded in. */
export async function easeBar(data: string, places: LoadOptions) {
  const rows: string[][] = []
  const movies = fiveCore(await loadDataset('movietweetings', places))
  rows.push(...(await compare('MovieTweetings, 5-core, ratings ≥ 6', movies)))
  const checkIns = mostUsed(await readLists(join(data, 'gowalla', 'train.txt')), 10_000)
  rows.push(...(await compare('Gowalla, 10,000 most used items', checkIns)))
  return {
    head: ['data', 'model', 'NDCG@100', 'recall@20', 'Brotli per 10,000 items', 'training'],
    rows,
    note: 'Users unseen in training, 80 % folded in; settings and λ from the training part alone; 95 % paired bootstrap over users. `npm run bench -- ease`',
  }
}

async function compare(name: string, dataset: Dataset): Promise<string[][]> {
  const split = strongGeneralisation(dataset, 1)
  const full = await referee(split, await chosenLambda(split.training))
  const small = await product(split)
  const ratio = (metric: keyof Means) => {
    const users = Int32Array.from(small.means[metric].keys())
    const { mean, low, high } = ratioInterval(small.means[metric], full.means[metric], users, seededRandom(1))
    const percent = (x: number) => `${(100 * x).toFixed(1)} %`
    return `${percent(mean)} [${percent(low)}, ${percent(high)}]`
  }
  const mean = (values: Float64Array) => (values.reduce((sum, x) => sum + x, 0) / values.length).toFixed(4)
  const line = (model: string, { means, bytes, seconds }: Measured) => [
    name,
    model,
    mean(means.ndcg),
    mean(means.recall),
    bytes === null ? '–' : `${((bytes / dataset.catalogue.length) * 0.01).toFixed(2)} MB`,
    `${seconds.toFixed(1)} s`,
  ]
  const rows = [
    line(`EASE, λ = ${full.lambda}`, full),
    line(`table + ${small.length} neighbours`, small),
    [name, '*ratio*', ratio('ndcg'), ratio('recall'), '', ''],
  ]
  for (const row of rows) process.stderr.write(`${row.join('  ')}\n`)
  return rows
}

async function referee(split: FoldInSplit, lambda: number) {
  const settings = settingsFor({ ease: { regularisation: lambda } })
  const stage = fitStage(split.training, settings, 0, { trainers: [await readyTrainer(ease)] })
  const bundle = await openStage(split.training, stage, 'popularity')
  const rank = refereeRanker(stage.referee!, bundle, split.training)
  const means = measured(split, bundle, (view) => rank(view, 100, (item) => view.seen.has(item)))
  return { lambda, means, bytes: null, seconds: stage.trainSeconds.ease! }
}

async function chosenLambda(training: Dataset): Promise<number> {
  const inner = strongGeneralisation(training, 2)
  let best = { lambda: LAMBDAS[0]!, value: -1 }
  for (const lambda of LAMBDAS) {
    const { means } = await referee(inner, lambda)
    const value = means.ndcg.reduce((sum, x) => sum + x, 0)
    if (value > best.value) best = { lambda, value }
  }
  return best.lambda
}

async function product(split: FoldInSplit) {
  const settings = settingsFor({ tableLevels: TABLE_LEVELS })
  const chosen = { ...settings, ...(await chooseListSettings(split.training, settings, () => {})) }
  for (const length of LENGTHS) {
    const neighbours = { ...chosen.neighbours, length }
    const stage = fitStage(split.training, { ...chosen, neighbours }, 0, { trainers: [tableAndNeighbours] })
    const wire = [...stage.blobs].filter(([role]) => /^(catalogue|table|neighbours)\//.test(role))
    const bytes = wire.reduce((sum, [, blob]) => sum + brotliBytes(blob), 0)
    if (bytes > BYTES_PER_ITEM * split.training.catalogue.length && length !== LENGTHS.at(-1)) continue
    const bundle = await openStage(split.training, stage, 'collaborative')
    const { rank } = createRecommender(bundle)
    const means = measured(
      split,
      bundle,
      (view) => rank('collaborative', view, 100, (item) => view.seen.has(item)).items,
    )
    return {
      length,
      means,
      bytes,
      seconds: stage.trainSeconds[tableAndNeighbours.name]!,
    }
  }
  throw new Error('unreachable: the shortest lists are always taken')
}

function settingsFor(changed: Partial<Settings>): Settings {
  return { ...defaultSettings('none'), floors: NO_FLOORS, ...changed }
}

function measured(
  split: FoldInSplit,
  bundle: Bundle,
  rank: (view: ReturnType<typeof historyView>) => Int32Array,
): Means {
  const each = split.queries.map(({ history, relevant }) => {
    const wanted = new Set(relevant.map((id, r) => bundle.numberOf.get(id) ?? -1 - r))
    const items = rank(historyView(bundle, history))
    return { ndcg: ndcg(items, wanted, 100), recall: recall(items, wanted, 20) }
  })
  return {
    ndcg: Float64Array.from(each, (e) => e.ndcg),
    recall: Float64Array.from(each, (e) => e.recall),
  }
}

/** Successes alone, users and items with at least five of them each. */
function fiveCore(dataset: Dataset): Dataset {
  const pairs = new Set<string>()
  let rows: (readonly [user: number, item: number])[] = []
  for (let u = 0; u < dataset.users.length; u++) {
    for (let r = dataset.offsets[u]!; r < dataset.offsets[u + 1]!; r++) {
      const key = `${u} ${dataset.items[r]}`
      if (!dataset.positive[r] || pairs.has(key)) continue
      rows.push([u, dataset.items[r]!])
      pairs.add(key)
    }
  }
  for (let before = -1; before !== rows.length; ) {
    before = rows.length
    const users = counts(rows.map(([u]) => u))
    const items = counts(rows.map(([, i]) => i))
    rows = rows.filter(([u, i]) => users.get(u)! >= 5 && items.get(i)! >= 5)
  }
  return withoutOrder(dataset, rows)
}

/** The most used items alone, and users with at least five of them. */
function mostUsed(dataset: Dataset, items: number): Dataset {
  const used = counts([...dataset.items])
  const kept = new Set(
    [...used]
      .sort(([a, n], [b, m]) => m - n || a - b)
      .slice(0, items)
      .map(([item]) => item),
  )
  const rows = dataset.users.flatMap((_, u) => {
    const own = dataset.items
      .subarray(dataset.offsets[u]!, dataset.offsets[u + 1]!)
      .filter((i) => kept.has(i))
    return own.length >= 5 ? Array.from(own, (i) => [u, i] as const) : []
  })
  return withoutOrder(dataset, rows)
}

function counts(values: readonly number[]): Map<number, number> {
  const found = new Map<number, number>()
  for (const value of values) found.set(value, (found.get(value) ?? 0) + 1)
  return found
}

function withoutOrder(dataset: Dataset, rows: readonly (readonly [user: number, item: number])[]): Dataset {
  return makeDataset({
    name: dataset.name,
    order: 'none',
    catalogue: [],
    interactions: rows.map(([user, item]) => ({
      user: dataset.users[user]!,
      item: dataset.catalogue[item]!.id,
      at: 0,
      value: Number.NaN,
      positive: true,
    })),
    ingest: dataset.ingest,
  })
}
