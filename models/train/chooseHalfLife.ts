import type { Dataset } from '../dataset.ts'
import type { ReplayDay } from '../split/replay.ts'
import { HALF_LIVES, popularityOver } from './popularity.ts'

/** Positions of a list that count for the choice: NDCG@10. */
const DEPTH = 10

/**
 * The popularity baseline gets its best: the half-life with the highest NDCG@10 on validation days, each ranked with the
 * counts of its midnight, seen items masked. Ties go to the longer half-life.
 */
export function chooseHalfLife(
  dataset: Dataset,
  days: readonly ReplayDay[],
): { halfLife: number; ndcg: readonly number[] } {
  const indexOf = new Map(dataset.catalogue.map(({ id }, i) => [id, i]))
  const gains = new Float64Array(HALF_LIVES.length)
  const counts = popularityOver(
    dataset,
    HALF_LIVES,
    days.map((day) => day.midnight),
  )
  let events = 0
  for (const day of days) {
    const { decayed } = counts.next().value as { decayed: readonly Float64Array[] }
    events += day.events.length
    for (const [h, scores] of decayed.entries()) {
      const ranking = Int32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b)
      for (const { target, history } of day.events) {
        const chosen = indexOf.get(target)!
        const seen = new Set(history.map(({ item }) => indexOf.get(item)!))
        let position = 0
        for (const item of ranking) {
          if (seen.has(item)) continue
          if (item === chosen) gains[h]! += 1 / Math.log2(position + 2)
          if (item === chosen || ++position === DEPTH) break
        }
      }
    }
  }
  let best = 0
  for (let h = 0; h < gains.length; h++) if (gains[h]! >= gains[best]!) best = h
  return { halfLife: HALF_LIVES[best]!, ndcg: Array.from(gains, (g) => (events > 0 ? g / events : 0)) }
}
