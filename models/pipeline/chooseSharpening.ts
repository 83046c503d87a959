import type { Dataset } from '../dataset.ts'
import type { Settings } from '../settings.ts'
import type { ReplayDay } from '../split/replay.ts'
import { before } from '../split/slice.ts'
import { interactionMatrix } from '../train/interactionMatrix.ts'
import { allot, listRows, secondHop } from '../train/neighbourLists.ts'
import { withThreads } from '../train/threads.ts'
import { type ListQuestion, meanNdcg } from './chooseDamping.ts'

const SHARPENINGS = [0, 0.2, 0.4, 0.6, 0.8]
/** Events that are asked, thinned evenly. */
const EVENTS = 3000
/** Fewer events than this choose nothing. */
const MIN_EVENTS = 200
const LONGEST = 3

/**
 * Sharpening of the neighbour lists by NDCG@20 on validation days: lists from before the first of them, decayed histories.
 * Data sets differ: it lifts the lists of a film log by a quarter and costs those of a gift shop a seventh.
 * @param days before everything that is evaluated
 */
export function chooseSharpening(dataset: Dataset, days: readonly ReplayDay[], settings: Settings): Settings {
  const events = days.flatMap((day) => day.events).filter(({ history }) => history.length > 0)
  if (events.length < MIN_EVENTS) return settings
  const every = Math.ceil(events.length / EVENTS)
  const indexOf = new Map(dataset.catalogue.map(({ id }, i) => [id, i]))
  const questions = events
    .filter((_, e) => e % every === 0)
    .map(({ history, target }) => ({
      ...decayed(
        history.map(({ item }) => indexOf.get(item)!),
        settings,
      ),
      relevant: new Set([indexOf.get(target)!]),
    }))
  const matrix = interactionMatrix(before(dataset, days[0]!.midnight), settings.floors.itemUsers)
  const sources = Int32Array.from(new Set(questions.flatMap(({ history }) => [...history]))).sort()
  const { length, source, target, user } = settings.neighbours
  const minPairUsers = settings.floors.pairUsers
  const lists = withThreads((threads) => {
    const hop = secondHop(matrix, minPairUsers, threads)
    const options = { sources, hop, sharpenings: SHARPENINGS, source: 0, target, user, minPairUsers }
    return listRows(matrix, { ...options, length: LONGEST * length }, threads)
  })
  const ndcg = lists.map((rows) =>
    meanNdcg(allot(rows, matrix, { length, source: 0 }), matrix, source, questions),
  )
  const sharpening = SHARPENINGS[ndcg.indexOf(Math.max(...ndcg))]!
  return { ...settings, neighbours: { ...settings.neighbours, sharpening } }
}

/** The latest distinct items, weighted as a device weighs them. */
function decayed(
  items: readonly number[],
  { decay, historyLength }: Settings,
): Omit<ListQuestion, 'relevant'> {
  const history = [...new Set(items.toReversed())].slice(0, historyLength)
  return { history: Int32Array.from(history), weights: Float64Array.from(history, (_, h) => decay ** h) }
}
