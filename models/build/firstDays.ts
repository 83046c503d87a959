import type { Arrivals } from '../../shared/bundle/popularityFile.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset } from '../dataset.ts'
import type { ItemOrder } from './itemOrder.ts'

/** Day of the release, else of the first interaction; −1 where the data has neither. */
export function firstDays(dataset: Dataset): Int32Array {
  const first = firstMoments(dataset)
  return Int32Array.from(dataset.catalogue, ({ releasedAt }, i) => {
    const moment = releasedAt ?? first[i]!
    return Number.isFinite(moment) ? Math.floor(moment / DAY_MS) : -1
  })
}

/**
 * What a popularity blob says about items that its bundle's catalogue could not date, because nobody had used them yet.
 * @param from moment that the catalogue ends at, ms since 1970 UTC
 * @returns moment → items first used in [from, moment), by rising number
 */
export function arrivalsSince(
  dataset: Dataset,
  from: number,
  order: Pick<ItemOrder, 'indexOf'>,
): (moment: number) => Arrivals {
  const first = firstMoments(dataset)
  const late = Array.from(order.indexOf.keys()).filter((number) => {
    const i = order.indexOf[number]!
    return dataset.catalogue[i]!.releasedAt === undefined && first[i]! >= from && Number.isFinite(first[i]!)
  })
  const momentOf = (number: number) => first[order.indexOf[number]!]!
  return (moment) => {
    const items = Uint32Array.from(late.filter((number) => momentOf(number) < moment))
    return { items, days: Int32Array.from(items, (number) => Math.floor(momentOf(number) / DAY_MS)) }
  }
}

/** Moment of each item's first interaction; ∞ without any, or without times. */
function firstMoments(dataset: Dataset): Float64Array {
  const first = new Float64Array(dataset.catalogue.length).fill(Number.POSITIVE_INFINITY)
  if (dataset.order !== 'time') return first
  for (let r = 0; r < dataset.items.length; r++) {
    first[dataset.items[r]!] = Math.min(first[dataset.items[r]!]!, dataset.times[r]!)
  }
  return first
}
