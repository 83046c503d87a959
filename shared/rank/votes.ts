import type { SparseRows } from '../bundle/openBundle.ts'
import { castVotes } from './collaborative.ts'
import { rawScore, type SpannedGenerator, sharesOf } from './generator.ts'
import { WEIGHT_ONE, withDecay } from './historyView.ts'
import { TopK } from './topK.ts'

/**
 * A generator in which every item of the history votes through a list of its own: score_i = Σ_h w_h · L_hi, w the history
 * under a decay of the generator's own. Sums of integers.
 */
export function voting<G extends 'neighbours' | 'transitions'>(
  name: G,
  lists: SparseRows & { readonly step: number },
  items: number,
  decay: number,
): SpannedGenerator<G> {
  const votes = new Float64Array(items)
  const touched = new Int32Array(items)
  const unit = lists.step / WEIGHT_ONE

  return {
    name,
    score(view) {
      const count = castVotes(lists, withDecay(view, decay), votes, touched)
      const voted = new Map<number, number>()
      for (let t = 0; t < count; t++) {
        voted.set(touched[t]!, votes[touched[t]!]!)
        votes[touched[t]!] = 0
      }
      return {
        of: (item) => rawScore(name, (voted.get(item) ?? 0) * unit),
        top(k, excluded) {
          const best = new TopK(k)
          for (const [item, vote] of voted) if (!excluded(item)) best.offer(item, vote * unit)
          const drained = best.drain()
          return {
            items: drained.items,
            scores: Array.from(drained.scores, (score) => rawScore(name, score)),
          }
        },
      }
    },
    shares(view, numbers) {
      const count = castVotes(lists, view, votes, touched)
      const scores = Float64Array.from(numbers, (item) => votes[item]!)
      for (let t = 0; t < count; t++) votes[touched[t]!] = 0
      return sharesOf(scores)
    },
    contribution(view, h, item) {
      const { numbers, weights } = withDecay(view, decay)
      for (let e = lists.offsets[numbers[h]!]!; e < lists.offsets[numbers[h]! + 1]!; e++) {
        if (lists.columns[e] === item) return lists.weights[e]! * weights[h]! * unit
      }
      return 0
    },
  }
}
