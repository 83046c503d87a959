import type { Dataset } from '../dataset.ts'
import { type InteractionMatrix, USER_CAP } from './interactionMatrix.ts'
import { strongest } from './kernels/strongest.ts'
import type { NeighbourLists } from './neighbourLists.ts'

export interface TransitionOptions {
  /** Targets kept per source. */
  readonly length: number
  /** Moments ahead that count as "what follows". */
  readonly lookahead: number
  /** Weight of a pair is reach^(moments between − 1). */
  readonly reach: number
  /** What the same pair counts the other way round, 0 … 1; 1 with a reach of 1 is plain co-occurrence. */
  readonly backward: number
  /** Damping of the source by the weight of all that follows it, out^-source. */
  readonly source: number
  /** Damping of the target by the weight of all that it follows, in^-target. */
  readonly target: number
  /** Distinct users a pair needs: the privacy floor. */
  readonly minPairUsers: number
}

/** Lists, and the weight of all that follows each item: what the source's damping is a power of. */
export interface TransitionLists extends NeighbourLists {
  readonly out: Float64Array
}

/**
 * Directed transitions T = out^-source · N · in^-target without its diagonal, pruned to the strongest targets of each source:
 *
 *   N_ij = Σ_u Σ_{d=1…lookahead} reach^(d−1) · (#{j d moments after i} + backward · #{i d moments after j})
 *
 * with out and in its row and column sums. What happens at one moment (a basket) has no order: it is one step, and its items
 * share the weight of one. Each user counts with the latest 200 interactions. Never forms items × items; cost grows with
 * interactions × lookahead.
 * @param matrix says which items are above the privacy floor
 */
export function transitionLists(
  dataset: Dataset,
  matrix: InteractionMatrix,
  options: TransitionOptions,
): TransitionLists {
  const { items } = matrix
  const events = occurrences(dataset, matrix)
  const { out, into } = masses(dataset, events, items, options)
  const sourceScale = out.map((mass) => (mass > 0 ? mass ** -options.source : 0))
  const targetScale = into.map((mass) => (mass > 0 ? mass ** -options.target : 0))
  const offsets = new Int32Array(items + 1)
  const targets: number[] = []
  const weights: number[] = []
  const sums = new Float64Array(items)
  const pairUsers = new Int32Array(items)
  const lastUser = new Int32Array(items).fill(-1)
  const { rowsOf, rowOffsets, userOf } = events
  const touched = new Int32Array(items)
  const scratch = new Float64Array(items)
  for (let i = 0; i < items; i++) {
    let count = 0
    for (let p = rowOffsets[i]!; p < rowOffsets[i + 1]!; p++) {
      const user = userOf[rowsOf[p]!]!
      visit(dataset, events, rowsOf[p]!, options, (j, ahead, behind) => {
        if (pairUsers[j] === 0) touched[count++] = j
        if (lastUser[j] !== user) pairUsers[j]!++
        lastUser[j] = user
        sums[j]! += ahead + behind
      })
    }
    for (let t = 0; t < count; t++) {
      const j = touched[t]!
      sums[j]! *= pairUsers[j]! >= options.minPairUsers ? sourceScale[i]! * targetScale[j]! : 0
      pairUsers[j] = 0
      lastUser[j] = -1
    }
    const kept = strongest(touched, count, sums, options.length, scratch)
    for (let t = 0; t < kept; t++) {
      targets.push(touched[t]!)
      weights.push(sums[touched[t]!]!)
    }
    for (let t = 0; t < count; t++) sums[touched[t]!] = 0
    offsets[i + 1] = targets.length
  }
  return { offsets, targets: Int32Array.from(targets), weights: Float64Array.from(weights), out }
}

type Occurrences = ReturnType<typeof occurrences>
type Kernel = Pick<TransitionOptions, 'lookahead' | 'reach' | 'backward'>

/** Calls back with every other item near a row: its weight as a follower, and as one that is followed. */
function visit(
  { items }: Dataset,
  { moment, share, first, end, userOf, used }: Occurrences,
  row: number,
  { lookahead, reach, backward }: Kernel,
  found: (item: number, ahead: number, behind: number) => void,
): void {
  const user = userOf[row]!
  for (let next = row + 1, at = moment[row]!, weight = 1 / reach; next < end[user]!; next++) {
    for (; at < moment[next]!; at++) weight *= reach
    if (at - moment[row]! > lookahead) break
    if (at > moment[row]! && items[next] !== items[row] && used[items[next]!])
      found(items[next]!, weight * share[next]!, 0)
  }
  if (backward === 0) return
  for (let before = row - 1, at = moment[row]!, weight = 1 / reach; before >= first[user]!; before--) {
    for (; at > moment[before]!; at--) weight *= reach
    if (moment[row]! - at > lookahead) break
    if (at < moment[row]! && items[before] !== items[row] && used[items[before]!])
      found(items[before]!, 0, backward * weight * share[before]!)
  }
}

/** Row and column sums of N. */
function masses(dataset: Dataset, events: Occurrences, items: number, kernel: Kernel) {
  const out = new Float64Array(items)
  const into = new Float64Array(items)
  for (let i = 0; i < items; i++) {
    for (let p = events.rowOffsets[i]!; p < events.rowOffsets[i + 1]!; p++) {
      visit(dataset, events, events.rowsOf[p]!, kernel, (j, ahead, behind) => {
        out[i]! += ahead + behind
        into[j]! += ahead + behind
      })
    }
  }
  return { out, into }
}

/** Rows by item (none for items below the floor); for each row its user, its moment, and 1 / how many items the moment has. */
function occurrences({ users, offsets, items, times }: Dataset, matrix: InteractionMatrix) {
  const used = Uint8Array.from({ length: matrix.items }, (_, i) =>
    matrix.itemOffsets[i + 1]! > matrix.itemOffsets[i]! ? 1 : 0,
  )
  const userOf = new Int32Array(items.length)
  const moment = new Int32Array(items.length)
  const share = new Float64Array(items.length)
  const rowOffsets = new Int32Array(matrix.items + 1)
  const end = offsets.subarray(1)
  const first = Int32Array.from(users, (_, u) => Math.max(offsets[u]!, offsets[u + 1]! - USER_CAP))
  for (let u = 0; u < users.length; u++) {
    for (let from = first[u]!, m = 0; from < end[u]!; m++) {
      let to = from + 1
      while (to < end[u]! && times[to] === times[from]) to++
      userOf.fill(u, from, to)
      moment.fill(m, from, to)
      share.fill(1 / (to - from), from, to)
      for (let row = from; row < to; row++) rowOffsets[items[row]! + 1]! += used[items[row]!]!
      from = to
    }
  }
  for (let i = 0; i < matrix.items; i++) rowOffsets[i + 1]! += rowOffsets[i]!
  const cursor = rowOffsets.slice(0, matrix.items)
  const rowsOf = new Int32Array(rowOffsets[matrix.items]!)
  for (let u = 0; u < users.length; u++) {
    for (let row = first[u]!; row < end[u]!; row++)
      if (used[items[row]!]) rowsOf[cursor[items[row]!]!++] = row
  }
  return { rowsOf, rowOffsets, userOf, moment, share, first, end, used }
}
