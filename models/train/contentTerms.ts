import type { CatalogueItem } from '../../shared/domain/catalogue.ts'

/** Names under which the words of titles and descriptions, and the decade of a year, count. */
export const TITLE = 'title'
export const TEXT = 'text'
const DECADE = 'decade'

/** A term of an item: an attribute's value, a word, or a bin of a number. */
export interface ItemTerm {
  readonly name: string
  readonly value: string
  /** How often: 1 for attributes, a count for words, the share of membership for bins. */
  readonly frequency: number
}

/** What turns an item into terms: it depends on the catalogue as a whole. */
export interface TermRules {
  /** Whether the words of titles count: where there is nothing better (no attributes), or descriptions are read anyway. */
  readonly titles: boolean
  /** Numeric attributes by name, each with the centres of its bins. */
  readonly centres: readonly (readonly [name: string, centres: readonly number[]])[]
}

/** @param bins how many bins a number gets */
export function termRules(catalogue: readonly CatalogueItem[], bins: number): TermRules {
  const hasAttributes = catalogue.some((item) => item.attributes && Object.keys(item.attributes).length > 0)
  const hasText = catalogue.some((item) => item.text)
  const names = [...new Set(catalogue.flatMap((item) => Object.keys(item.numbers ?? {})))].sort()
  return {
    titles: !hasAttributes || hasText,
    centres: names.map((name) => {
      const values = catalogue.flatMap((item) => item.numbers?.[name] ?? [])
      return [name, binCentres(values, bins)]
    }),
  }
}

/** The terms of one item: all attribute values, the decade, soft bins of numbers, and words. */
export function termsOf(item: CatalogueItem, { titles, centres }: TermRules): ItemTerm[] {
  const terms: ItemTerm[] = []
  for (const [name, values] of Object.entries(item.attributes ?? {}))
    for (const value of new Set(values)) terms.push({ name, value, frequency: 1 })
  if (item.year) terms.push({ name: DECADE, value: `${Math.floor(item.year / 10)}0s`, frequency: 1 })
  for (const [name, own] of centres) {
    const x = item.numbers?.[name]
    if (x !== undefined) terms.push(...softBins(name, x, own))
  }
  if (titles) terms.push(...words(TITLE, item.title))
  if (item.text) terms.push(...words(TEXT, item.text))
  return terms
}

export const isWord = ({ name }: Pick<ItemTerm, 'name'>) => name === TITLE || name === TEXT

function words(name: string, text: string): ItemTerm[] {
  const counts = new Map<string, number>()
  for (const word of text.toLowerCase().match(/\p{L}{3,}/gu) ?? [])
    counts.set(word, (counts.get(word) ?? 0) + 1)
  return Array.from(counts, ([value, frequency]) => ({ name, value, frequency }))
}

/** Centres of bins that hold equally many values; equal centres are one. */
export function binCentres(values: readonly number[], bins: number): number[] {
  const sorted = values.toSorted((a, b) => a - b)
  const centres = Array.from(
    { length: bins },
    (_, b) => sorted[Math.floor(((b + 0.5) / bins) * sorted.length)]!,
  )
  return [...new Set(centres.filter((x) => x !== undefined))]
}

/** A number belongs to the two bins whose centres lie around it, the more the nearer: 9.99 and 10.01 are never strangers. */
export function softBins(name: string, x: number, centres: readonly number[]): ItemTerm[] {
  const above = centres.findIndex((centre) => centre >= x)
  const bin = (c: number, frequency: number) => ({ name, value: String(centres[c]), frequency })
  if (above === 0) return [bin(0, 1)]
  if (above < 0) return centres.length > 0 ? [bin(centres.length - 1, 1)] : []
  const share = (x - centres[above - 1]!) / (centres[above]! - centres[above - 1]!)
  return [bin(above - 1, 1 - share), bin(above, share)].filter(({ frequency }) => frequency > 0)
}
