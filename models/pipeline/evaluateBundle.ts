import type { Evaluation } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { type BuiltBundle, open } from '../build/builtBundle.ts'
import type { ItemNumbers } from '../build/itemOrder.ts'
import { ratingCodes } from '../build/popularityBlob.ts'
import type { Dataset } from '../dataset.ts'
import { examined } from '../evaluate/examineRanker.ts'
import { foldInRun } from '../evaluate/foldInRun.ts'
import { climb, type Timings, timingsOf } from '../evaluate/ladder.ts'
import type { LadderRun } from '../evaluate/ladderRun.ts'
import { rungCosts } from '../evaluate/rungCosts.ts'
import { temporalRun } from '../evaluate/temporal.ts'
import { fingerprint } from '../ingest/fingerprint.ts'
import { defaultSettings, type Settings } from '../settings.ts'
import { lastFullDay, lastMoment } from '../split/cuts.ts'
import { type FoldInQuery, historyOf, lastOut, strongGeneralisation } from '../split/foldInSplits.ts'
import { before } from '../split/slice.ts'
import { besideLadder } from './fitBaselines.ts'
import { daysWithPopularity } from './fitUntil.ts'
import { rungsOf } from './trainBundles.ts'

/** Protocols of a bundle that is there; `cold-items` has to fit its own. */
export type Protocol = 'temporal' | 'last-out' | 'strong'

const SEED = 1

export interface EvaluateOptions {
  readonly baselines?: Settings['baselines']
  progress?(step: string): void
}

export interface EvaluatedBundle {
  readonly evaluation: Evaluation
  readonly timings: Timings
  readonly oracleNdcg: number | null
}

export function evaluated(run: LadderRun, oracleNdcg: number | null): EvaluatedBundle {
  return { evaluation: climb(run, SEED), timings: timingsOf(run), oracleNdcg }
}

/**
 * The ladder of an existing bundle on data that it has not seen.
 * @throws ForYouError `leak` where the data holds nothing after the moment the bundle was trained until
 */
export async function evaluateBundle(
  built: BuiltBundle,
  dataset: Dataset,
  protocol: Protocol,
  { baselines = 'quick', progress = () => {} }: EvaluateOptions = {},
): Promise<EvaluatedBundle> {
  const bundle = open(built)
  const { trainedUntil, kind, seed, data } = bundle.manifest
  const costs = rungCosts(built.blobs, {}, 'popularity')
  const rungs = rungsOf(bundle)
  const settings = { ...settingsOf(bundle, dataset), baselines }
  const besideBundle = (part: Dataset, asOf: number) =>
    besideLadder(dataset, part, settings, asOf, bundle, progress)
  if (dataset.order !== 'time') {
    if (kind === 'release') throw leak('A release bundle has seen all of its data.')
    // Without times only the same data and seed tell which part was trained on.
    if ((await fingerprint(dataset)) !== data.fingerprint) {
      throw leak('The bundle was trained on other data; without times nobody can tell what it has seen.')
    }
    const split = dataset.order === 'sequence' ? lastOut(dataset) : strongGeneralisation(dataset, seed)
    const beside = await besideBundle(split.training, 0)
    return evaluated(foldInRun(split.protocol, bundle, split.queries, rungs, costs, beside), null)
  }
  const training = before(dataset, trainedUntil)
  const last = lastMoment(dataset)
  const end = last + 1
  if (end <= trainedUntil) {
    const until = new Date(trainedUntil).toISOString()
    throw leak(`The bundle was trained until ${until}; the data holds nothing after that.`)
  }
  if (protocol === 'temporal') {
    const stage = {
      order: orderOf(bundle, dataset),
      halfLives: bundle.popularity.halfLives,
      ratings: ratingCodes(training),
    }
    const { oracle } = dataset
    const slate =
      oracle &&
      ((row: number, k: number) => Array.from(oracle.slate(row, k), (i) => dataset.catalogue[i]!.id))
    const days = daysWithPopularity(dataset, stage, trainedUntil, lastFullDay(last))
    const measured = temporalRun(
      bundle,
      days,
      rungs,
      costs,
      slate,
      await besideBundle(training, trainedUntil),
    )
    const ladder = evaluated(measured.run, measured.oracle?.ndcg10 ?? null)
    return { ...ladder, evaluation: { ...ladder.evaluation, ...examined(bundle, days, SEED) } }
  }
  const queries = queriesAfter(dataset, trainedUntil, protocol)
  const label =
    protocol === 'strong'
      ? 'strong generalisation: users first seen after the cut'
      : 'last-out: last items after the cut'
  const beside = await besideBundle(training, trainedUntil)
  return evaluated(foldInRun(label, bundle, queries, rungs, costs, beside), null)
}

/** Questions that lie wholly after the cut: no row of theirs was trained on. */
function queriesAfter(dataset: Dataset, cut: number, protocol: 'last-out' | 'strong'): FoldInQuery[] {
  const queries: FoldInQuery[] = []
  for (let user = 0; user < dataset.users.length; user++) {
    const from = dataset.offsets[user]!
    const to = dataset.offsets[user + 1]!
    const fresh = protocol === 'strong' ? dataset.times[from]! >= cut : dataset.times[to - 1]! >= cut
    if (to - from < 2 || !fresh) continue
    const known = protocol === 'strong' ? Math.min(to - 1, from + Math.ceil((to - from) * 0.8)) : to - 1
    const history = historyOf(dataset, from, known)
    const seen = new Set(history.map(({ item }) => item))
    const positive = Array.from({ length: to - known }, (_, r) => known + r).filter(
      (row) => dataset.positive[row],
    )
    const relevant = positive
      .map((row) => dataset.catalogue[dataset.items[row]!]!.id)
      .filter((id) => !seen.has(id))
    if (relevant.length > 0) queries.push({ user, history, relevant })
  }
  if (queries.length === 0)
    throw leak('No user of the data fits this protocol without having been trained on.')
  return queries
}

/** What the manifest tells of the settings that a bundle was trained with; defaults for the rest. */
export function settingsOf({ manifest, popularity }: Bundle, { order }: Dataset): Settings {
  const { decay, historyLength, popularHalfLife } = manifest.profile
  return {
    ...defaultSettings(order),
    seed: manifest.seed,
    decay,
    historyLength,
    popularHalfLife: popularity.halfLives[popularHalfLife] ?? null,
  }
}

function orderOf(bundle: Bundle, dataset: Dataset): ItemNumbers {
  const indexes = new Map(dataset.catalogue.map(({ id }, i) => [id, i]))
  const indexOf = Int32Array.from(bundle.ids, (id) => {
    const index = indexes.get(id)
    if (index === undefined) {
      throw new ForYouError('bad_data', `The data has no item "${id}", which the bundle holds.`, {
        hint: 'Evaluate with the catalogue that the bundle was trained with.',
      })
    }
    return index
  })
  return { indexOf }
}

function leak(message: string): ForYouError {
  return new ForYouError('leak', message, {
    hint: 'Give the evaluation bundle, which ends before the test days.',
  })
}
