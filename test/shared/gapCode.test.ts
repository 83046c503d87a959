import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeGaps, encodeGaps } from '../../shared/bundle/gapCode.ts'

const rows = fc.array(
  fc
    .uniqueArray(fc.oneof(fc.nat(300), fc.nat(20_000), fc.nat(4_000_000)), { maxLength: 12 })
    .map((row) => row.sort((a, b) => a - b)),
  { maxLength: 8 },
)

function coded(lists: readonly (readonly number[])[]) {
  const offsets = [0]
  for (const list of lists) offsets.push(offsets.at(-1)! + list.length)
  return encodeGaps(offsets, lists.flat())
}

describe('rising numbers as gaps', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(rows, (lists) => {
        const { offsets, numbers } = decodeGaps(coded(lists), 4_000_001)!
        expect(lists.map((_, r) => [...numbers.subarray(offsets[r]!, offsets[r + 1]!)])).toEqual(lists)
      }),
    )
  })

  test('take the three forms at their limits', () => {
    const { gaps, extra, far } = coded([[223], [224], [224 + 31 * 256 - 1], [224 + 31 * 256]])
    expect([...gaps]).toEqual([223, 224, 254, 255])
    expect([...extra]).toEqual([0, 255])
    expect([...far]).toEqual([8160])
  })

  test('a number at the limit is refused, and so are rows that do not rise', () => {
    expect(decodeGaps(coded([[7]]), 8)).not.toBeNull()
    expect(decodeGaps(coded([[7]]), 7)).toBeNull()
    expect(() => coded([[3, 3]])).toThrow('does not rise')
  })
})
