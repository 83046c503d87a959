import { interactionMatrix } from './interactionMatrix.ts'
import { listRows } from './neighbourLists.ts'
import { withThreads } from './threads.ts'
import type { Trainer } from './trainer.ts'

/**
 * The classic: items are similar whose users overlap, sim_ij = n_ij / (√(n_i n_j) + shrinkage). The shrinkage keeps two
 * items that share their only two users from being the most similar of all.
 */
export const itemKnn: Trainer = {
  name: 'item-knn',
  rung: 'collaborative',
  formula:
    'score_j = Σ_h w_h sim_hj over the k most similar j of each h, sim_hj = n_hj / (√(n_h n_j) + shrinkage)',
  source:
    'item-based collaborative filtering (Sarwar et al., WWW 2001), cosine with shrinkage as in Ferrari Dacrema et al., RecSys 2019',
  missing: (dataset) =>
    dataset.items.length > 0 ? null : `${dataset.name} has no interactions: nothing is similar by its users.`,
  train(dataset, settings) {
    const { itemUsers, pairUsers } = settings.floors
    const matrix = interactionMatrix(dataset, itemUsers)
    const [neighbours] = withThreads((threads) =>
      listRows(
        matrix,
        {
          ...settings.itemKnn,
          sources: Int32Array.from({ length: matrix.items }, (_, i) => i),
          sharpenings: [0],
          source: 0.5,
          target: 0.5,
          user: 0,
          minPairUsers: pairUsers,
        },
        threads,
      ),
    )
    return { trainer: 'item-knn', neighbours: neighbours! }
  },
}
