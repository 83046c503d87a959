/** Groups of at most this many items keep the order of their numbers. */
const LEAF = 16
const POWER_ITERATIONS = 8

/**
 * A one-dimensional order in which similar items are near each other: recursive bisection at the median of the first
 * principal component of the rows' directions; of two halves, the one that is nearer to what was placed last comes first.
 * Lists of similar items then code in small gaps (as in Dhulipala et al., "Compressing graphs and indexes with recursive
 * graph bisection", KDD 2016, with vectors in place of the graph). Only + × ÷ √: the same on every machine.
 * @param vectors items × dims, row-major
 * @param used the first dims that count
 * @returns item → its place, 0 … items − 1
 */
export function similarOrder(vectors: Float64Array, dims: number, used = dims): Int32Array {
  const items = dims > 0 ? vectors.length / dims : 0
  const d = Math.min(used, dims)
  const rows = directions(vectors, items, dims, d)
  const place = new Int32Array(items)
  const projection = new Float64Array(items)
  const last = new Float64Array(d)
  let next = 0
  const stack = items > 0 ? [Int32Array.from({ length: items }, (_, i) => i)] : []
  while (stack.length > 0) {
    const group = stack.pop()!
    if (group.length <= LEAF) {
      last.set(mean(rows, d, group))
      for (const item of group) place[item] = next++
      continue
    }
    project(rows, d, group, projection)
    group.sort((a, b) => projection[a]! - projection[b]! || a - b)
    const halves = [group.slice(0, group.length >> 1), group.slice(group.length >> 1)]
    if (dot(mean(rows, d, halves[1]!), last) > dot(mean(rows, d, halves[0]!), last)) halves.reverse()
    stack.push(halves[1]!, halves[0]!)
  }
  return place
}

function directions(vectors: Float64Array, items: number, dims: number, d: number): Float64Array {
  const rows = new Float64Array(items * d)
  for (let i = 0; i < items; i++) {
    const row = vectors.subarray(i * dims, i * dims + d)
    const norm = Math.sqrt(dot(row, row))
    if (norm > 0) for (let k = 0; k < d; k++) rows[i * d + k] = row[k]! / norm
  }
  return rows
}

/** projection[i] = ⟨row_i − mean, first principal component⟩ for the items of a group, by power iteration. */
function project(rows: Float64Array, d: number, group: Int32Array, projection: Float64Array): void {
  const center = mean(rows, d, group)
  let axis = rows.slice(group[0]! * d, group[0]! * d + d).map((x, k) => x - center[k]! + 1e-6 * (k + 1))
  for (let round = 0; ; round++) {
    const norm = Math.sqrt(dot(axis, axis))
    if (norm > 0) axis = axis.map((x) => x / norm)
    const shift = dot(center, axis)
    const following = new Float64Array(d)
    for (const i of group) {
      let x = -shift
      for (let k = 0, p = i * d; k < d; k++, p++) x += rows[p]! * axis[k]!
      projection[i] = x
      for (let k = 0, p = i * d; k < d; k++, p++) following[k]! += x * (rows[p]! - center[k]!)
    }
    if (round === POWER_ITERATIONS) return
    axis = following
  }
}

function mean(rows: Float64Array, d: number, group: Int32Array): Float64Array {
  const sum = new Float64Array(d)
  for (const i of group) for (let k = 0, p = i * d; k < d; k++, p++) sum[k]! += rows[p]!
  return sum.map((x) => x / group.length)
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!
  return sum
}
