import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fullScan, kernelCases, scanned } from '../shared/kernelCases.ts'

test('in this browser the scan by SIMD gives what a look at everything gives, bit for bit', () => {
  fc.assert(
    fc.property(kernelCases, (of) => {
      const { backend, items, scores } = scanned(of, true)
      expect(backend).toBe('simd')
      expect({ items: [...items], scores: [...scores] }).toEqual(fullScan(of))
    }),
    { numRuns: 100 },
  )
})
