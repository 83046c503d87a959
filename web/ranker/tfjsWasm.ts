import '@tensorflow/tfjs-core/dist/base_side_effects'
import '@tensorflow/tfjs-backend-wasm/dist/base'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm/dist/backend_wasm'
import { addConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/Add'
import { batchMatMulConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/BatchMatMul'
import { identityConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/Identity'
import { reshapeConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/Reshape'
import { tanhConfig } from '@tensorflow/tfjs-backend-wasm/dist/kernels/Tanh'
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import { env, ready, registerKernel, setBackend } from '@tensorflow/tfjs-core/dist/base'
import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import type { Network } from '../../shared/rank/network.ts'
import { tfjsNetwork } from '../../shared/rank/tfjs.ts'

/** Subresource Integrity of both files; written in by the build. */
declare const __FORYOU_WASM__: { readonly plain: string; readonly simd: string } | undefined

for (const kernel of [batchMatMulConfig, addConfig, tanhConfig, identityConfig, reshapeConfig])
  registerKernel(kernel)

/** tfjs is one for the whole thread, and so is its binary. */
let fetched: Promise<void> | undefined

/**
 * The network on tfjs' WebAssembly backend, with only the kernels that it needs. Threads stay off: they need isolation from
 * other origins, which no embed has, and the network is small.
 * @throws where the page's policy refuses WebAssembly, or a file is not what was built in
 */
export async function load(weights: NetworkWeights): Promise<Network> {
  fetched ??= fetchBinary()
  await fetched
  if (!(await setBackend('wasm'))) throw new Error('tfjs could not start its WebAssembly backend.')
  await ready()
  return tfjsNetwork(weights, 'wasm')
}

/** tfjs itself would wait for ever for a file that does not come or may not run: it is fetched and compiled here first. */
async function fetchBinary(): Promise<void> {
  const urls = { plain, simd }
  const wanted = (await env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? 'simd' : 'plain'
  const pins = typeof __FORYOU_WASM__ === 'undefined' ? undefined : __FORYOU_WASM__
  const response = await fetch(urls[wanted], {
    credentials: 'omit',
    ...(pins && { integrity: pins[wanted] }),
  })
  if (!response.ok) throw new Error(`${urls[wanted]} answered ${response.status}.`)
  const binary = await response.arrayBuffer()
  await WebAssembly.compile(binary)
  useBinary(binary)
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  const paths = { 'tfjs-backend-wasm.wasm': plain, 'tfjs-backend-wasm-simd.wasm': simd }
  setWasmPaths({ ...paths, 'tfjs-backend-wasm-threaded-simd.wasm': simd }, true)
}

/** Hands the verified bytes to tfjs instead of letting it fetch them again. */
function useBinary(binary: ArrayBuffer): void {
  const { platform } = env()
  const answer: typeof fetch = () =>
    Promise.resolve(new Response(binary, { headers: { 'content-type': 'application/wasm' } }))
  env().platform = Object.assign(Object.create(platform), { fetch: answer })
}
