// `npm run bench [-- NAME …] [-- --write]`: the measured tables of the README. Each prints the command that repeats it;
// --write puts it between its markers. Real data is used where it is found, and what is missing is said.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { open } from '../../models/build/builtBundle.ts'
import { fingerprint } from '../../models/ingest/fingerprint.ts'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { evaluateLists } from '../../models/pipeline/evaluateLists.ts'
import { evaluateSequences } from '../../models/pipeline/evaluateSequences.ts'
import { train } from '../../models/pipeline/train.ts'
import { seededRandom } from '../../models/random.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { easeBar } from './ease.ts'
import { edgeBench } from './edge.ts'
import { ingest } from './ingest.ts'
import { lab } from './lab.ts'
import { learning } from './learning.ts'
import { peers } from './peers.ts'
import { type BenchTable, RANK_SECTIONS } from './rank.ts'
import { tune } from './tune.ts'
import { updates } from './updates.ts'
import { wholeCalls } from './wholeCalls.ts'

const root = resolve(import.meta.dirname, '..', '..')
const places = { env: process.env, root, now: Date.now() }
const data = process.env.FORYOU_DATA ?? join(root, 'data')

type Table = BenchTable

/** `--minutes N`: how long the load of the edge lasts. */
const minutes = Number(/ --minutes[ =]([\d.]+)/.exec(process.argv.join(' '))?.[1] ?? 10)

const quiet = () => {}

async function ladder(name: string): Promise<Table> {
  const dataset = await loadDataset(name, places)
  const { result } = await train(
    dataset,
    {},
    { site: 'bench', fingerprint: await fingerprint(dataset), archive: true, progress: quiet },
  )
  const percent = (x: number) => `${x >= 0 ? '+' : '−'}${(100 * Math.abs(x)).toFixed(1)} %`
  const rows = result.evaluation.ladder.map(({ rung, metrics, gain, bytes, ships }) => [
    rung,
    metrics['ndcg@10']!.toFixed(4),
    metrics['recall@20']!.toFixed(4),
    metrics['recall@100']!.toFixed(4),
    metrics.mrr!.toFixed(4),
    `${(100 * metrics['coverage@10']!).toFixed(1)} %`,
    gain ? `${percent(gain.mean)} [${percent(gain.low)}, ${percent(gain.high)}]` : '',
    `${(bytes / 1000).toFixed(0)} kB`,
    ships ? 'yes' : 'no',
  ])
  if (result.oracleNdcg !== null)
    rows.push(['*Bayes-optimal slate*', result.oracleNdcg.toFixed(4), '', '', '', '', '', '', ''])
  return {
    head: [
      'rung',
      'NDCG@10',
      'recall@20',
      'recall@100',
      'MRR',
      'coverage@10',
      'gain over the best rung below, 95 %',
      'adds',
      'ships',
    ],
    rows,
    note: `${result.evaluation.summary} \`npm run bench -- ${name}\``,
  }
}

function metricsTable(
  results: Readonly<Record<string, Readonly<Record<string, number>>>>,
  names: readonly string[],
  note: string,
): Table {
  return {
    head: ['model', ...names],
    rows: Object.entries(results).map(([model, metrics]) => [
      model,
      ...names.map((name) =>
        name === 'bytes' ? `${(metrics.bytes! / 1e6).toFixed(2)} MB` : metrics[name]!.toFixed(4),
      ),
    ]),
    note,
  }
}

async function gowalla(): Promise<Table> {
  const folder = join(data, 'gowalla')
  const results = await evaluateLists({
    train: join(folder, 'train.txt'),
    test: join(folder, 'test.txt'),
    model: 'table-neighbours',
    progress: quiet,
  })
  const note =
    'Published on this split: ItemCF .1570/.1214, EASE .1765/.1467, LightGCN .1830/.1554. `npm run bench -- gowalla`'
  return metricsTable(results, ['recall@20', 'ndcg@20', 'recall@100', 'coverage@20', 'bytes'], note)
}

