import { SHARD_ROWS } from '../../shared/bundle/limits.ts'
import { compare, type Dataset } from '../dataset.ts'
import type { Model } from '../train/trainer.ts'

/** Item numbers ↔ dataset indexes. */
export interface ItemOrder {
  /** number → dataset index */
  readonly indexOf: Int32Array
  /** dataset index → number */
  readonly numberOf: Int32Array
  /** Items 0 … rows − 1 have a table row. */
  readonly rows: number
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
  if (places) {
    // Items with a row still come first.
    for (const [from, to] of sections(items, rows))
      indexOf.subarray(from, to).sort((a, b) => places[a]! - places[b]!)
  }
  const numberOf = new Int32Array(items)
  for (const [number, index] of indexOf.entries()) numberOf[index] = number
  return { indexOf, numberOf, rows }
}

/** Shards, the one where the rows end in two parts. */
function sections(items: number, rows: number): [from: number, to: number][] {
  const cuts = new Set([rows, items])
  for (let first = 0; first < items; first += SHARD_ROWS) cuts.add(first)
  const sorted = [...cuts].sort((a, b) => a - b)
  return sorted.slice(1).map((to, c) => [sorted[c]!, to])
}
