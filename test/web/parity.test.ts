import { beforeAll, describe, expect, test } from 'vitest'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { load as loadCpu } from '../../web/ranker/tfjsCpu.ts'
import { load as loadWasm } from '../../web/ranker/tfjsWasm.ts'
import type { ParityCase } from './parityCase.ts'
import { comparison, parityCases } from './parityCases.ts'

let bundle: Bundle
let cases: readonly ParityCase[]
beforeAll(async () => {
  ;({ bundle, cases } = await parityCases())
}, 60_000)

describe('slates for random histories equal those of Node', () => {
  test.each([
    ['the plain forward pass', async () => undefined],
    ['tfjs on WebAssembly with SIMD', loadWasm],
    ['tfjs on its cpu backend', loadCpu],
  ] as const)(
    '%s',
    async (_, load) => {
      const network = await load(bundle.ranker!.network)
      const { slates, ties, different } = comparison(bundle, cases, network)
      expect(different).toEqual([])
      expect(slates).toBe(1000)
      expect(ties).toBeGreaterThan(100)
    },
    30_000,
  )

  test('a score that is off by more than the tolerance would be found', async () => {
    const wasm = await loadWasm(bundle.ranker!.network)
    const forward: typeof wasm.forward = (rows, count) =>
      wasm.forward(rows, count).map((x, r) => (r === 3 ? x + 2e-4 : x))
    const few = comparison(bundle, cases.slice(0, 200), { ...wasm, forward })
    expect(few.different.length).toBeGreaterThan(0)
  })
})
