import { interactionMatrix } from './interactionMatrix.ts'
import type { Trainer } from './trainer.ts'
import { transitionLists } from './transitionLists.ts'

/**
 * Directed transitions: what followed what, up to many steps ahead, damped on both sides. A Markov chain by counting, with
 * skips: one step alone is too sparse, and no direction at all is plain co-occurrence. On short sequences such counts beat
 * transformers.
 */
export const transitions: Trainer = {
  name: 'transitions',
  rung: 'transitions',
  formula:
    'score_i = Σ_h w_h · T_hi,  T_hi = out_h^−s · Σ_d r^(d−1) (#{i d after h} + b · #{h d after i}) · in_i^−t',
  source:
    'factored Markov chains (Rendle et al., WWW 2010) by counting, with skips (Fossil, He & McAuley, ICDM 2016)',
  missing: (dataset) =>
    dataset.order === 'none'
      ? `${dataset.name} has no order: what follows what cannot be counted.`
      : dataset.items.length >= 100
        ? null
        : `${dataset.name} has ${dataset.items.length} interactions to train on: too few for transitions.`,
  train(dataset, settings) {
    const { itemUsers, pairUsers } = settings.floors
    const matrix = interactionMatrix(dataset, itemUsers)
    const lists = transitionLists(dataset, matrix, { ...settings.transitions, minPairUsers: pairUsers })
    return { trainer: 'transitions', transitions: lists }
  },
}
