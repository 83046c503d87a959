import { resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { readConfig } from '../config.ts'
import type { Dataset } from '../dataset.ts'
import { evaluateScores, FOREIGN, type ScoredSplit } from '../exchange/evaluateScores.ts'
import { type Split, splitOf, writeSplit } from '../exchange/splitFiles.ts'
import { fingerprint } from '../ingest/fingerprint.ts'
import { readLists, readSequences } from '../ingest/readLists.ts'
import { listQueries } from '../pipeline/evaluateLists.ts'
import { defaultSettings } from '../settings.ts'
import { foldIn } from '../tune/problem.ts'
import type { Flag, Io, ParsedArgs } from './command.ts'
import { consoleProgress } from './consoleProgress.ts'
import { loadFor } from './loadFor.ts'
import { textTable } from './textTable.ts'

/** Flags of `foryou evaluate` that exchange splits and scores with other programs. */
export const EXCHANGE_FLAGS = {
  'split-out': {
    type: 'string',
    value: 'DIR',
    summary: 'write the split as Parquet: train, validation, test with their questions and histories',
  },
  scores: {
    type: 'string',
    value: 'FILE',
    summary: 'rank scores or slates from another program: item, score or rank, query or user',
  },
  split: { type: 'string', value: 'DIR', summary: 'the split that --scores answers' },
  part: { type: 'string', value: 'NAME', summary: 'part of the split: test (default) or validation' },
} as const satisfies Record<string, Flag>

/** Writes the split of a data set, of sequences or of given lists. */
export async function splitOut(args: ParsedArgs, io: Io): Promise<void> {
  const folder = resolve(io.cwd, args.required('split-out'))
  const { settings: chosen } = await readConfig(io.cwd)
  const { split, seed } = await askedSplit(args, io, chosen.seed)
  const facts = await writeSplit(folder, split, { seed, fingerprint: await fingerprint(split.dataset) })
  io.note(
    `Split in ${folder}: ${facts.queries.validation} validation and ${facts.queries.test} test questions.`,
  )
  if (args.boolean('json') && !asksMore(args)) io.out(JSON.stringify(facts))
}

/** Whether there is anything to evaluate besides writing the split. */
export function asksMore(args: ParsedArgs): boolean {
  return ['bundle', 'train', 'test', 'sequences'].some((flag) => args.string(flag) !== undefined)
}

async function askedSplit(args: ParsedArgs, io: Io, seed = 1): Promise<{ split: Split; seed: number }> {
  const of = (dataset: Dataset) => ({
    split: splitOf(dataset, { ...defaultSettings(dataset.order), seed }),
    seed,
  })
  const sequences = args.string('sequences')
  if (sequences !== undefined) return of(await readSequences(resolve(io.cwd, sequences)))
  if (args.string('train') === undefined) return of(await loadFor(args, io))
  const training = await readLists(resolve(io.cwd, args.required('train')))
  const test = await readLists(resolve(io.cwd, args.required('test')))
  const asked = {
    kind: 'fold-in',
    protocol: 'given files',
    data: training,
    queries: listQueries(training, test),
  } as const
  return { split: { dataset: training, test: asked, validation: foldIn(training, seed) }, seed }
}

/** Foreign scores beside our baselines. */
export async function scoresAgainstSplit(args: ParsedArgs, io: Io): Promise<number> {
  const part = args.string('part') ?? 'test'
  if (part !== 'test' && part !== 'validation')
    throw new ForYouError('bad_usage', `There is no part "${part}".`, { hint: 'test or validation' })
  const folder = resolve(io.cwd, args.required('split'))
  const progress = consoleProgress(io)
  const scored = await evaluateScores(folder, resolve(io.cwd, args.required('scores')), part, progress)
  progress.end()
  io.out(args.boolean('json') ? JSON.stringify(scored) : scoresText(scored))
  return 0
}

const SHOWN = ['recall@10', 'recall@20', 'ndcg@10', 'ndcg@20', 'mrr', 'hit-rate@10', 'coverage@20']

function scoresText({
  protocol,
  metrics,
  best,
  gain,
  queries,
  unanswered,
  unused,
  masked,
}: ScoredSplit): string {
  const percent = (x: number) => `${x < 0 ? '−' : '+'}${Math.abs(100 * x).toFixed(1)} %`
  const counts = [
    [unanswered, 'questions without an answer count as missed'],
    [unused, 'rows name no question, or their score is no number'],
    [masked, 'rows are items that the history holds already: left out'],
  ] as const
  return [
    `Protocol: ${protocol}`,
    '',
    textTable(
      [{ heading: 'model' }, ...SHOWN.map((heading) => ({ heading, align: 'right' as const }))],
      Object.entries(metrics).map(([name, row]) => [
        name === FOREIGN ? 'scores (given)' : name,
        ...SHOWN.map((metric) => (row[metric] ?? 0).toFixed(4)),
      ]),
    ),
    '',
    `ndcg@10 of the given scores: ${percent(gain.mean)} [${percent(gain.low)}, ${percent(gain.high)}] over ${best}, ${queries} questions, paired over users.`,
    ...counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}.`),
  ].join('\n')
}
