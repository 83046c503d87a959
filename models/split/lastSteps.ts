import { HISTORY_CAP } from '../../shared/domain/interaction.ts'
import type { Dataset } from '../dataset.ts'
import { historyOf } from './foldInSplits.ts'
import type { ReplayEvent } from './replay.ts'
import { slice } from './slice.ts'

/** The last few steps of every sequence, to be replayed, and the dataset before them. */
export interface LastSteps {
  readonly earlier: Dataset
  /** By user, oldest first; each history holds everything before the event, earlier replayed steps included. */
  readonly events: readonly ReplayEvent[]
}

/**
 * Hides the last `steps` interactions of each user, but never more than a third of a sequence. A step whose item its user
 * already has is no event: seen items are masked, so nobody could rank it.
 */
export function lastSteps(dataset: Dataset, steps: number): LastSteps {
  const hidden = new Uint8Array(dataset.items.length)
  const events: ReplayEvent[] = []
  for (let user = 0; user < dataset.users.length; user++) {
    const from = dataset.offsets[user]!
    const to = dataset.offsets[user + 1]!
    for (let row = to - Math.min(steps, Math.floor((to - from) / 3)); row < to; row++) {
      hidden[row] = 1
      const item = dataset.items[row]!
      if (!dataset.positive[row] || dataset.items.subarray(from, row).includes(item)) continue
      const history = historyOf(dataset, Math.max(from, row - HISTORY_CAP), row)
      events.push({ row, user, target: dataset.catalogue[item]!.id, history })
    }
  }
  return { earlier: slice(dataset, (row) => hidden[row] === 0), events }
}
