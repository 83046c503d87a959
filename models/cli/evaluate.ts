import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { readBundle } from '../build/builtBundle.ts'
import { evaluateBundle, type Protocol } from '../pipeline/evaluateBundle.ts'
import { evaluateLists } from '../pipeline/evaluateLists.ts'
import { evaluateSequences } from '../pipeline/evaluateSequences.ts'
import { coldItems } from './coldItems.ts'
import type { Command, Io, ParsedArgs } from './command.ts'
import { asksMore, EXCHANGE_FLAGS, scoresAgainstSplit, splitOut } from './exchange.ts'
import { ladderReport, signed } from './ladderReport.ts'
import { DATA_FLAGS, EMBEDDING_FLAGS, embeddingsPaths, loadEmbeddings, loadFor } from './loadFor.ts'
import { textTable } from './textTable.ts'

const PROTOCOLS = ['temporal', 'last-out', 'strong'] as const

export const evaluate: Command = {
  name: 'evaluate',
  summary:
    'Measures a bundle, or trains on one file and ranks for another, with the shipped bytes and the browser’s ranker.',
  usage:
    '--bundle DIR --data NAME|DIR [--protocol temporal|last-out|strong] [--baselines quick|all|none]\n' +
    '       foryou evaluate --train FILE --test FILE --format lists [--model NAME] [--slates OUT]\n' +
    '           [--embeddings FILE [--ids FILE]]\n' +
    '       foryou evaluate --data NAME|DIR --protocol cold-items [--bundle DIR]\n' +
    '       foryou evaluate --sequences FILE [--slates OUT]\n' +
    '       foryou evaluate --data NAME|DIR --split-out DIR\n' +
    '       foryou evaluate --scores FILE --split DIR [--part test|validation]',
  flags: {
    ...DATA_FLAGS,
    ...EMBEDDING_FLAGS,
    bundle: { type: 'string', value: 'DIR', summary: 'evaluation bundle to measure, e.g. OUT/evaluation' },
    protocol: {
      type: 'string',
      value: 'NAME',
      summary: 'temporal (default), last-out, strong or cold-items',
    },
    baselines: {
      type: 'string',
      value: 'WHICH',
      summary: 'other models beside a bundle: quick (default), all (also iALS and EASE) or none',
    },
    train: { type: 'string', value: 'FILE', summary: 'lists to train on: a user id, then its item ids' },
    test: { type: 'string', value: 'FILE', summary: 'lists to be found' },
    format: { type: 'string', value: 'lists', summary: 'format of --train and --test' },
    model: {
      type: 'string',
      value: 'NAME',
      summary: 'any trainer of docs/models.md; table-neighbours by default',
    },
    sequences: {
      type: 'string',
      value: 'FILE',
      summary: 'ordered sequences: last item = test, the one before = validation',
    },
    slates: {
      type: 'string',
      value: 'OUT',
      summary: 'write user, tab, 100 ranked items separated by commas; OUT.parquet: user, item, rank, score',
    },
    ...EXCHANGE_FLAGS,
  },
  positionals: [0, 0],
  async run(args, io) {
    if (args.string('scores') !== undefined) return scoresAgainstSplit(args, io)
    if (args.string('split-out') !== undefined) {
      await splitOut(args, io)
      if (!asksMore(args)) return 0
    }
    if (args.string('train') !== undefined || args.string('test') !== undefined) return lists(args, io)
    if (args.string('sequences') !== undefined) return sequences(args, io)
    return bundle(args, io)
  },
}

async function bundle(args: ParsedArgs, io: Io): Promise<number> {
  const protocol = args.string('protocol') ?? 'temporal'
  if (protocol === 'cold-items') return coldItems(args, io)
  const folder = resolve(io.cwd, args.required('bundle'))
  if (!isProtocol(protocol)) {
    throw new ForYouError('bad_usage', `There is no protocol "${protocol}".`, {
      hint: [...PROTOCOLS, 'cold-items'].join(', '),
    })
  }
  const baselines = args.string('baselines') ?? 'quick'
  if (baselines !== 'quick' && baselines !== 'all' && baselines !== 'none') {
    throw new ForYouError('bad_usage', `--baselines: there is no "${baselines}".`, {
      hint: 'quick, all or none',
    })
  }
  const built = await readBundle(folder)
  const dataset = await loadEmbeddings(await loadFor(args, io), args, io)
  const { evaluation, timings, oracleNdcg } = await evaluateBundle(built, dataset, protocol)
  if (args.boolean('json')) io.out(JSON.stringify({ ...evaluation, timings, oracleNdcg }))
  else io.out(ladderReport(evaluation, timings, oracleNdcg))
  return 0
}

