import { expect, it } from 'vitest'
import { acceptsBrotli, matchesEtag } from '../../worker/negotiate.ts'

it.each([
  ['gzip, deflate, br', true],
  ['br;q=0.1', true],
  ['BR', true],
  ['*', true],
  ['gzip, *;q=0.5', true],
  ['br;q=0, *', false],
  ['*;q=0', false],
  ['gzip', false],
  ['brotli, xbr', false],
  ['', false],
  [null, false],
])('Accept-Encoding %s takes Brotli: %s', (header, expected) => {
  expect(acceptsBrotli(header)).toBe(expected)
})

it.each([
  ['"a"', true],
  ['W/"a"', true],
  ['"b", W/"a"', true],
  ['*', true],
  ['"b"', false],
  ['a', false],
  ['"ab"', false],
  [undefined, false],
])('If-None-Match %s names "a": %s', (header, expected) => {
  expect(matchesEtag(header, '"a"')).toBe(expected)
})
