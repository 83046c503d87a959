import type { Rung } from '../../shared/bundle/manifest.ts'
import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { fitStage, openStage } from '../build/stage.ts'
import { type Interval, ratioInterval } from '../evaluate/bootstrap.ts'
import { DECIDING_METRIC } from '../evaluate/ladder.ts'
import { Coverage, queryMetrics } from '../evaluate/metrics.ts'
import { daysWithPopularity } from '../pipeline/fitUntil.ts'
import { rungsOf } from '../pipeline/trainBundles.ts'
import type { Progress } from '../progress.ts'
import { seededRandom } from '../random.ts'
import { defaultSettings, type Settings } from '../settings.ts'
import { replayDays } from '../split/replay.ts'
import { before } from '../split/slice.ts'
import { chooseHalfLife } from '../train/chooseHalfLife.ts'
import { automatic } from '../tune/baseSettings.ts'
import { type ForeignScores, readForeignScores } from './foreignScores.ts'
import { type LoadedSplit, type Part, readSplit } from './readSplit.ts'
import type { Question } from './splitFiles.ts'

/** Foreign scores beside our baselines, on the same questions. */
export interface ScoredSplit {
  readonly protocol: string
  /** Row → metric → mean over questions. The foreign row is `scores`. */
  readonly metrics: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly best: string
  /** Relative gain of the scores over the best baseline, paired over users, 95 %. */
  readonly gain: Interval
  readonly queries: number
  /** Questions that the file says nothing about: they count as missed. */
  readonly unanswered: number
  /** Rows of the file that could not be used, and those of items the history holds already. */
  readonly unused: number
  readonly masked: number
}

const SLATE_LENGTH = 100
const VALIDATION_DAYS = 14
export const FOREIGN = 'scores'

/**
 * Ranks somebody else's scores as ours are ranked: seen items masked, ties to the lower item number, 100 items, every question
 * in the denominator; and our baselines, fitted to the split's training part, beside them.
 */
export async function evaluateScores(
  folder: string,
  file: string,
  part: Part,
  progress: Progress,
): Promise<ScoredSplit> {
  const split = await readSplit(folder, part)
  const scores = await readForeignScores(file, split.questions)
  const { bundle, popularityOf } = await baselines(split, progress)
  const rungs = rungsOf(bundle)
  const rows = new Map([FOREIGN, ...rungs].map((name) => [name, newRow()]))
  let masked = 0
  let today: { blob: ArrayBuffer | null; recommender: ReturnType<typeof createRecommender> } | null = null
  for (const [asked, question] of split.questions.entries()) {
    if (asked % 500 === 0) progress('ranking', { done: asked, of: split.questions.length })
    const blob = popularityOf(question)
    if (today === null || today.blob !== blob)
      today = { blob, recommender: createRecommender(blob ? withPopularity(bundle, blob) : bundle) }
    const view = historyView(today.recommender.bundle, question.history)
    const wanted = new Set(question.relevant.map((id, r) => bundle.numberOf.get(id) ?? -1 - r))
    const foreign = ranked(scores, question.query, bundle, view.seen)
    masked += foreign.masked
    add(rows.get(FOREIGN)!, foreign.items, wanted)
    for (const rung of rungs) {
      const { items } = today.recommender.rank(rung, view, SLATE_LENGTH, (item) => view.seen.has(item))
      add(rows.get(rung)!, items, wanted)
    }
  }
  return {
    ...summary(split, rows, rungs),
    unanswered: split.questions.length - scores.byQuery.size,
    unused: scores.unused,
    masked,
  }
}

interface RowSums {
  readonly values: Map<string, number[]>
  readonly coverage: Coverage
}

function newRow(): RowSums {
  return { values: new Map(), coverage: new Coverage(20) }
}

function add(row: RowSums, items: ArrayLike<number>, wanted: ReadonlySet<number>): void {
  row.coverage.add(items)
  for (const [metric, value] of Object.entries(queryMetrics(items, wanted))) {
    const column = row.values.get(metric)
    if (column) column.push(value)
    else row.values.set(metric, [value])
  }
}

function ranked(
  { byQuery }: ForeignScores,
  query: number,
  bundle: Bundle,
  seen: { has(item: number): boolean },
) {
  const listed = (byQuery.get(query) ?? []).flatMap(({ item, score }) => {
    const number = bundle.numberOf.get(item)
    return number === undefined ? [] : [{ number, score }]
  })
  const kept = listed.filter(({ number }) => !seen.has(number))
  kept.sort((a, b) => b.score - a.score || a.number - b.number)
  const items = [...new Set(kept.map(({ number }) => number))].slice(0, SLATE_LENGTH)
  return { items, masked: listed.length - kept.length }
}

/** Popularity, table + neighbours and, where there is an order, transitions, with what training chooses by itself. */
async function baselines(
  { data, from, facts }: LoadedSplit,
  progress: Progress,
): Promise<{ bundle: Bundle; popularityOf: (question: Question) => ArrayBuffer | null }> {
  const given: Settings = { ...defaultSettings(facts.order), seed: facts.seed }
  progress('fitting the baselines')
  if (from === null) {
    const problem = { kind: 'fold-in', protocol: facts.protocol, data, queries: [] } as const
    const settings = await automatic(problem, given, {}, progress)
    return {
      bundle: await openStage(data, fitStage(data, settings, 0), 'popularity'),
      popularityOf: () => null,
    }
  }
  const known = before(data, from)
  const days = replayDays(known, from - VALIDATION_DAYS * DAY_MS, from)
  const settings = { ...given, popularHalfLife: chooseHalfLife(known, days).halfLife }
  const stage = fitStage(known, settings, from)
  const blobs = new Map(
    daysWithPopularity(data, stage, from, Number.POSITIVE_INFINITY).map(({ midnight, popularity }) => [
      midnight,
      popularity,
    ]),
  )
  return {
    bundle: await openStage(known, stage, 'popularity'),
    popularityOf: ({ at }) => blobs.get(Math.floor(at / DAY_MS) * DAY_MS) ?? null,
  }
}

function summary(
  { facts, questions, data }: LoadedSplit,
  rows: ReadonlyMap<string, RowSums>,
  rungs: readonly Rung[],
) {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, x) => sum + x, 0) / Math.max(1, values.length)
  const metrics = Object.fromEntries(
    [...rows].map(([name, { values, coverage }]) => [
      name,
      {
        ...Object.fromEntries([...values].map(([metric, column]) => [metric, mean(column)])),
        'coverage@20': coverage.of(data.catalogue.length),
      },
    ]),
  )
  const valuesOf = (name: string) => Float64Array.from(rows.get(name)!.values.get(DECIDING_METRIC) ?? [])
  const best = rungs.reduce((a, b) => (mean([...valuesOf(b)]) > mean([...valuesOf(a)]) ? b : a))
  const [ours, theirs] = [valuesOf(best), valuesOf(FOREIGN)]
  const users = new Map([...new Set(questions.map(({ user }) => user))].map((user, u) => [user, u]))
  const userOf = Int32Array.from(questions, ({ user }) => users.get(user)!)
  const gain = ratioInterval(
    theirs.map((x, q) => x - ours[q]!),
    ours,
    userOf,
    seededRandom(facts.seed),
  )
  return { protocol: facts.protocol, metrics, best, gain, queries: questions.length }
}