async function lists(args: ParsedArgs, io: Io): Promise<number> {
  const format = args.string('format') ?? 'lists'
  if (format !== 'lists') {
    throw new ForYouError('bad_usage', `There is no format "${format}".`, { hint: 'Use --format lists.' })
  }
  const embeddings = embeddingsPaths(args, io)
  const result = await evaluateLists({
    train: resolve(io.cwd, args.required('train')),
    test: resolve(io.cwd, args.required('test')),
    model: args.string('model') ?? (embeddings ? 'embeddings' : 'table-neighbours'),
    ...(embeddings ? { embeddings } : {}),
    ...slatesPath(args, io),
    progress: (step) => io.note(`… ${step}`),
  })
  printMetrics(result, args, io)
  return 0
}

async function sequences(args: ParsedArgs, io: Io): Promise<number> {
  const result = await evaluateSequences({
    file: resolve(io.cwd, args.required('sequences')),
    ...slatesPath(args, io),
    progress: (step) => io.note(`… ${step}`),
  })
  printMetrics(result, args, io)
  if (!args.boolean('json')) printGains(result, io)
  return 0
}

function printGains(result: Readonly<Record<string, Readonly<Record<string, number>>>>, io: Io): void {
  for (const [model, metrics] of Object.entries(result)) {
    const { gain, 'gain-low': low, 'gain-high': high, chosen } = metrics
    const compared =
      gain === undefined
        ? ''
        : ` NDCG@10 ${signed(gain)} [${signed(low!)}, ${signed(high!)}] over the best model below it on the ladder.`
    const best = chosen === 1 ? ' Validation chose it.' : ''
    if (compared || best) io.out(`${model}:${compared}${best}`)
  }
  io.out(
    '--slates writes what validation chose without floors. Floors: 5 users an item, 3 a pair, as in all that is published.',
  )
}

function printMetrics(
  result: { readonly [model: string]: Readonly<Record<string, number>> },
  args: ParsedArgs,
  io: Io,
): void {
  if (args.boolean('json')) {
    io.out(JSON.stringify(result))
    return
  }
  const shown = [
    'recall@10',
    'recall@20',
    'recall@100',
    'ndcg@10',
    'ndcg@20',
    'ndcg@100',
    'mrr',
    'hit-rate@10',
    'coverage@20',
  ]
  const costs = Object.values(result).some(({ bytes }) => bytes !== undefined) ? ['bytes', 'train s'] : []
  const columns = [
    { heading: 'model' },
    ...[...shown, ...costs].map((heading) => ({ heading, align: 'right' as const })),
  ]
  const rows = Object.entries(result).map(([model, metrics]) => [
    model,
    ...shown.map((name) => (metrics[name] ?? 0).toFixed(4)),
    metrics.bytes === undefined ? '' : `${(metrics.bytes / 1e6).toFixed(2)} MB`,
    metrics.trainSeconds?.toFixed(1) ?? '',
  ])
  io.out(textTable(columns, rows))
  io.out(
    'recall@k = hits / all relevant items of the user; every catalogue item ranked, training items masked.',
  )
  if (costs.length > 0) io.out('bytes: Brotli, with ids and scales, without titles. train s: fitting alone.')
  for (const [model, { choiceSeconds }] of Object.entries(result)) {
    if (choiceSeconds !== undefined)
      io.out(
        `Settings of ${model} were chosen in ${choiceSeconds.toFixed(1)} s on a per-user cut of the training file.`,
      )
  }
}

function slatesPath(args: ParsedArgs, io: Io): { slates?: string } {
  const path = args.string('slates')
  if (path === undefined) return {}
  const slates = resolve(io.cwd, path)
  if (!existsSync(dirname(slates)))
    throw new ForYouError('bad_usage', `--slates: there is no folder ${dirname(slates)}.`)
  return { slates }
}

function isProtocol(name: string): name is Protocol {
  return PROTOCOLS.some((protocol) => protocol === name)
}
