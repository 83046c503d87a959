import { type Layout, layoutOf } from '../../shared/bundle/layout.ts'
import { SHARD_ROWS } from '../../shared/bundle/limits.ts'
import { compare, type Dataset } from '../dataset.ts'
import type { Model } from '../train/trainer.ts'

export interface ItemNumbers {
  /** number → dataset index */
  readonly indexOf: Int32Array
}

/** Item numbers ↔ dataset indexes. */
export interface ItemOrder extends ItemNumbers {
  /** dataset index → number */
  readonly numberOf: Int32Array
  /** Items 0 … rows − 1 have a table row. */
  readonly rows: number
  /** Order in which lists name their targets. */
  readonly layout: Layout
}

/**
 * Which shard: by falling norm of the output side, so that the first shard holds what most slates need. Items without a row
 * follow by falling number of interactions; ties by id. Inside a shard similar items are near each other where the model
 * knows which are, so that the gaps of the lists are small.
 */
export function itemOrder(dataset: Dataset, model: Model): ItemOrder {
  const { table, neighbours, transitions, places } = model
  const items = dataset.catalogue.length
  const norm = new Float64Array(items)
  if (table) {
    for (let i = 0; i < items; i++) {
      let sum = 0
      for (let d = 0; d < table.dims; d++) sum += table.rows[i * table.dims + d]! ** 2
      norm[i] = table.hasRow[i] ? sum : -1
    }
  }
  const count = new Int32Array(items)
  for (const item of dataset.items) count[item]!++
  const lists = [neighbours, transitions].filter((l) => l !== undefined)
  const listed = (i: number) => (lists.some(({ offsets }) => offsets[i + 1]! > offsets[i]!) ? 1 : 0)
  const indexOf = Int32Array.from({ length: items }, (_, i) => i).sort(
    (a, b) =>
      norm[b]! - norm[a]! ||
      listed(b) - listed(a) ||
      count[b]! - count[a]! ||
      compare(dataset.catalogue[a]!.id, dataset.catalogue[b]!.id),
  )
  const rows = table ? table.hasRow.reduce((sum, has) => sum + has, 0) : 0
  const layout = places ? arrange(indexOf, places, rows) : layoutOf(new Uint8Array(items))
  const numberOf = new Int32Array(items)
  for (const [number, index] of indexOf.entries()) numberOf[index] = number
  return { indexOf, numberOf, rows, layout }
}

/** Sorts each lane by place: a shard, or its part with rows and its part without, so that items with a row stay first. */
function arrange(indexOf: Int32Array, places: Int32Array, rows: number): Layout {
  const cuts = new Set([rows, indexOf.length])
  for (let first = 0; first < indexOf.length; first += SHARD_ROWS) cuts.add(first)
  const sorted = [...cuts].sort((a, b) => a - b)
  const laneAt = new Uint8Array(indexOf.length)
  for (let lane = 0; lane + 1 < sorted.length; lane++) {
    const part = indexOf.subarray(sorted[lane]!, sorted[lane + 1]!).sort((a, b) => places[a]! - places[b]!)
    for (const index of part) laneAt[places[index]!] = lane
  }
  return layoutOf(laneAt)
}
