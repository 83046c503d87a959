import { ForYouError } from '../../shared/domain/errors.ts'
import type { Dataset } from '../dataset.ts'
import type { FoldInQuery } from './foldInSplits.ts'
import type { ReplayDay } from './replay.ts'

/**
 * A day that is ranked: after all that was trained on, popularity that ends at its midnight, and events whose history is
 * strictly earlier than their day's last moment and never holds the item that is asked for.
 * @param asOf moment of the popularity that the day is ranked with, ms
 * @throws ForYouError `leak`
 */
export function assertDayAfter(day: ReplayDay, trainedUntil: number, asOf: number): void {
  if (day.midnight < trainedUntil)
    throw leak('An evaluation day lies before the moment the bundle was trained until.')
  if (asOf > day.midnight) throw leak('The popularity of an evaluation day has seen the day itself.')
  for (const { target, history, at } of day.events) {
    for (const known of history) {
      if (known.item === target) throw leak(`A history holds the item "${target}" that it is asked for.`)
      if (at !== undefined && known.at >= at)
        throw leak('A history holds an interaction that is not earlier than its question.')
    }
  }
}

/**
 * Temporal: nothing in training lies at or after the cut.
 * @throws ForYouError `leak`
 */
export function assertTrainedBefore(training: Dataset, cut: number): void {
  const late = training.times.findIndex((time) => time >= cut)
  if (late >= 0) throw leak(`Row ${late} of the training part lies at or after the cut.`)
}

/**
 * Any fold-in: what is asked for is not in the history that is folded in.
 * @throws ForYouError `leak`
 */
export function assertTargetsUnseen({ history, relevant }: FoldInQuery): void {
  const known = new Set(history.map(({ item }) => item))
  const seen = relevant.find((item) => known.has(item))
  if (seen !== undefined) throw leak(`A history holds the item "${seen}" that it is asked for.`)
}

/**
 * Last-out: no user's question is among that user's training rows.
 * @throws ForYouError `leak`
 */
export function assertQuestionsHidden(training: Dataset, queries: readonly FoldInQuery[]): void {
  for (const { user, relevant } of queries) {
    const own = new Set(
      Array.from(
        training.items.subarray(training.offsets[user]!, training.offsets[user + 1]!),
        (i) => training.catalogue[i]!.id,
      ),
    )
    const seen = relevant.find((item) => own.has(item))
    if (seen !== undefined)
      throw leak(`The training part holds "${seen}", which ${training.users[user]} is asked for.`)
  }
}

/**
 * Strong generalisation: nobody who is asked was trained on.
 * @throws ForYouError `leak`
 */
export function assertUsersHidden(training: Dataset, queries: readonly FoldInQuery[]): void {
  for (const { user } of queries) {
    if (training.offsets[user + 1]! > training.offsets[user]!)
      throw leak(`User ${training.users[user]} is asked and was trained on.`)
  }
}

/**
 * Cold items: no training row holds one of them.
 * @param cold 1 by dataset item index
 * @throws ForYouError `leak`
 */
export function assertItemsHidden(training: Dataset, cold: Uint8Array): void {
  const row = training.items.findIndex((item) => cold[item] === 1)
  if (row >= 0)
    throw leak(`The training part holds the cold item "${training.catalogue[training.items[row]!]!.id}".`)
}

function leak(message: string): ForYouError {
  return new ForYouError('leak', message, {
    hint: 'The evaluation would say more than is true: it does not go on.',
  })
}
