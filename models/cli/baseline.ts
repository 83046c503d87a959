import { resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { Dataset } from '../dataset.ts'
import { countByItem, decayedCounts, shrunkenMeans } from '../train/popularity.ts'
import type { Command, Io, ParsedArgs } from './command.ts'
import { DATA_FLAGS, loadFor } from './loadFor.ts'
import { textTable } from './textTable.ts'

/** Days after which a trend has lost half of its weight, where none is given. */
const HALF_LIFE_DAYS = 7
const TOP = 10

interface Entry {
  readonly item: string
  readonly title: string
  readonly score: number
  /** Ratings or interactions that the score rests on. */
  readonly n: number
}

interface Ranking {
  readonly key: 'mean' | 'shrunkenMean' | 'count' | 'trend'
  readonly heading: string
  readonly explanation: string
  /** Names of the two number columns: the score, and what it rests on. */
  readonly columns: readonly [score: string, n: string]
  readonly digits: number
  /** Empty where the file lacks what the ranking needs; `explanation` says what that is. */
  readonly top: readonly Entry[]
}

export const baseline: Command = {
  name: 'baseline',
  summary:
    'Ranks the items of an interactions file by mean rating, shrunken mean, count and trend: the bar for any model.',
  usage: 'FILE [--top N] [--half-life DAYS]',
  flags: {
    top: { type: 'string', value: 'N', summary: `items a list, ${TOP} by default` },
    'half-life': {
      type: 'string',
      value: 'DAYS',
      summary: `of the trend, ${HALF_LIFE_DAYS} days by default`,
    },
    columns: DATA_FLAGS.columns,
    'allow-bad': DATA_FLAGS['allow-bad'],
  },
  positionals: [1, 1],
  run: runBaseline,
}

async function runBaseline(args: ParsedArgs, io: Io): Promise<number> {
  const top = positive(args, 'top', TOP)
  const halfLifeDays = positive(args, 'half-life', HALF_LIFE_DAYS)
  const dataset = await loadFor(args, io, args.positionals[0])
  const rankings = rankBaselines(dataset, top, halfLifeDays)
  if (args.boolean('json')) {
    io.out(
      JSON.stringify({
        file: resolve(io.cwd, args.positionals[0]!),
        ...summaryOf(dataset),
        ...jsonOf(rankings),
      }),
    )
    return 0
  }
  for (const ranking of rankings) print(ranking, io)
  return 0
}

function positive(args: ParsedArgs, flag: string, fallback: number): number {
  const value = args.integer(flag) ?? fallback
  if (value > 0) return value
  throw new ForYouError('bad_usage', `--${flag} must be at least 1.`)
}

/** The four rankings of the baseline, best first, ties by evidence and then by item number. */
export function rankBaselines(dataset: Dataset, top: number, halfLifeDays: number): readonly Ranking[] {
  const counts = countByItem(dataset)
  const { means, plain, ratings, prior, strength } = shrunkenMeans(dataset)
  const rated = dataset.measure === 'rating' && ratings.some((n) => n > 0)
  const timed = dataset.order === 'time'
  const last = dataset.times.reduce((max, time) => Math.max(max, time), 0)
  const best = (scores: Float64Array, n: Int32Array) => bestOf(dataset, scores, n, top)
  const noRatings =
    dataset.measure === 'quantity'
      ? 'Not possible: quantities are no ratings. A column such as "rating" would bring it.'
      : 'Not possible: the file has no ratings. A column such as "rating" would bring it.'
  const μ = prior.toFixed(2)
  return [
    {
      key: 'mean',
      heading: 'By mean rating',
      explanation: rated ? 'Misleading: a single rating can lead.' : noRatings,
      columns: ['mean', 'ratings'],
      digits: 2,
      top: rated ? best(plain, ratings) : [],
    },
    {
      key: 'shrunkenMean',
      heading: 'By shrunken mean',
      explanation: rated
        ? `(n·mean + m·μ) / (n + m) with m = ${strength.toFixed(1)}, the ratings of an average item, and μ = ${μ}, the mean of all ratings.`
        : noRatings,
      columns: ['shrunken', 'ratings'],
      digits: 2,
      top: rated ? best(means, ratings) : [],
    },
    {
      key: 'count',
      heading: 'By count',
      explanation: 'Interactions of any kind.',
      columns: ['count', 'count'],
      digits: 0,
      top: best(Float64Array.from(counts), counts),
    },
    {
      key: 'trend',
      heading: 'By trend',
      explanation: timed
        ? `Interactions, each losing half of its weight in ${halfLifeDays} days, as of ${new Date(last).toISOString().slice(0, 10)}.`
        : 'Not possible: the file has no times. A column such as "timestamp" would bring it.',
      columns: ['trend', 'count'],
      digits: 1,
      // One millisecond later, so that the last interaction counts as well.
      top: timed ? best(decayedCounts(dataset, last + 1, halfLifeDays), counts) : [],
    },
  ]
}

function bestOf({ catalogue }: Dataset, scores: Float64Array, n: Int32Array, top: number): Entry[] {
  return [...scores.keys()]
    .filter((item) => n[item]! > 0)
    .sort((a, b) => scores[b]! - scores[a]! || n[b]! - n[a]! || a - b)
    .slice(0, top)
    .map((index) => {
      const item = catalogue[index]!
      const title = item.year === undefined ? item.title : `${item.title} (${item.year})`
      return { item: item.id, title, score: scores[index]!, n: n[index]! }
    })
}

function print(ranking: Ranking, io: Io): void {
  io.out(ranking.heading)
  io.out(ranking.explanation)
  if (ranking.top.length > 0) io.out(`\n${tableOf(ranking)}`)
  io.out()
}

function tableOf({ columns, digits, top }: Ranking): string {
  const named = top.some(({ item, title }) => item !== title)
  const [score, n] = columns
  return textTable(
    [
      { heading: '#', align: 'right' },
      { heading: 'item' },
      ...(named ? [{ heading: 'title' }] : []),
      { heading: score, align: 'right' },
      ...(n === score ? [] : [{ heading: n, align: 'right' as const }]),
    ],
    top.map((entry, i) => [
      String(i + 1),
      short(entry.item),
      ...(named ? [short(entry.title)] : []),
      entry.score.toFixed(digits),
      ...(n === score ? [] : [String(entry.n)]),
    ]),
  )
}

/** Ids and titles come from a file: one line, no control characters, no more than fits. */
function short(text: string): string {
  const printable = text.replace(/\p{C}/gu, ' ')
  const characters = [...printable]
  return characters.length > 60 ? `${characters.slice(0, 59).join('')}…` : printable
}

function summaryOf({ ingest, users, catalogue }: Dataset) {
  const { rows, used, rejected, examples } = ingest
  return { rows, used, rejected, examples, users: users.length, items: catalogue.length }
}

function jsonOf(rankings: readonly Ranking[]) {
  return Object.fromEntries(rankings.map(({ key, explanation, top }) => [key, { explanation, top }]))
}