async function beauty(): Promise<Table> {
  const results = await evaluateSequences({ file: join(data, 'beauty', 'interactions.txt'), progress: quiet })
  const note =
    'Published on this file: SASRec .0605/.0318, DuoRec .0845/.0443, eSASRec .0928/.0523. `npm run bench -- beauty`'
  return metricsTable(results, ['recall@10', 'ndcg@10', 'recall@20', 'coverage@20', 'bytes'], note)
}

/** What a visitor downloads, and how long one slate takes in Node on this machine. */
async function bundle(): Promise<Table> {
  const dataset = await loadDataset(undefined, places)
  const { release } = await train(
    dataset,
    {},
    { site: 'bench', fingerprint: await fingerprint(dataset), archive: true, progress: quiet },
  )
  const sizes = new Map<string, { raw: number; wire: number }>()
  for (const [role, blob] of release.blobs) {
    const group = role.split('/')[0]!
    const size = sizes.get(group) ?? { raw: 0, wire: 0 }
    sizes.set(group, {
      raw: size.raw + blob.byteLength,
      wire: size.wire + brotliCompressSync(new Uint8Array(blob)).length,
    })
  }
  const recommender = createRecommender(open(release))
  const random = seededRandom(1)
  const ids = recommender.bundle.ids
  const times: number[] = []
  for (let q = 0; q < 300; q++) {
    const history = Array.from({ length: 50 }, (_, at) => ({
      item: ids[Math.floor(random() * 2000)]!,
      kind: 'view' as const,
      at,
    }))
    const start = performance.now()
    recommender.recommend({ history, now: 0, k: 20 })
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  return {
    head: ['part', 'bytes', 'over the wire (Brotli)'],
    rows: [...sizes].map(([role, { raw, wire }]) => [
      role,
      `${(raw / 1000).toFixed(1)} kB`,
      `${(wire / 1000).toFixed(1)} kB`,
    ]),
    note: `${dataset.name}, ${ids.length} items. A slate of 20 with reasons from 50 interactions: median ${times[150]!.toFixed(1)} ms in Node. \`npm run bench -- bundle\``,
  }
}

/** Its tables one after the other. */
async function rank(): Promise<Table[]> {
  const tables: Table[] = []
  for (const section of RANK_SECTIONS) tables.push(await section({ root, data, places }))
  return tables
}

const BENCHES: Readonly<Record<string, () => Promise<Table | readonly Table[]>>> = {
  movietweetings: () => ladder('movietweetings'),
  synthetic: () => ladder('synthetic'),
  'online-retail': () => ladder('online-retail'),
  gowalla,
  beauty,
  bundle,
  rank,
  peers: () => peers({ root, data, places }),
  calls: () => wholeCalls(root, places),
  ingest,
  ease: () => easeBar(data, places),
  lab: () => lab(data),
  edge: () => edgeBench(root, minutes),
  learning: () => learning(places),
  tune,
  updates: () => updates(places),
}
/** Benches that take many minutes: they run when they are named. */
const LONG = ['tune', 'edge', 'updates', 'learning', 'peers']

const wanted = process.argv.slice(2).filter((arg) => !/^(--|[\d.]+$)/.test(arg))
for (const name of wanted.length > 0
  ? wanted
  : Object.keys(BENCHES).filter((bench) => !LONG.includes(bench))) {
  const bench = BENCHES[name]
  if (!bench) throw new Error(`There is no bench "${name}". There are: ${Object.keys(BENCHES).join(', ')}.`)
  try {
    const table = [await bench()].flat().map(markdown).join('\n\n')
    console.log(`\n${name}\n${table}`)
    if (process.argv.includes('--write')) write(name, table)
  } catch (error) {
    console.log(`\n${name}: not measured, ${error instanceof Error ? error.message : error}`)
  }
}

function markdown({ head, rows, note }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = line(head.map((_, c) => (c === 0 ? '---' : '--:')))
  return [line(head), rule, ...rows.map(line), '', note].join('\n')
}

function write(name: string, table: string): void {
  const path = join(root, 'README.md')
  const text = readFileSync(path, 'utf8')
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const from = text.indexOf(open)
  const to = text.indexOf(close)
  if (from < 0 || to < 0) return
  writeFileSync(path, `${text.slice(0, from + open.length)}\n${table}\n${text.slice(to)}`)
}
