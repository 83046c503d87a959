import type { Bundle } from '../../shared/bundle/openBundle.ts'

/** Title and year of an item; its id where the bundle tells no title. */
export function titleOf(bundle: Bundle, item: string): string {
  const number = bundle.numberOf.get(item)
  const { title, year } = (number === undefined ? undefined : bundle.detailsOf(number)) ?? {}
  return title ? (year && !title.includes(`(${year})`) ? `${title} (${year})` : title) : item
}
