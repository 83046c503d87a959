import type { Rung } from '../../shared/bundle/manifest.ts'
import { type Bundle, openBundle } from '../../shared/bundle/openBundle.ts'
import type { UserHistory } from '../../shared/domain/interaction.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { manifestOf } from '../build/manifestOf.ts'
import { fitStage, withRanker } from '../build/stage.ts'
import { foldInRun } from '../evaluate/foldInRun.ts'
import { DECIDING_METRIC } from '../evaluate/ladder.ts'
import type { LadderRun } from '../evaluate/ladderRun.ts'
import { brotliBytes, rungCosts } from '../evaluate/rungCosts.ts'
import { temporalRun } from '../evaluate/temporal.ts'
import { fitSequences } from '../pipeline/fitSequences.ts'
import { daysWithPopularity, fitUntil } from '../pipeline/fitUntil.ts'
import { rungsOf } from '../pipeline/trainBundles.ts'
import type { Settings } from '../settings.ts'
import { clusteredError } from './clusteredError.ts'
import type { Problem } from './problem.ts'

/** What settings are worth and what they cost. */
export interface Measurement {
  /** What was ranked: the ranker where there is one, else the best single rung. */
  readonly rung: Rung
  /** Mean NDCG@10 over queries. */
  readonly ndcg: number
  /** Standard error of that mean, users being the independent units. */
  readonly error: number
  readonly queries: number
  /** Brotli bytes of the whole bundle but for item details, which no setting changes. */
  readonly bytes: number
  /** Median of `recommend()` in Node: a stand-in for the browser's. */
  readonly milliseconds: number
  readonly trainSeconds: number
}

/** The same with one value a query, so that two settings can be compared in pairs. */
export interface FullMeasurement extends Measurement {
  readonly values: Float64Array
  readonly userOf: Int32Array
  readonly dayOf: Int32Array
}

/** Slates that the median is taken over. */
const TIMED_SLATES = 60
const MIN_SLATES = 1500

/**
 * Fits with these settings and ranks what the problem asks, with the decoded bytes and the browser's ranker.
 * @param share 0–1: share of the users that are asked, and of the slates that the ranker learns from; generators see everything
 */
export async function measureSettings(
  problem: Problem,
  settings: Settings,
  share = 1,
): Promise<FullMeasurement> {
  const start = performance.now()
  const { blobs, profile, trainSeconds, days } = await fitted(problem, settings, share)
  const seconds = (performance.now() - start) / 1000
  const bundle = await opened(problem, blobs, profile, settings)
  const costs = rungCosts(blobs, trainSeconds, 'popularity')
  const rungs = rankedRungs(bundle)
  const asked = (user: number) => sampled(user, settings.seed, share)
  const run =
    problem.kind === 'daily'
      ? temporalRun(bundle, askedDays(days!, asked), rungs, costs).run
      : foldInRun(
          problem.protocol,
          bundle,
          problem.queries.filter(({ user }) => asked(user)),
          rungs,
          costs,
        )
  const { rung, values } = bestOf(run)
  const histories =
    problem.kind === 'daily'
      ? days!.flatMap(({ events }) => events.map(({ history }) => history))
      : problem.queries.map(({ history }) => history)
  return {
    rung,
    ...clusteredError(values, run.userOf),
    queries: values.length,
    bytes: [...blobs.values()].reduce((sum, blob) => sum + brotliBytes(blob), 0),
    milliseconds: medianSlate({ ...bundle, manifest: { ...bundle.manifest, forYou: rung } }, histories),
    trainSeconds: seconds,
    values,
    userOf: run.userOf,
    dayOf: run.dayOf,
  }
}

/** What settings are chosen for: the ranker, else whatever else is personal and learned, else all there is. */
function rankedRungs(bundle: Bundle): readonly Rung[] {
  if (bundle.ranker) return ['ranker']
  const rungs = rungsOf(bundle)
  const learned = rungs.filter((rung) => rung === 'collaborative' || rung === 'transitions')
  return learned.length > 0 ? learned : rungs
}

function bestOf({ rungs }: LadderRun): { rung: Rung; values: Float64Array } {
  const candidates = rungs.map(({ rung, values }) => ({
    rung,
    values: values.get(DECIDING_METRIC) ?? new Float64Array(0),
  }))
  const total = (values: Float64Array) => values.reduce((sum, x) => sum + x, 0)
  return candidates.reduce((best, next) => (total(next.values) > total(best.values) ? next : best))
}

async function fitted(problem: Problem, settings: Settings, share: number) {
  if (problem.data.order === 'none') return { ...fitStage(problem.data, settings, 0), days: null }
  const maxSlates = Math.max(Math.min(MIN_SLATES, settings.maxSlates), Math.round(settings.maxSlates * share))
  const thinned = { ...settings, maxSlates }
  const { stage, ranker } =
    problem.kind === 'daily'
      ? await fitUntil(problem.data, thinned, problem.cut, false)
      : await fitSequences(problem.data, thinned, () => {})
  const days =
    problem.kind === 'daily' ? daysWithPopularity(problem.data, stage, problem.cut, problem.end) : null
  return { ...stage, blobs: withRanker(stage.blobs, ranker), days }
}

async function opened(
  problem: Problem,
  blobs: ReadonlyMap<string, ArrayBuffer>,
  profile: Bundle['manifest']['profile'],
  { seed }: Settings,
): Promise<Bundle> {
  const manifest = await manifestOf(
    {
      kind: 'evaluation',
      site: 'tune',
      dataset: problem.data,
      fingerprint: '0'.repeat(64),
      seed,
      trainedUntil: problem.kind === 'daily' ? problem.cut : 0,
      profile,
      forYou: 'popularity',
      evaluation: null,
      archive: true,
    },
    blobs,
  )
  return openBundle(manifest, '', blobs)
}

function askedDays<D extends { readonly events: readonly { readonly user: number }[] }>(
  days: readonly D[],
  asked: (user: number) => boolean,
): D[] {
  return days.map((day) => ({ ...day, events: day.events.filter(({ user }) => asked(user)) }))
}

/** Nested samples: whoever is asked at a small share is asked at every larger one (a mixed 32-bit hash, Murmur3's finish). */
function sampled(user: number, seed: number, share: number): boolean {
  if (share >= 1) return true
  let h = Math.imul(user + 1, 0x9e3779b1) ^ Math.imul(seed, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32 < share
}

function medianSlate(bundle: Bundle, histories: readonly UserHistory[]): number {
  const { recommend } = createRecommender(bundle)
  const step = Math.max(1, Math.floor(histories.length / TIMED_SLATES))
  const times: number[] = []
  for (let q = 0; q < histories.length && times.length < TIMED_SLATES; q += step) {
    const start = performance.now()
    recommend({ history: histories[q]!, now: bundle.manifest.asOf, k: 20 })
    times.push(performance.now() - start)
  }
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0
}
