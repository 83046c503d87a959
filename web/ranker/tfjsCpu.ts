import '@tensorflow/tfjs-core/dist/base_side_effects'
import '@tensorflow/tfjs-backend-cpu/dist/base'
import { addConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Add'
import { batchMatMulConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/BatchMatMul'
import { identityConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Identity'
import { reshapeConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Reshape'
import { tanhConfig } from '@tensorflow/tfjs-backend-cpu/dist/kernels/Tanh'
import { ready, registerKernel, setBackend } from '@tensorflow/tfjs-core/dist/base'
import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import type { Network } from '../../shared/rank/network.ts'
import { tfjsNetwork } from '../../shared/rank/tfjs.ts'

for (const kernel of [batchMatMulConfig, addConfig, tanhConfig, identityConfig, reshapeConfig])
  registerKernel(kernel)

/** The network on tfjs' plain JavaScript backend, with only the kernels that it needs. */
export async function load(weights: NetworkWeights): Promise<Network> {
  await setBackend('cpu')
  await ready()
  return tfjsNetwork(weights, 'cpu')
}
