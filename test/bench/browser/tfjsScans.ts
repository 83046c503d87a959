import '@tensorflow/tfjs-core/dist/base_side_effects'
import '@tensorflow/tfjs-backend-wasm/dist/base'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm/dist/backend_wasm'
import { batchMatMulConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/BatchMatMul'
import { identityConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/Identity'
import { reshapeConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/Reshape'
import { topKConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/TopK'
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import { env, ready, registerKernel, setBackend } from '@tensorflow/tfjs-core/dist/base'
import { matMul } from '@tensorflow/tfjs-core/dist/ops/mat_mul'
import { reshape } from '@tensorflow/tfjs-core/dist/ops/reshape'
import { tensor2d } from '@tensorflow/tfjs-core/dist/ops/tensor2d'
import { topk } from '@tensorflow/tfjs-core/dist/ops/topk'
import type { Table } from '../../../shared/bundle/openBundle.ts'
import { TopK } from '../../../shared/rank/topK.ts'
import type { Search } from './ownScans.ts'

/** TensorFlow.js on WebAssembly SIMD, one thread, with the kernels that these scans need. */
export async function startTfjs(): Promise<void> {
  for (const kernel of [batchMatMulConfig, identityConfig, reshapeConfig, topKConfig]) registerKernel(kernel)
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  const names = [
    'tfjs-backend-wasm.wasm',
    'tfjs-backend-wasm-simd.wasm',
    'tfjs-backend-wasm-threaded-simd.wasm',
  ]
  setWasmPaths(Object.fromEntries(names.map((name) => [name, simd])), true)
  if (!(await setBackend('wasm'))) throw new Error('tfjs could not start its WebAssembly backend.')
  await ready()
}

/** The natural call: rows × column, then topk. */
export function tfjsNatural({ rows, dims, count }: Table, k: number): Search & { dispose(): void } {
  const items = tensor2d(Float32Array.from(rows), [count, dims])
  const search = (query: Int16Array) => {
    const column = tensor2d(Float32Array.from(query), [dims, 1])
    const product = matMul(items, column)
    const flat = reshape(product, [count])
    const { values, indices } = topk(flat, k)
    const best = indices.dataSync<'int32'>().slice()
    for (const tensor of [column, product, flat, values, indices]) tensor.dispose()
    return best
  }
  return Object.assign(search, { dispose: () => items.dispose() })
}

/**
 * Its best layouts: columns are items, in chunks or all in one; the scores are read back and a heap keeps the best.
 * @param columns items of one product
 */
export function tfjsColumns(table: Table, k: number, columns: number): Search & { dispose(): void } {
  const { rows, dims, count } = table
  const chunks = Array.from({ length: Math.ceil(count / columns) }, (_, c) => {
    const first = c * columns
    const width = Math.min(columns, count - first)
    const values = new Float32Array(dims * width)
    for (let i = 0; i < width; i++)
      for (let d = 0; d < dims; d++) values[d * width + i] = rows[(first + i) * dims + d]!
    return { first, tensor: tensor2d(values, [dims, width]) }
  })
  const search = (query: Int16Array) => {
    const row = tensor2d(Float32Array.from(query), [1, dims])
    const best = new TopK(k)
    for (const { first, tensor } of chunks) {
      const product = matMul(row, tensor)
      const scores = product.dataSync<'float32'>()
      let least = best.threshold
      for (let i = 0; i < scores.length; i++) {
        if (scores[i]! < least) continue
        best.offer(first + i, scores[i]!)
        least = best.threshold
      }
      product.dispose()
    }
    row.dispose()
    return best.drain().items
  }
  const dispose = () => {
    for (const { tensor } of chunks) tensor.dispose()
  }
  return Object.assign(search, { dispose })
}
