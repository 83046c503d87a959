import type { Dataset } from '../dataset.ts'
import { type InteractionMatrix, USER_CAP } from './interactionMatrix.ts'
import type { NeighbourLists } from './neighbourLists.ts'

export interface TransitionOptions {
  /** Targets kept per source. */
  readonly length: number
  /** Moments ahead that count as "what follows". */
  readonly lookahead: number
  /** Weight of a pair is reach^(moments between − 1). */
  readonly reach: number
  /** Damping of the source's popularity, D^-source. */
  readonly source: number
  /** Damping of the target's popularity, D^-target. */
  readonly target: number
  /** Distinct users a pair needs: the privacy floor. */
  readonly minPairUsers: number
}

/**
 * Directed transitions T = D^-source · N · D^-target without its diagonal, pruned to the strongest targets of each source:
 *
 *   N_ij = Σ_u Σ_{d=1…lookahead} reach^(d−1) · #{i at a moment of u, j at the d-th moment after it} / #{items of that later moment}
 *
 * What happens at one moment (a basket) has no order, so it is one step. D counts users. Each user counts with the latest
 * 200 interactions. Never forms items × items; cost grows with interactions × lookahead.
 * @param matrix says which items are above the privacy floor, and how many users each has
 */
export function transitionLists(
  dataset: Dataset,
  matrix: InteractionMatrix,
  options: TransitionOptions,
): NeighbourLists {
  const items = dataset.catalogue.length
  const degree = (i: number) => matrix.itemOffsets[i + 1]! - matrix.itemOffsets[i]!
  const sourceScale = Float64Array.from({ length: items }, (_, i) => degree(i) ** -options.source)
  const targetScale = Float64Array.from({ length: items }, (_, i) => degree(i) ** -options.target)
  const { rowsOf, rowOffsets, userOf, moment, share } = occurrences(dataset)
  const weightAt = Float64Array.from({ length: options.lookahead }, (_, d) => options.reach ** d)

  const offsets = new Int32Array(items + 1)
  const targets: number[] = []
  const weights: number[] = []
  const sums = new Float64Array(items)
  const pairUsers = new Int32Array(items)
  const lastUser = new Int32Array(items).fill(-1)
  for (let i = 0; i < items; i++) {
    const touched: number[] = []
    const from = degree(i) > 0 ? rowOffsets[i]! : rowOffsets[i + 1]!
    for (let p = from; p < rowOffsets[i + 1]!; p++) {
      const row = rowsOf[p]!
      const user = userOf[row]!
      for (let next = row + 1; next < dataset.offsets[user + 1]!; next++) {
        const ahead = moment[next]! - moment[row]!
        if (ahead > options.lookahead) break
        const j = dataset.items[next]!
        if (ahead === 0 || j === i || degree(j) === 0) continue
        if (pairUsers[j] === 0) touched.push(j)
        if (lastUser[j] !== user) pairUsers[j]!++
        lastUser[j] = user
        sums[j]! += weightAt[ahead - 1]! * share[next]!
      }
    }
    const kept = touched.filter((j) => pairUsers[j]! >= options.minPairUsers)
    for (const j of kept) sums[j]! *= sourceScale[i]! * targetScale[j]!
    kept.sort((a, b) => sums[b]! - sums[a]! || a - b)
    for (const j of kept.slice(0, options.length)) {
      targets.push(j)
      weights.push(sums[j]!)
    }
    for (const j of touched) {
      sums[j] = 0
      pairUsers[j] = 0
      lastUser[j] = -1
    }
    offsets[i + 1] = targets.length
  }
  return { offsets, targets: Int32Array.from(targets), weights: Float64Array.from(weights) }
}

/** Rows by item, and for each row its user, the number of its moment, and 1 / how many items the moment has. */
function occurrences({ catalogue, users, offsets, items, times }: Dataset) {
  const userOf = new Int32Array(items.length)
  const moment = new Int32Array(items.length)
  const share = new Float64Array(items.length)
  const rowOffsets = new Int32Array(catalogue.length + 1)
  const oldest = (u: number) => Math.max(offsets[u]!, offsets[u + 1]! - USER_CAP)
  for (let u = 0; u < users.length; u++) {
    for (let row = oldest(u), first = row, m = 0; row < offsets[u + 1]!; row++) {
      if (times[row] !== times[first]) {
        share.fill(1 / (row - first), first, row)
        first = row
        m++
      }
      userOf[row] = u
      moment[row] = m
      rowOffsets[items[row]! + 1]!++
      if (row + 1 === offsets[u + 1]!) share.fill(1 / (row + 1 - first), first, row + 1)
    }
  }
  for (let i = 0; i < catalogue.length; i++) rowOffsets[i + 1]! += rowOffsets[i]!
  const cursor = rowOffsets.slice(0, catalogue.length)
  const rowsOf = new Int32Array(rowOffsets[catalogue.length]!)
  for (let u = 0; u < users.length; u++) {
    for (let row = oldest(u); row < offsets[u + 1]!; row++) rowsOf[cursor[items[row]!]!++] = row
  }
  return { rowsOf, rowOffsets, userOf, moment, share }
}
