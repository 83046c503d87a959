import type { Dataset } from '../dataset.ts'
import type { Settings } from '../settings.ts'
import { interactionMatrix } from '../train/interactionMatrix.ts'
import { type TransitionLists, transitionLists } from '../train/transitionLists.ts'
import { climb } from './chooseDamping.ts'

/** A question of validation in dataset indexes: distinct items, latest first, and the one that came next. */
export interface NextItem {
  readonly history: Int32Array
  readonly next: number
}

type Transitions = Settings['transitions']
type Kernel = Pick<Transitions, 'lookahead' | 'reach' | 'backward'>

/** What is tried: how far and in which direction pairs count, from one step to nearly plain co-occurrence. */
const KERNELS: readonly Kernel[] = [
  { lookahead: 20, reach: 0.9, backward: 0.2 },
  { lookahead: 20, reach: 0.9, backward: 0.5 },
  { lookahead: 40, reach: 0.95, backward: 0.4 },
  { lookahead: 3, reach: 0.5, backward: 0 },
]
const TARGETS = [0, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8]
/** Both cost no pass of their own: they are applied to the lists of one kernel and target. */
const SOURCES = [0.1, 0.3, 0.5, 0.7]
const DECAYS = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
const CUTOFF = 10
/** Votes of less weight than this change no choice, and long histories have many of them. */
const NEGLIGIBLE = 1e-3

/**
 * Kernel, damping and decay of the transitions by NDCG@10 on validation questions.
 * @param kernels what is tried besides damping and decay
 */
export function chooseTransitions(
  training: Dataset,
  questions: readonly NextItem[],
  given: Settings,
  kernels: readonly Kernel[] = KERNELS,
): { transitions: Transitions; ndcg: number } {
  const { itemUsers, pairUsers: minPairUsers } = given.floors
  const matrix = interactionMatrix(training, itemUsers)
  const tried = new Map<string, { transitions: Transitions; ndcg: number }>()
  const best = (kernel: Kernel, target: number) => {
    const key = `${kernels.indexOf(kernel)} ${target}`
    const known = tried.get(key)
    if (known) return known
    const options = { ...given.transitions, ...kernel, target, source: 0, minPairUsers }
    const lists = transitionLists(training, matrix, options)
    let found = { transitions: given.transitions, ndcg: -1 }
    for (const source of SOURCES) {
      const scale = lists.out.map((mass) => (mass > 0 ? mass ** -source : 0))
      for (const decay of DECAYS) {
        const ndcg = nextItemNdcg(lists, scale, decay, questions)
        if (ndcg > found.ndcg) {
          const { length } = given.transitions
          const { lookahead, reach, backward } = kernel
          found = { transitions: { length, lookahead, reach, backward, source, target, decay }, ndcg }
        }
      }
    }
    tried.set(key, found)
    return found
  }
  const start = given.transitions.target
  const kernel = kernels.reduce((a, b) => (best(b, start).ndcg > best(a, start).ndcg ? b : a))
  return best(
    kernel,
    climb(TARGETS, start, (target) => best(kernel, target).ndcg),
  )
}

/** Mean NDCG@10 of the next item among votes by the lists, history masked, ties to the lower index. */
export function nextItemNdcg(
  lists: TransitionLists,
  sourceScale: Float64Array,
  decay: number,
  questions: readonly NextItem[],
): number {
  const sums = new Float64Array(lists.offsets.length - 1)
  const touched: number[] = []
  let total = 0
  for (const { history, next } of questions) {
    let weight = 1
    for (const h of history) {
      if (weight < NEGLIGIBLE) break
      for (let e = lists.offsets[h]!; e < lists.offsets[h + 1]!; e++) {
        const j = lists.targets[e]!
        if (sums[j] === 0) touched.push(j)
        sums[j]! += weight * sourceScale[h]! * lists.weights[e]!
      }
      weight *= decay
    }
    for (const h of history) sums[h] = 0
    if (sums[next]! > 0) {
      let above = 0
      for (const j of touched) if (sums[j]! > sums[next]! || (sums[j] === sums[next] && j < next)) above++
      if (above < CUTOFF) total += 1 / Math.log2(above + 2)
    }
    for (const j of touched) sums[j] = 0
    touched.length = 0
  }
  return total / questions.length
}
