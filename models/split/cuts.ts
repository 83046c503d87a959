import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset } from '../dataset.ts'
import type { Settings } from '../settings.ts'

/** Moments that split a dataset with times, ms since 1970 UTC. */
export interface Cuts {
  /** Midnight: the ranker learns from the slates since then. */
  readonly replayFrom: number
  /** Midnight: the evaluation bundle ends here. */
  readonly cut: number
  /** Midnight: the last day that is ranked ends here. */
  readonly testEnd: number
  /** Just after the last interaction: the release ends here. */
  readonly end: number
}

/**
 * The last `testDays` are ranked, the `replayDays` before them teach the ranker. Short data is tested on its last quarter, at
 * least a day, and replayed on a third.
 */
export function cutsOf(dataset: Dataset, { testDays, replayDays }: Settings): Cuts {
  const last = lastMoment(dataset)
  const first = dataset.times.reduce((min, time) => Math.min(min, time), last)
  const testEnd = lastFullDay(last)
  const days = Math.max(3, Math.ceil((testEnd - first) / DAY_MS))
  const cut = testEnd - Math.min(testDays, Math.max(1, Math.floor(days / 4))) * DAY_MS
  return {
    end: last + 1,
    testEnd,
    cut,
    replayFrom: cut - Math.min(replayDays, Math.floor(days / 3)) * DAY_MS,
  }
}

export function lastMoment(dataset: Dataset): number {
  return dataset.times.reduce((max, time) => Math.max(max, time), 0)
}

/** The midnight nearest to the last interaction: a window of a few minutes is no day. */
export function lastFullDay(last: number): number {
  return Math.round(last / DAY_MS) * DAY_MS
}
