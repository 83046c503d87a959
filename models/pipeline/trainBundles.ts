import type { Evaluation, Rung } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { encodeRanker } from '../../shared/bundle/rankerFile.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { encodeGolden } from '../../shared/rank/golden.ts'
import { type BuiltBundle, builtBundle, open } from '../build/builtBundle.ts'
import { arrivalsSince } from '../build/firstDays.ts'
import { goldenCases } from '../build/goldenCases.ts'
import type { ItemNumbers } from '../build/itemOrder.ts'
import { type ManifestInput, manifestOf } from '../build/manifestOf.ts'
import { popularityBlob } from '../build/popularityBlob.ts'
import { popularPages } from '../build/popularPages.ts'
import { fitStage, openStage, type Stage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { climb, shippedRung, type Timings, timingsOf } from '../evaluate/ladder.ts'
import { rungCosts } from '../evaluate/rungCosts.ts'
import { withSurfaces } from '../evaluate/surfaces.ts'
import { temporalRun } from '../evaluate/temporal.ts'
import { seededRandom } from '../random.ts'
import type { Settings } from '../settings.ts'
import { cutsOf } from '../split/cuts.ts'
import { replayDays } from '../split/replay.ts'
import { before } from '../split/slice.ts'
import { pluginRungs } from '../train/plugins.ts'
import { popularityOver } from '../train/popularity.ts'
import { trainRanker } from '../train/ranker.ts'
import type { RankerDay } from '../train/replayedSlates.ts'
import { correctPositions } from './correctPositions.ts'
import { besideLadder } from './fitBaselines.ts'
import { sealRelease } from './sealRelease.ts'

export interface TrainOptions {
  readonly site: string
  readonly fingerprint: string
  /** True for data that ended before today: features then see bundle time. */
  readonly archive: boolean
  readonly linkTemplate?: string
  /** Says what is being done. */
  progress(step: string): void
}

/** A stage, and the ranker that was trained on slates replayed after an earlier stage. */
export interface Fitted {
  readonly stage: Stage
  readonly ranker: ArrayBuffer | null
  readonly notes: readonly string[]
  readonly candidateRecall: number
  readonly slates: number
}

/**
 * Fits everything that may be known at `until`: generators up to `until − replayDays`, the ranker on the slates replayed
 * since then, and the generators again up to `until`. Generators that the ranker learned from never saw its events.
 */
export async function fitUntil(
  dataset: Dataset,
  settings: Settings,
  until: number,
  details: boolean,
): Promise<Fitted> {
  const { cut, replayFrom } = cutsOf(dataset, settings)
  const from = Math.floor((until - (cut - replayFrom)) / DAY_MS) * DAY_MS
  const early = fitStage(before(dataset, from), settings, from)
  const stage = fitStage(before(dataset, until), settings, until, { details })
  const start = performance.now()
  try {
    const bundle = await openStage(dataset, early, 'popularity')
    const corrected = correctPositions(dataset, daysWithPopularity(dataset, early, from, until), until)
    const { ranker, slates, candidateRecall } = await trainRanker(
      bundle,
      corrected.days,
      settings,
      seededRandom(settings.seed),
    )
    const trainSeconds = { ...stage.trainSeconds, ranker: (performance.now() - start) / 1000 }
    return {
      stage: { ...stage, trainSeconds },
      ranker: encodeRanker(ranker),
      notes: [...stage.missing, ...corrected.notes],
      candidateRecall,
      slates,
    }
  } catch (error) {
    if (errorCode(error) !== 'bad_data') throw error
    return {
      stage,
      ranker: null,
      notes: [...stage.missing, `No ranker: ${(error as Error).message}`],
      candidateRecall: 0,
      slates: 0,
    }
  }
}

/**
 * Replayed days and the popularity blob of each midnight, coded in the stage's item order.
 * @param from first moment that is replayed: the stage was fitted to what lies before
 */
export function daysWithPopularity(
  dataset: Dataset,
  stage: Pick<Stage, 'halfLives' | 'ratings'> & { readonly order: ItemNumbers },
  from: number,
  to: number,
): RankerDay[] {
  const days = replayDays(dataset, from, to)
  const counts = popularityOver(
    dataset,
    stage.halfLives,
    days.map((day) => day.midnight),
  )
  const arrivals = arrivalsSince(dataset, from, stage.order)
  return days.map((day) => ({
    ...day,
    popularity: popularityBlob(counts.next().value!, stage.order, stage.ratings, arrivals(day.midnight)),
  }))
}

export interface EvaluationResult {
  readonly bundle: BuiltBundle
  readonly evaluation: Evaluation
  readonly timings: Timings
  readonly settings: Settings
  readonly notes: readonly string[]
  readonly oracleNdcg: number | null
  readonly candidateRecall: number
  readonly slates: number
}

/** The evaluation half: everything up to the cut, then the ladder on the days after it. */
export async function evaluationHalf(
  dataset: Dataset,
  settings: Settings,
  options: TrainOptions,
): Promise<EvaluationResult> {
  const { cut, testEnd } = cutsOf(dataset, settings)
  options.progress('fitting generators and ranker up to the cut')
  const fitted = await fitUntil(dataset, settings, cut, false)
  const blobs = new Map(fitted.stage.blobs)
  if (fitted.ranker) blobs.set('ranker', fitted.ranker)
  const input = {
    ...manifestInput(dataset, fitted.stage, cut, settings.seed, options),
    kind: 'evaluation' as const,
  }
  const bundle = await builtBundle(await manifestOf({ ...input, forYou: 'popularity' }, blobs), blobs)

  const opened = open(bundle)
  const rungs = rungsOf(opened)
  const costs = rungCosts(
    blobs,
    fitted.stage.trainSeconds,
    `popularity, half-life ${settings.popularHalfLife} d`,
    pluginRungs(settings),
  )
  const { oracle } = dataset
  const bestSlate =
    oracle && ((row: number, k: number) => Array.from(oracle.slate(row, k), (i) => dataset.catalogue[i]!.id))
  const days = daysWithPopularity(dataset, fitted.stage, cut, testEnd)
  const beside = await besideLadder(dataset, before(dataset, cut), settings, cut, opened, options.progress)
  options.progress('ranking the days after the cut')
  const measured = temporalRun(opened, days, rungs, costs, bestSlate, beside)
  options.progress('judging every surface by itself')
  const evaluation = withSurfaces(climb(measured.run, settings.seed), opened, days, settings.seed)
  const timings = timingsOf(measured.run)
  const { candidateRecall, slates, notes } = fitted
  return {
    bundle,
    evaluation,
    timings,
    settings,
    notes,
    oracleNdcg: measured.oracle?.ndcg10 ?? null,
    candidateRecall,
    slates,
  }
}

/** The rungs that a bundle has something for, lowest first. */
export function rungsOf({ content, neighbours, transitions, table, ranker }: Bundle): Rung[] {
  const rungs: Rung[] = ['popularity']
  if (content && content.vocabulary.taste.length > 0) rungs.push('personal-popularity')
  if (content) rungs.push('content')
  if (neighbours || table) rungs.push('collaborative')
  if (transitions) rungs.push('transitions')
  if (ranker) rungs.push('ranker')
  return rungs
}

/** The release half: the same fit to the end of the data. What ships on `for-you` is decided by the evaluation. */
export async function releaseHalf(dataset: Dataset, settings: Settings): Promise<Fitted> {
  return fitUntil(dataset, settings, cutsOf(dataset, settings).end, true)
}

/** Joins both halves: the release manifest carries the evaluation, and names the bundle that was evaluated. */
export async function releaseBundle(
  dataset: Dataset,
  fitted: Fitted,
  result: EvaluationResult,
  options: TrainOptions,
): Promise<BuiltBundle> {
  const forYou =
    fitted.ranker || shippedRung(result.evaluation) !== 'ranker'
      ? shippedRung(result.evaluation)
      : 'popularity'
  const blobs = new Map(fitted.stage.blobs)
  if (fitted.ranker && forYou === 'ranker') blobs.set('ranker', fitted.ranker)
  const end = dataset.order === 'time' ? cutsOf(dataset, result.settings).end : 0
  const input = {
    ...manifestInput(dataset, fitted.stage, end, result.settings.seed, options),
    kind: 'release' as const,
    forYou,
  }
  const { candidateRecall } = result
  const recall = result.slates > 0 ? candidateRecall : null
  const evaluation = { ...result.evaluation, manifest: result.bundle.hash, candidateRecall: recall }
  const draft = open(await builtBundle(await manifestOf({ ...input, evaluation }, blobs), blobs))
  blobs.set('golden', encodeGolden(goldenCases(draft, result.settings.seed)))
  for (const [role, blob] of popularPages(draft, options.linkTemplate)) blobs.set(role, blob)
  return sealRelease({ ...input, evaluation }, blobs, result.settings.gate)
}

export function manifestInput(
  dataset: Dataset,
  stage: Stage,
  until: number,
  seed: number,
  options: TrainOptions,
): Omit<ManifestInput, 'kind'> {
  return {
    site: options.site,
    dataset,
    fingerprint: options.fingerprint,
    seed,
    trainedUntil: until,
    profile: stage.profile,
    forYou: 'popularity',
    evaluation: null,
    archive: options.archive,
    linkTemplate: options.linkTemplate,
  }
}
