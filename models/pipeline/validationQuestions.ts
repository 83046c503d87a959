import type { Dataset } from '../dataset.ts'
import type { ReplayDay } from '../split/replay.ts'
import type { NextItem } from './chooseTransitions.ts'

/** Events that are asked, thinned evenly. */
const EVENTS = 3000
/** Fewer events than this choose nothing. */
const MIN_EVENTS = 200

/** Replayed events as questions in dataset indexes; none where they are too few to choose by. */
export function validationQuestions(
  { catalogue }: Dataset,
  days: readonly ReplayDay[],
  historyLength: number,
): NextItem[] {
  const events = days.flatMap((day) => day.events).filter(({ history }) => history.length > 0)
  if (events.length < MIN_EVENTS) return []
  const every = Math.ceil(events.length / EVENTS)
  const indexOf = new Map(catalogue.map(({ id }, i) => [id, i]))
  return events
    .filter((_, e) => e % every === 0)
    .map(({ history, target }) => {
      const latest = new Set(history.toReversed().map(({ item }) => indexOf.get(item)!))
      return { history: Int32Array.from([...latest].slice(0, historyLength)), next: indexOf.get(target)! }
    })
}
