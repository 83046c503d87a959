import type { Dataset } from '../dataset.ts'
import type { Settings } from '../settings.ts'
import type { ReplayDay } from '../split/replay.ts'
import { before } from '../split/slice.ts'
import { interactionMatrix } from '../train/interactionMatrix.ts'
import { allot, listRows, secondHop } from '../train/neighbourLists.ts'
import { withThreads } from '../train/threads.ts'
import { type ListQuestion, meanNdcg } from './chooseDamping.ts'
import type { NextItem } from './chooseTransitions.ts'
import { validationQuestions } from './validationQuestions.ts'

const SHARPENINGS = [0, 0.2, 0.4, 0.6, 0.8]
/** Of a history item a step back. */
const DECAYS = [0.7, 0.8, 0.9, 1]
const LONGEST = 3

/**
 * Sharpening of the neighbour lists, then decay of the history, by NDCG@20 on validation days: lists from before the first of
 * them. Data sets differ: sharpening lifts the lists of a film log by a quarter and costs those of a gift shop a seventh.
 * @param days before everything that is evaluated
 */
export function chooseSharpening(dataset: Dataset, days: readonly ReplayDay[], settings: Settings): Settings {
  const asked = validationQuestions(dataset, days, settings.historyLength)
  if (asked.length === 0) return settings
  const questions = asked.map((question) => decayed(question, settings.decay))
  const matrix = interactionMatrix(before(dataset, days[0]!.midnight), settings.floors.itemUsers)
  const sources = Int32Array.from(new Set(questions.flatMap(({ history }) => [...history]))).sort()
  const { length, source, target, user } = settings.neighbours
  const minPairUsers = settings.floors.pairUsers
  const lists = withThreads((threads) => {
    const hop = secondHop(matrix, minPairUsers, threads)
    const options = { sources, hop, sharpenings: SHARPENINGS, source: 0, target, user, minPairUsers }
    return listRows(matrix, { ...options, length: LONGEST * length }, threads)
  })
  const kept = lists.map((rows) => allot(rows, matrix, { length, source: 0 }))
  const best = greatest(kept.map((rows) => meanNdcg(rows, matrix, source, questions)))
  const worth = (decay: number) =>
    meanNdcg(
      kept[best]!,
      matrix,
      source,
      asked.map((question) => decayed(question, decay)),
    )
  const decays = [settings.decay, ...DECAYS.filter((decay) => decay !== settings.decay)]
  const decay = decays[greatest(decays.map(worth))]!
  return { ...settings, decay, neighbours: { ...settings.neighbours, sharpening: SHARPENINGS[best]! } }
}

/** A question whose history counts less with each step back. */
function decayed({ history, next }: NextItem, decay: number): ListQuestion {
  return {
    history,
    weights: Float64Array.from(history, (_, h) => decay ** h),
    relevant: new Set([next]),
  }
}

function greatest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values))
}
