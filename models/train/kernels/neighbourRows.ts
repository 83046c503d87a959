import type { InteractionMatrix } from '../interactionMatrix.ts'
import { strongest } from './strongest.ts'

export interface NeighbourRowsInput {
  readonly matrix: InteractionMatrix
  /** Items whose lists are wanted: the rows of the job. */
  readonly sources: Int32Array
  readonly userScale: Float64Array
  readonly sourceScale: Float64Array
  readonly targetScale: Float64Array
  readonly minPairUsers: number
  /** Added to what a sum is divided by, 1 / (source scale × target scale): few pairs then prove little. */
  readonly shrinkage?: number
  /** Q, as lists by item: what the second hop walks. Absent without sharpening. */
  readonly hop?: { offsets: Int32Array; targets: Int32Array; weights: Float64Array }
  /** One list for each of these weights of the second hop. */
  readonly sharpenings: readonly number[]
  /** Targets at the most. */
  readonly length: number
  /** Out, sharpenings × sources: entries of each list; list r starts at r × length. */
  readonly counts: Int32Array
  readonly targets: Int32Array
  readonly weights: Float64Array
}

/**
 * Rows of S − b · S·Q, S the normalised co-occurrence without its diagonal, each pruned to its strongest positive targets.
 * One dense accumulator a row; nothing items × items.
 */
export function neighbourRows(input: NeighbourRowsInput, from: number, to: number): void {
  const { sources, sharpenings, length, hop } = input
  const { items } = input.matrix
  const sums = new Float64Array(items)
  const second = new Float64Array(hop ? items : 0)
  const values = new Float64Array(items)
  const scratch = new Float64Array(items)
  const pairUsers = new Int32Array(items)
  const touched = new Int32Array(items)
  const order = new Int32Array(items)
  for (let s = from; s < to; s++) {
    const count = coOccurrence(input, sources[s]!, sums, pairUsers, touched)
    if (hop) walk(hop, sums, touched, count, second)
    for (const [b, sharpening] of sharpenings.entries()) {
      for (let t = 0; t < count; t++) {
        const j = touched[t]!
        order[t] = j
        values[j] = sums[j]! > 0 && hop ? sums[j]! - sharpening * second[j]! : sums[j]!
      }
      const kept = strongest(order, count, values, length, scratch)
      const row = b * sources.length + s
      input.counts[row] = kept
      for (let e = 0; e < kept; e++) {
        input.targets[row * length + e] = order[e]!
        input.weights[row * length + e] = values[order[e]!]!
      }
    }
    second.fill(0)
    for (let t = 0; t < count; t++) sums[touched[t]!] = 0
  }
}

/** Fills `sums` with row i of S; pairs below the floor and the diagonal are 0. Returns how many items were touched. */
function coOccurrence(
  { matrix, userScale, sourceScale, targetScale, minPairUsers, shrinkage = 0 }: NeighbourRowsInput,
  i: number,
  sums: Float64Array,
  pairUsers: Int32Array,
  touched: Int32Array,
): number {
  const { itemOffsets, itemUsers, userOffsets, userItems } = matrix
  const counted = minPairUsers > 1
  let count = 0
  for (let p = itemOffsets[i]!; p < itemOffsets[i + 1]!; p++) {
    const u = itemUsers[p]!
    const scale = userScale[u]!
    for (let r = userOffsets[u]!, end = userOffsets[u + 1]!; r < end; r++) {
      const j = userItems[r]!
      if (sums[j] === 0) touched[count++] = j
      sums[j]! += scale
      if (counted) pairUsers[j]!++
    }
  }
  for (let t = 0; t < count; t++) {
    const j = touched[t]!
    if (j === i || (counted && pairUsers[j]! < minPairUsers)) sums[j] = 0
    else if (shrinkage > 0) sums[j]! /= 1 / (sourceScale[i]! * targetScale[j]!) + shrinkage
    else sums[j]! *= sourceScale[i]! * targetScale[j]!
    pairUsers[j] = 0
  }
  return count
}

type Lists = NonNullable<NeighbourRowsInput['hop']>

/** second = sums · Q */
function walk(
  { offsets, targets, weights }: Lists,
  sums: Float64Array,
  touched: Int32Array,
  count: number,
  second: Float64Array,
): void {
  for (let t = 0; t < count; t++) {
    const k = touched[t]!
    const x = sums[k]!
    if (x === 0) continue
    for (let e = offsets[k]!, end = offsets[k + 1]!; e < end; e++) second[targets[e]!]! += x * weights[e]!
  }
}
