import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import type { TrainingSlates } from './trainingSlates.ts'

/** Mean of log Σ_c exp(s_c) − s_chosen over slates: the network's loss without weights and weight decay. */
export function listwiseLoss(
  network: NetworkWeights,
  { slates, width, rows, lengths }: TrainingSlates,
): number {
  const scores = plainNetwork(network).forward(rows, slates * width)
  let loss = 0
  for (let s = 0; s < slates; s++) {
    const own = scores.subarray(s * width, s * width + lengths[s]!)
    const most = own.reduce((max, x) => Math.max(max, x), Number.NEGATIVE_INFINITY)
    loss += most + Math.log(own.reduce((sum, x) => sum + Math.exp(x - most), 0)) - own[0]!
  }
  return loss / slates
}
