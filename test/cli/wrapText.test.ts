import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandHelp } from '../../models/cli/command.ts'
import { COMMANDS } from '../../models/cli/commands.ts'
import { COLUMNS, wrapText } from '../../models/cli/wrapText.ts'

test('wrapping loses no word, and no line is too long unless one word is', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 0, max: 8 }), (words, indent) => {
      const wrapped = wrapText(words.join(' '), indent, 40)
      expect(wrapped.split(/\s+/).filter(Boolean)).toEqual(words)
      for (const line of wrapped.split('\n')) expect(line.length).toBeLessThanOrEqual(40)
    }),
  )
  expect(wrapText('one two three', 2, 8)).toBe('one two\n  three')
  expect(wrapText('  --a   one two three', 8, 16)).toBe('  --a   one two\n        three')
})

test('the help of every verb fits a terminal', async () => {
  for (const { load } of Object.values(COMMANDS)) {
    for (const line of commandHelp(await load()).split('\n')) {
      expect(line.length, line).toBeLessThanOrEqual(COLUMNS)
    }
  }
})
