import type { Bundle } from '../bundle/openBundle.ts'

/**
 * Item numbers that carry every one of the given attribute values, e.g. `{ genre: 'Drama' }`. An attribute or a value that
 * the catalogue does not have matches nothing.
 */
export function attributeFilter(
  bundle: Bundle,
  filter: Readonly<Record<string, string>>,
): ReadonlySet<number> {
  const wanted = Object.entries(filter).map(([name, value]) => termOf(bundle, name, value))
  const matching = new Set<number>()
  const rows = bundle.content
  if (!rows) return matching
  for (let i = 0; i < bundle.items; i++) {
    const terms = rows.columns.subarray(rows.offsets[i]!, rows.offsets[i + 1]!)
    if (wanted.every((term) => term >= 0 && terms.includes(term))) matching.add(i)
  }
  return matching
}

function termOf({ content }: Bundle, name: string, value: string): number {
  if (!content) return -1
  const { names, values, nameOf } = content.vocabulary
  const wanted = names.indexOf(name)
  return values.findIndex((v, term) => v === value && nameOf[term] === wanted)
}
