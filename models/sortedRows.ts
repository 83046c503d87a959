import type { InteractionColumns } from './interactionColumns.ts'

/**
 * Rows grouped by user, oldest first (ties by item), repeats left out, with the users' offsets.
 * @param onRepeat told every row that is left out
 * @param userOf user code → dense index @param itemOf item code → dense index
 */
export function sortedRows(
  columns: InteractionColumns,
  users: number,
  userOf: Int32Array,
  itemOf: Int32Array,
  onRepeat?: (row: number) => void,
) {
  const { user, item, at, value, positive } = columns
  const ends = new Int32Array(users + 1)
  for (let row = 0; row < user.length; row++) ends[userOf[user[row]!]! + 1]!++
  for (let u = 0; u < users; u++) ends[u + 1]! += ends[u]!
  const rows = new Int32Array(user.length)
  const next = ends.slice()
  for (let row = 0; row < user.length; row++) rows[next[userOf[user[row]!]!]!++] = row

  const byMoment = (a: number, b: number) => at[a]! - at[b]! || itemOf[item[a]!]! - itemOf[item[b]!]!
  // Among repeats the greatest value comes first and stays; a missing value comes last.
  const byValue = (a: number, b: number) => rank(value[b]!) - rank(value[a]!) || positive[b]! - positive[a]!
  const offsets = new Int32Array(ends.length)
  let end = 0
  for (let u = 0; u + 1 < ends.length; u++) {
    sortPart(rows, ends[u]!, ends[u + 1]!, (a, b) => byMoment(a, b) || byValue(a, b))
    const first = end
    for (let p = ends[u]!; p < ends[u + 1]!; p++) {
      const row = rows[p]!
      if (end === first || byMoment(rows[end - 1]!, row) !== 0) rows[end++] = row
      else onRepeat?.(row)
    }
    offsets[u + 1] = end
  }
  return { rows: rows.subarray(0, end), offsets }
}

/** A user's rows are mostly few, and mostly in order already: then the general sort costs more than it sorts. Stable. */
const SHORT = 48

function sortPart(rows: Int32Array, from: number, to: number, order: (a: number, b: number) => number): void {
  if (to - from > SHORT) {
    let p = from + 1
    while (p < to && order(rows[p - 1]!, rows[p]!) <= 0) p++
    if (p < to) rows.subarray(from, to).sort(order)
    return
  }
  for (let p = from + 1; p < to; p++) {
    const row = rows[p]!
    let q = p
    while (q > from && order(rows[q - 1]!, row) > 0) {
      rows[q] = rows[q - 1]!
      q--
    }
    rows[q] = row
  }
}

/** Finite stand-in, because a difference of infinities is no order. */
function rank(value: number): number {
  return Number.isNaN(value) ? -Number.MAX_VALUE : value
}
