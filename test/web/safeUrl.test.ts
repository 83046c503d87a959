import { describe, expect, test } from 'vitest'
import { safeUrl } from '../../shared/domain/safeUrl.ts'

const PAGE = 'https://shop.test/films/'

describe('accepted', () => {
  test.each([
    ['/film?id=1', 'https://shop.test/film?id=1'],
    ['film?id=1', 'https://shop.test/films/film?id=1'],
    ['https://img.test/a.jpg', 'https://img.test/a.jpg'],
    ['HTTPS://img.test/a.jpg', 'https://img.test/a.jpg'],
    ['#f1', 'https://shop.test/films/#f1'],
    ['//shop.test/film', 'https://shop.test/film'],
  ])('%s', (text, href) => expect(safeUrl(text, PAGE)).toBe(href))

  test('http, where the page itself came over http', () => {
    expect(safeUrl('http://img.test/a.jpg', 'http://shop.test/')).toBe('http://img.test/a.jpg')
  })

  test('only hosts that are named, where any are', () => {
    expect(safeUrl('https://img.test/a', PAGE, ['img.test'])).toBe('https://img.test/a')
    expect(safeUrl('https://evil.test/a', PAGE, ['img.test'])).toBeNull()
    expect(safeUrl('/a', PAGE, ['img.test'])).toBe('https://shop.test/a')
  })
})

describe('refused', () => {
  test.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    '\u0001javascript:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox(1)',
    'blob:https://shop.test/1234',
    'filesystem:https://shop.test/temporary/x',
    'file:///etc/passwd',
    '//evil.test/',
    '\\\\evil.test/',
    '/\\evil.test/',
    '/\t/evil.test/',
    'https:\\\\evil.test/',
    'https://user@evil.test/',
    'https://shop.test:pass@evil.test/',
    'http://img.test/a.jpg',
    'ftp://img.test/a.jpg',
    'https://',
    'https://[bad',
  ])('%j', (text) => expect(safeUrl(text, PAGE)).toBeNull())
})
