// The only file of shared/ that touches TensorFlow.js. It imports single operations, so that the browser's bundle
// carries only the kernels that are used; which backend computes them is decided (and imported) by the caller.
import { tidy } from '@tensorflow/tfjs-core/dist/globals'
import { add } from '@tensorflow/tfjs-core/dist/ops/add'
import { matMul } from '@tensorflow/tfjs-core/dist/ops/mat_mul'
import { tanh } from '@tensorflow/tfjs-core/dist/ops/tanh'
import { tensor2d } from '@tensorflow/tfjs-core/dist/ops/tensor2d'
import type { NetworkWeights } from '../bundle/rankerFile.ts'
import type { Network } from './network.ts'

/** The ranker's network on whatever tfjs backend is active; weights stay uploaded for the network's life. */
export function tfjsNetwork(weights: NetworkWeights, backend: 'wasm' | 'cpu'): Network {
  const { inputs, hidden } = weights
  const w1 = tensor2d(weights.w1, [inputs, hidden])
  const b1 = tensor2d(weights.b1, [1, hidden])
  const w2 = tensor2d(weights.w2, [hidden, 1])
  const b2 = tensor2d([weights.b2], [1, 1])
  return {
    backend,
    forward(features, rows) {
      const scores = tidy(() => {
        const x = tensor2d(features.subarray(0, rows * inputs), [rows, inputs])
        return add(matMul(tanh(add(matMul(x, w1), b1)), w2), b2).dataSync()
      })
      return Float32Array.from(scores)
    },
  }
}
