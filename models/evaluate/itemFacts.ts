import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { Dataset } from '../dataset.ts'

/** What the evaluation knows of each item of the evaluated bundle, by item number. No model sees it. */
export interface ItemFacts {
  /** Interactions in the training part. */
  readonly counts: Float64Array
  /** First interaction or release in the whole data, ms; infinite where there is none, −infinite without times. */
  readonly firstSeen: Float64Array
  /** 1 for the fewest items that make up half of the training interactions. */
  readonly head: Uint8Array
}

/** @param training what the bundle was trained on; `dataset` holds the questions too */
export function itemFacts(dataset: Dataset, training: Dataset, bundle: Bundle): ItemFacts {
  const items = bundle.ids.length
  const numberOf = Int32Array.from(dataset.catalogue, ({ id }) => bundle.numberOf.get(id) ?? -1)
  const counts = new Float64Array(items)
  for (const item of training.items) if (numberOf[item]! >= 0) counts[numberOf[item]!]!++
  const timed = dataset.order === 'time'
  const firstSeen = new Float64Array(items).fill(timed ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY)
  if (timed) {
    for (const [index, { releasedAt }] of dataset.catalogue.entries())
      if (numberOf[index]! >= 0 && releasedAt !== undefined) firstSeen[numberOf[index]!] = releasedAt
    for (const [row, index] of dataset.items.entries()) {
      const number = numberOf[index]!
      if (number >= 0) firstSeen[number] = Math.min(firstSeen[number]!, dataset.times[row]!)
    }
  }
  return { counts, firstSeen, head: headOf(counts) }
}

/** The fewest items that make up half of all interactions, ties by item number. */
export function headOf(counts: Float64Array): Uint8Array {
  const head = new Uint8Array(counts.length)
  const half = counts.reduce((sum, x) => sum + x, 0) / 2
  let sum = 0
  for (const item of Int32Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b)) {
    if (sum >= half) break
    sum += counts[item]!
    head[item] = 1
  }
  return head
}
