import { env } from '@tensorflow/tfjs-core/dist/base'
import { expect, test } from 'vitest'
import { load } from '../../web/ranker/tfjsWasm.ts'
import { comparison, parityCases } from './parityCases.ts'

// A file of its own: tfjs takes one binary for the whole page.
test('slates for random histories equal those of Node: tfjs on WebAssembly without SIMD', async () => {
  env().set('WASM_HAS_SIMD_SUPPORT', false)
  const fetched: string[] = []
  const own = globalThis.fetch
  globalThis.fetch = (input, init) => {
    fetched.push(String(input))
    return own(input, init)
  }
  const { bundle, cases } = await parityCases()
  const network = await load(bundle.ranker!.network)
  globalThis.fetch = own
  expect(fetched.join()).toMatch(/tfjs-backend-wasm\.wasm/)
  expect(comparison(bundle, cases, network)).toMatchObject({ slates: 1000, different: [] })
}, 60_000)
