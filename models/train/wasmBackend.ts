import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'

/** Makes TensorFlow.js compute on WebAssembly, the same backend as in the browser. */
export async function useWasm(): Promise<void> {
  if (tf.getBackend() === 'wasm') return
  const require = createRequire(import.meta.url)
  setWasmPaths(`${join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist')}/`)
  await tf.setBackend('wasm')
  await tf.ready()
}
