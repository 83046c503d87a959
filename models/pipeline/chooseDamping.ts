import { ndcg } from '../evaluate/metrics.ts'
import type { Settings } from '../settings.ts'
import type { InteractionMatrix } from '../train/interactionMatrix.ts'
import { strongest } from '../train/kernels/strongest.ts'
import { allot, listRows, type NeighbourLists, secondHop } from '../train/neighbourLists.ts'
import type { Threads } from '../train/threads.ts'

/** A question of validation in dataset indexes. */
export interface ListQuestion {
  readonly history: Int32Array
  /** Parallel to `history`; absent where all count alike. */
  readonly weights?: Float64Array
  readonly relevant: ReadonlySet<number>
}

type Damping = Settings['neighbours']
type Found = Readonly<{ damping: Damping; ndcg: number }>

/** What is tried. The last two cost no pass of their own: they are read off the lists of one pair of the first two. */
const TARGETS = [0.1, 0.2, 0.3, 0.4, 0.5]
const USERS = [0.2, 0.4, 0.6, 0.8]
const SHARPENINGS = [0, 0.3, 0.6, 0.9]
const SOURCES = [0.5, 0.6, 0.7, 0.8]
/** Longest list of a pass, as a multiple of the mean. */
const LONGEST = 3
const CUTOFF = 20

/**
 * Damping and sharpening of the lists by NDCG@20 on validation questions: climbs along the target's damping, then along the
 * user's, for as long as it gets better. Only lists that the questions use are computed.
 */
export function chooseDamping(
  matrix: InteractionMatrix,
  questions: readonly ListQuestion[],
  start: Damping,
  minPairUsers: number,
  threads: Threads,
  progress: (step: string) => void = () => {},
): Found {
  const { length } = start
  const sources = Int32Array.from(new Set(questions.flatMap(({ history }) => [...history]))).sort()
  const hop = secondHop(matrix, minPairUsers, threads)
  const fixed = { sources, hop, sharpenings: SHARPENINGS, source: 0, minPairUsers, length: LONGEST * length }
  const known = new Map<string, Found>()
  const at = (target: number, user: number): Found => {
    const key = `${target} ${user}`
    const before = known.get(key)
    if (before) return before
    const rows = listRows(matrix, { ...fixed, target, user }, threads)
    const lists = rows.map((all) => allot(all, matrix, { length, source: 0 }))
    const found = bestOf(lists, matrix, questions, { ...start, target, user })
    known.set(key, found)
    progress(`damping of targets ${target}, of users ${user}: validation NDCG@20 ${found.ndcg.toFixed(4)}`)
    return found
  }
  const target = climb(TARGETS, start.target, (t) => at(t, start.user).ndcg)
  const user = climb(USERS, start.user, (u) => at(target, u).ndcg)
  return at(target, user)
}

/** The best sharpening and damping of sources; `lists` are those of each sharpening. */
function bestOf(
  lists: readonly NeighbourLists[],
  matrix: InteractionMatrix,
  questions: readonly ListQuestion[],
  damping: Damping,
): Found {
  let best: Found = { damping, ndcg: -1 }
  for (const [b, rows] of lists.entries()) {
    for (const source of SOURCES) {
      const value = meanNdcg(rows, matrix, source, questions)
      if (value > best.ndcg)
        best = { damping: { ...damping, source, sharpening: SHARPENINGS[b]! }, ndcg: value }
    }
  }
  return best
}

/** Walks from the value nearest to `start` to better neighbours, first down, then up. */
export function climb(values: readonly number[], start: number, worth: (value: number) => number): number {
  let at = 0
  for (let v = 1; v < values.length; v++)
    if (Math.abs(values[v]! - start) < Math.abs(values[at]! - start)) at = v
  for (const step of [-1, 1]) {
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
  const sourceScale = Float64Array.from(
    { length: items },
    (_, i) => Math.max(1, matrix.itemOffsets[i + 1]! - matrix.itemOffsets[i]!) ** -source,
  )
  const sums = new Float64Array(items)
  const touched = new Int32Array(items)
  const scratch = new Float64Array(items)
  let total = 0
  for (const { history, weights, relevant } of questions) {
    let count = 0
    for (const [at, h] of history.entries()) {
      const scale = sourceScale[h]! * (weights?.[at] ?? 1)
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
