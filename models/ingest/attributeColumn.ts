import { plain } from './columnMapping.ts'
import { parseIsoMoment, parseNumber } from './moments.ts'

/** A column with more different values than this describes single items, not groups of them. */
const MAX_ATTRIBUTE_VALUES = 1000
const MAX_VALUE_LENGTH = 100

/** Attributes are named in the singular, as one value of them reads. */
const SINGULAR = new Map([
  ['genres', 'genre'],
  ['categories', 'category'],
  ['tags', 'tag'],
  ['brands', 'brand'],
  ['authors', 'author'],
  ['directors', 'director'],
  ['actors', 'actor'],
  ['artists', 'artist'],
  ['colours', 'colour'],
  ['colors', 'color'],
  ['languages', 'language'],
  ['countries', 'country'],
])

/**
 * A column of a catalogue as an attribute, if it groups items: text, several values separated by `|` or as a JSON list.
 * @param cells one text an item
 * @param known names that are attributes whatever the cells look like
 * @returns name in the singular and each item's values, or `undefined` for prices, ids, numbers, dates and free text
 */
export function attributeColumn(
  column: string,
  cells: readonly string[],
  known?: ReadonlySet<string>,
): { name: string; values: readonly (readonly string[])[] } | undefined {
  const name = attributeName(column)
  if (name === '' || /^price|price$|^cost|id$/.test(plain(column))) return undefined
  const values = cells.map(splitValues)
  return known?.has(name) || groupsItems(values) ? { name, values } : undefined
}

function splitValues(cell: string): string[] {
  const text = cell.trim()
  const parts = /^\[.*\]$/s.test(text) ? jsonStrings(text) : text.split('|')
  const values = parts.map((part) => part.trim().normalize('NFC').slice(0, MAX_VALUE_LENGTH).toWellFormed())
  return [
    ...new Set(
      values.filter((value) => value !== '' && !/^\(?(?:none|n\/a|null|no genres listed)\)?$/i.test(value)),
    ),
  ]
}

function jsonStrings(text: string): string[] {
  try {
    return (JSON.parse(text) as unknown[]).filter((value) => typeof value === 'string')
  } catch {
    return [text]
  }
}

/** A few values, shared by items, that are words. */
function groupsItems(values: readonly (readonly string[])[]): boolean {
  const distinct = new Set(values.flat())
  const filled = values.filter((own) => own.length > 0).length
  if (distinct.size === 0 || distinct.size > MAX_ATTRIBUTE_VALUES) return false
  // Where nearly every item has a value of its own, it is a description.
  if (filled > 20 && distinct.size > filled / 2) return false
  return ![...distinct].every(
    (value) => !Number.isNaN(parseNumber(value)) || !Number.isNaN(parseIsoMoment(value)),
  )
}

/** `Price (EUR)` is `price_eur`, `genres` is `genre`. */
export function attributeName(column: string): string {
  const name = column
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
  return SINGULAR.get(name) ?? name
}
