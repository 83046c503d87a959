import type { Bundle } from '../../bundle/openBundle.ts'

/**
 * How alike two items are, 0–1: the cosine of their table rows or of their attributes, whichever is greater, for a visitor is
 * bored by either. Integer dots, so that every engine says the same.
 */
export function similarity({ table, content }: Bundle): (a: number, b: number) => number {
  const dims = table?.dims ?? 0
  const rowDot = (a: number, b: number) => {
    let sum = 0
    for (let d = 0; d < dims; d++) sum += table!.rows[a * dims + d]! * table!.rows[b * dims + d]!
    return sum
  }
  const termDot = (a: number, b: number) => {
    const { offsets, columns, weights } = content!
    let sum = 0
    for (let e = offsets[a]!; e < offsets[a + 1]!; e++)
      for (let f = offsets[b]!; f < offsets[b + 1]!; f++)
        if (columns[e] === columns[f]) sum += weights[e]! * weights[f]!
    return sum
  }
  const rows = cosine(rowDot)
  const terms = cosine(termDot)
  return (a, b) =>
    Math.max(table && a < table.count && b < table.count ? rows(a, b) : 0, content ? terms(a, b) : 0)
}

function cosine(dot: (a: number, b: number) => number): (a: number, b: number) => number {
  const squares = new Map<number, number>()
  const square = (item: number) => {
    const known = squares.get(item) ?? dot(item, item)
    squares.set(item, known)
    return known
  }
  return (a, b) => {
    const norms = Math.sqrt(square(a)) * Math.sqrt(square(b))
    return norms > 0 ? Math.max(0, Math.min(1, dot(a, b) / norms)) : 0
  }
}
