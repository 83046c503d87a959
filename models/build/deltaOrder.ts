import { compare, type Dataset } from '../dataset.ts'
import { countByItem } from '../train/popularity.ts'
import type { ItemNumbers } from './itemOrder.ts'

/** Item numbers of a delta: those of its base, and behind them the items that came since. */
export interface DeltaOrder extends ItemNumbers {
  /** Items of the base. */
  readonly known: number
  /** Ids of the base that the dataset lacks; where there are any, the order has no use. */
  readonly lost: readonly string[]
}

/**
 * @param known ids of the base in item-number order
 * @param appended ids that follow, in their order; every other item of the dataset, by falling number of interactions, then
 *   by id, unless they are given
 */
export function deltaOrder(
  dataset: Dataset,
  known: readonly string[],
  appended?: readonly string[],
): DeltaOrder {
  const index = new Map(dataset.catalogue.map(({ id }, i) => [id, i]))
  const ids = [...known, ...(appended ?? newIds(dataset, known))]
  return {
    indexOf: Int32Array.from(ids, (id) => index.get(id) ?? -1),
    known: known.length,
    lost: ids.filter((id) => !index.has(id)),
  }
}

function newIds(dataset: Dataset, known: readonly string[]): string[] {
  const count = countByItem(dataset)
  const old = new Set(known)
  return Array.from(dataset.catalogue.keys())
    .filter((i) => !old.has(dataset.catalogue[i]!.id))
    .sort((a, b) => count[b]! - count[a]! || compare(dataset.catalogue[a]!.id, dataset.catalogue[b]!.id))
    .map((i) => dataset.catalogue[i]!.id)
}
