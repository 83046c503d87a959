import { ndcg } from '../evaluate/metrics.ts'
import type { Settings } from '../settings.ts'
import type { InteractionMatrix } from '../train/interactionMatrix.ts'
import { strongest } from '../train/kernels/strongest.ts'
import { allot, listRows, type NeighbourLists, secondHop } from '../train/neighbourLists.ts'
import type { Threads } from '../train/threads.ts'

/** A question of validation in dataset indexes. */
export interface ListQuestion {
  readonly history: Int32Array
  readonly relevant: ReadonlySet<number>
}

type Damping = Settings['neighbours']

/** What is tried. Both of the last cost no pass of their own: they are read off the lists of one pair of the first two. */
const TARGETS = [0.2, 0.3, 0.4, 0.5]
const USERS = [0.2, 0.4, 0.6, 0.8]
const SHARPENINGS = [0, 0.2, 0.4, 0.6, 0.8, 1]
const SOURCES = [0.4, 0.5, 0.6, 0.7, 0.8]
/** Longest list of a pass, as a multiple of the mean. */
const LONGEST = 3
const CUTOFF = 20

/**
 * Damping and sharpening of the lists by NDCG@20 on validation questions. Climbs along the target's damping, then along
 * the user's, one step at a time for as long as it gets better. Only lists that the questions use are computed.
 */
export function chooseDamping(
  matrix: InteractionMatrix,
  questions: readonly ListQuestion[],
  start: Damping,
  minPairUsers: number,
  threads: Threads,
): { damping: Damping; ndcg: number } {
  const sources = Int32Array.from(new Set(questions.flatMap(({ history }) => [...history]))).sort()
  const hop = secondHop(matrix, minPairUsers, threads)
  const tried = new Map<string, { damping: Damping; ndcg: number }>()
  const best = (target: number, user: number) => {
    const key = `${target} ${user}`
    const known = tried.get(key)
    if (known) return known
    const lists = listRows(
      matrix,
      {
        sources,
        hop,
        sharpenings: SHARPENINGS,
        length: LONGEST * start.length,
        source: 0,
        target,
        user,
        minPairUsers,
      },
      threads,
    )
    let found = { damping: start, ndcg: -1 }
    for (const [b, rows] of lists.entries()) {
      const kept = allot(rows, matrix, { length: start.length, source: 0 })
      for (const source of SOURCES) {
        const ndcg = meanNdcg(kept, matrix, source, questions)
        const damping = { ...start, target, user, source, sharpening: SHARPENINGS[b]! }
        if (ndcg > found.ndcg) found = { damping, ndcg }
      }
    }
    tried.set(key, found)
    return found
  }
  const target = climb(TARGETS, start.target, (t) => best(t, start.user).ndcg)
  const user = climb(USERS, start.user, (u) => best(target, u).ndcg)
  return best(target, user)
}

/** Walks from the value nearest to `start` to better neighbours, first up, then down. */
function climb(values: readonly number[], start: number, worth: (value: number) => number): number {
  let at = 0
  for (let v = 1; v < values.length; v++)
    if (Math.abs(values[v]! - start) < Math.abs(values[at]! - start)) at = v
  for (const step of [1, -1]) {
    while (values[at + step] !== undefined && worth(values[at + step]!) > worth(values[at]!)) at += step
  }
  return values[at]!
}

/** Mean NDCG@20 of votes by the lists, the source's damping applied here. History masked. */
export function meanNdcg(
  lists: NeighbourLists,
  matrix: InteractionMatrix,
  source: number,
  questions: readonly ListQuestion[],
): number {
  const { items } = matrix
  const sums = new Float64Array(items)
  const touched = new Int32Array(items)
  const scratch = new Float64Array(items)
  let total = 0
  for (const { history, relevant } of questions) {
    let count = 0
    for (const h of history) {
      const scale = Math.max(1, matrix.itemOffsets[h + 1]! - matrix.itemOffsets[h]!) ** -source
      for (let e = lists.offsets[h]!; e < lists.offsets[h + 1]!; e++) {
        const j = lists.targets[e]!
        if (sums[j] === 0) touched[count++] = j
        sums[j]! += scale * lists.weights[e]!
      }
    }
    for (const h of history) sums[h] = 0
    const top = touched.slice(0, count)
    const length = strongest(top, count, sums, CUTOFF, scratch)
    const ranked = top.subarray(0, length).sort((a, b) => sums[b]! - sums[a]! || a - b)
    total += ndcg(ranked, relevant, CUTOFF)
    for (let t = 0; t < count; t++) sums[touched[t]!] = 0
  }
  return total / questions.length
}
