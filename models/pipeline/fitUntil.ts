import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { encodeRanker } from '../../shared/bundle/rankerFile.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { arrivalsSince } from '../build/firstDays.ts'
import type { ItemNumbers } from '../build/itemOrder.ts'
import { popularityBlob } from '../build/popularityBlob.ts'
import { fitStage, openStage, type Stage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { seededRandom } from '../random.ts'
import type { Settings } from '../settings.ts'
import { cutsOf } from '../split/cuts.ts'
import { replayDays } from '../split/replay.ts'
import { before } from '../split/slice.ts'
import { popularityOver } from '../train/popularity.ts'
import { trainRanker } from '../train/ranker.ts'
import type { RankerDay } from '../train/replayedSlates.ts'
import type { TrainingSlates } from '../train/trainingSlates.ts'
import { correctPositions } from './correctPositions.ts'

/** A stage, and the ranker that was trained on slates replayed after an earlier stage. */
export interface Fitted {
  readonly stage: Stage
  readonly ranker: ArrayBuffer | null
  readonly notes: readonly string[]
  readonly candidateRecall: number
  readonly slates: number
  /** What the ranker learned from, where it was asked for: other models learn from the same. */
  readonly learned?: TrainingSlates
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
  keepSlates = false,
): Promise<Fitted> {
  const window = replayWindow(dataset, settings, until)
  const stage = fitStage(before(dataset, until), settings, until, { details })
  const start = performance.now()
  try {
    const { bundle, days, notes } = await openWindow(dataset, window)
    const { ranker, slates, candidateRecall, learned } = await trainRanker(
      bundle,
      days,
      settings,
      seededRandom(settings.seed),
    )
    const trainSeconds = { ...stage.trainSeconds, ranker: (performance.now() - start) / 1000 }
    return {
      stage: { ...stage, trainSeconds },
      ranker: encodeRanker(ranker),
      notes: [...stage.missing, ...notes],
      candidateRecall,
      slates,
      ...(keepSlates ? { learned } : {}),
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

/** The days that a ranker learns from, and generators that never saw them. */
export interface ReplayWindow {
  readonly early: Stage
  /** ms since 1970 UTC: the first moment that is replayed, and the first that is not. */
  readonly from: number
  readonly until: number
}

export function replayWindow(dataset: Dataset, settings: Settings, until: number): ReplayWindow {
  const { cut, replayFrom } = cutsOf(dataset, settings)
  const from = Math.floor((until - (cut - replayFrom)) / DAY_MS) * DAY_MS
  return { early: fitStage(before(dataset, from), settings, from), from, until }
}

/** Decodes the window's generators, and replays its days. */
export async function openWindow(
  dataset: Dataset,
  { early, from, until }: ReplayWindow,
): Promise<{
  readonly bundle: Bundle
  readonly days: readonly RankerDay[]
  readonly notes: readonly string[]
}> {
  const bundle = await openStage(dataset, early, 'popularity')
  return { bundle, ...correctPositions(dataset, daysWithPopularity(dataset, early, from, until), until) }
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
