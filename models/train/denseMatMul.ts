import * as tf from '@tensorflow/tfjs'
import type { MatMul } from './symmetricInverse.ts'
import { useWasm } from './wasmBackend.ts'

/** Dense float32 products on TensorFlow.js's WebAssembly backend, some 16–20 GFLOP/s on one core. */
export async function denseMatMul(): Promise<MatMul> {
  await useWasm()
  return (a, b, { rows, inner, columns }) => {
    // By hand: `tidy` would look for tensors in every element of the result.
    const left = tf.tensor2d(a, [rows, inner])
    const right = tf.tensor2d(b, [inner, columns])
    const product = tf.matMul(left, right)
    const values = product.dataSync<'float32'>()
    tf.dispose([left, right, product])
    return values
  }
}
