import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { assembleKernel, BINARY_FILE } from '../assembleKernel.ts'
import { fullScan, kernelCases, scanned } from './kernelCases.ts'

describe('the scan of a table', () => {
  test.each([true, false])('gives what a look at everything gives, bit for bit (SIMD: %s)', (simd) => {
    fc.assert(
      fc.property(kernelCases, (of) => {
        const { backend, items, scores } = scanned(of, simd)
        expect(backend).toBe(simd ? 'simd' : 'plain')
        expect({ items: [...items], scores: [...scores] }).toEqual(fullScan(of))
      }),
      { numRuns: 150 },
    )
  })

  test('reads no further than a row could still enter', () => {
    const dims = 8
    const count = 10_000
    const rows = new Int8Array(count * dims)
    for (let i = 0; i < count; i++) rows[i * dims] = i < 50 ? 120 : 3
    const table = { count, dims, rows } as never
    const values = Int16Array.of(2000, 0, 0, 0, 0, 0, 0, 0)
    const of = { table, values, unit: 1, k: 20, skipped: new Set<number>(), offered: new Map() }
    expect(scanned(of, true)).toMatchObject({
      read: 128,
      items: Int32Array.from({ length: 20 }, (_, i) => i),
    })
    expect(scanned({ ...of, k: 51 }, true).read).toBe(count)
  })

  test('does without WebAssembly where a policy forbids to compile it', async () => {
    vi.resetModules()
    vi.stubGlobal('WebAssembly', {
      Module: class {
        constructor() {
          throw new EvalError('unsafe-eval')
        }
      },
    })
    try {
      const { tableScan } = await import('../../shared/rank/kernel/tableScan.ts')
      const table = { count: 1, dims: 1, rows: Int8Array.of(3) } as never
      expect(tableScan(table).backend).toBe('plain')
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

test('the assembled kernel is what its text says', async () => {
  expect(readFileSync(BINARY_FILE, 'utf8')).toBe(await assembleKernel())
})
