import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset } from '../dataset.ts'
import type { Settings } from '../settings.ts'

/** Moments that split a dataset with times; all of them midnights UTC. */
export interface Cuts {
  readonly replayFrom: number
  readonly cut: number
  readonly end: number
}

/** The last `testDays` are ranked, the `replayDays` before them teach the ranker. Short data is tested on its last quarter and replayed on a third. */
export function cutsOf(dataset: Dataset, { testDays, replayDays: replay }: Settings): Cuts {
  let first = Number.POSITIVE_INFINITY
  let last = 0
  for (const time of dataset.times) {
    first = Math.min(first, time)
    last = Math.max(last, time)
  }
  const end = (Math.floor(last / DAY_MS) + 1) * DAY_MS
  const days = Math.max(3, Math.ceil((end - first) / DAY_MS))
  const test = Math.min(testDays, Math.floor(days / 4))
  const cut = end - test * DAY_MS
  return { end, cut, replayFrom: cut - Math.min(replay, Math.floor(days / 3)) * DAY_MS }
}
