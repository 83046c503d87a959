import type { Evaluation, Rung } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { encodeGolden } from '../../shared/rank/golden.ts'
import { type BuiltBundle, builtBundle, open } from '../build/builtBundle.ts'
import { goldenCases } from '../build/goldenCases.ts'
import { type ManifestInput, manifestOf } from '../build/manifestOf.ts'
import { popularPages } from '../build/popularPages.ts'
import type { Stage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { examined } from '../evaluate/examineRanker.ts'
import { climb, shippedRung, type Timings, timingsOf } from '../evaluate/ladder.ts'
import { rungCosts } from '../evaluate/rungCosts.ts'
import { withSurfaces } from '../evaluate/surfaces.ts'
import { temporalRun } from '../evaluate/temporal.ts'
import type { Settings } from '../settings.ts'
import { cutsOf } from '../split/cuts.ts'
import { before } from '../split/slice.ts'
import { pluginRungs } from '../train/plugins.ts'
import { besideLadder, ownContenders } from './fitBaselines.ts'
import { daysWithPopularity, type Fitted, fitUntil } from './fitUntil.ts'
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
  const fitted = await fitUntil(dataset, settings, cut, false, settings.baselines !== 'none')
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
  const ladder = await besideLadder(dataset, before(dataset, cut), settings, cut, opened, options.progress)
  const own = settings.baselines === 'none' ? [] : ownContenders(opened, fitted.learned, settings.seed)
  const beside = { ...ladder, baselines: [...(ladder.baselines ?? []), ...own] }
  options.progress('ranking the days after the cut')
  const measured = temporalRun(opened, days, rungs, costs, bestSlate, beside)
  options.progress('judging every surface by itself')
  const judged = withSurfaces(climb(measured.run, settings.seed), opened, days, settings.seed)
  const evaluation = { ...judged, ...examined(opened, days, settings.seed) }
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
