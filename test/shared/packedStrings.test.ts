import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packStrings, unpackStrings } from '../../shared/bundle/catalogueFile.ts'

const refuse = (what: string): never => {
  throw new Error(what)
}

/** Letters of one to four bytes, and often none but those of one. */
const texts = fc.oneof(
  fc.array(fc.string()),
  fc.array(fc.string({ unit: 'grapheme' })),
  fc.array(fc.constantFrom('a', 'ä', '中', '🎬', '\u0000', '\ufeff', '')),
)

test('texts come back as they were, of whatever letters', () => {
  fc.assert(
    fc.property(texts, (strings) => {
      const { bytes, offsets } = packStrings(strings)
      expect(unpackStrings(bytes, offsets, refuse)).toEqual(strings)
    }),
  )
})

test('bytes of single letters and of longer ones are refused for the same faults', () => {
  for (const text of ['abcd', 'äbcd']) {
    const { bytes } = packStrings([text])
    const end = bytes.length
    expect(() => unpackStrings(bytes, Uint32Array.of(0, 3, 2, end), refuse)).toThrow('text offset 2 falls.')
    expect(() => unpackStrings(bytes, Uint32Array.of(0, end - 1), refuse)).toThrow('text offsets are wrong.')
    expect(() => unpackStrings(bytes, Uint32Array.of(1, end), refuse)).toThrow('text offsets are wrong.')
  }
})

test('a text that ends inside a letter, or is no UTF-8, is refused', () => {
  const { bytes } = packStrings(['aä', 'b'])
  expect(() => unpackStrings(bytes, Uint32Array.of(0, 2, bytes.length), refuse)).toThrow(
    'text 0 is not UTF-8.',
  )
  expect(() => unpackStrings(Uint8Array.of(97, 255), Uint32Array.of(0, 1, 2), refuse)).toThrow(
    'text 1 is not UTF-8.',
  )
})
