import { DAY_MS } from '../../shared/domain/clock.ts'
import {
  HISTORY_CAP,
  type Interaction,
  keptHistory,
  type UserHistory,
} from '../../shared/domain/interaction.ts'
import type { Dataset } from '../dataset.ts'

/** One positive event and what its user's device knew at that moment. */
export interface ReplayEvent {
  readonly row: number
  readonly user: number
  /** Its moment, ms since 1970 UTC; absent where the data has no times. */
  readonly at?: number
  /** The item that the user chose. */
  readonly target: string
  /** Strictly earlier interactions, oldest first. */
  readonly history: UserHistory
  /** How much the ranker learns from it, 1 on average; 1 where it is left out. */
  readonly weight?: number
}

/** A day of events, all ranked with the popularity as of its midnight. */
export interface ReplayDay {
  /** ms since 1970 UTC */
  readonly midnight: number
  readonly events: readonly ReplayEvent[]
}

/**
 * Positive events of [from, to) by UTC day, each with its history as the device would hold it. An event whose item the user
 * already has in the history is left out: seen items are masked, so nobody could rank it.
 */
export function replayDays(dataset: Dataset, from: number, to: number): ReplayDay[] {
  const interactions = new Array<Interaction | undefined>(dataset.items.length)
  const interaction = (row: number): Interaction => {
    interactions[row] ??= {
      item: dataset.catalogue[dataset.items[row]!]!.id,
      kind: 'view',
      at: dataset.times[row]!,
    }
    return interactions[row]!
  }
  const days = new Map<number, ReplayEvent[]>()
  for (let user = 0; user < dataset.users.length; user++) {
    const start = dataset.offsets[user]!
    for (let row = start; row < dataset.offsets[user + 1]!; row++) {
      const at = dataset.times[row]!
      if (!dataset.positive[row] || at < from || at >= to) continue
      let end = row
      while (end > start && dataset.times[end - 1]! === at) end--
      const target = dataset.items[row]!
      if (dataset.items.subarray(start, end).includes(target)) continue
      // Only what a device would still hold: the cap first, so that a long history is not copied for each of its events.
      const oldest = Math.max(start, end - HISTORY_CAP)
      const history = keptHistory(Array.from({ length: end - oldest }, (_, h) => interaction(oldest + h)))
      const midnight = Math.floor(at / DAY_MS) * DAY_MS
      const events = days.get(midnight) ?? []
      events.push({ row, user, at, target: dataset.catalogue[target]!.id, history })
      days.set(midnight, events)
    }
  }
  return [...days.entries()]
    .sort(([a], [b]) => a - b)
    .map(([midnight, events]) => ({ midnight, events: events.sort((a, b) => a.row - b.row) }))
}
