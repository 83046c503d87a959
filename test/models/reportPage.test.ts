import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dataTable, factTiles, isolated } from '../../models/report/dataTable.ts'
import { html } from '../../models/report/html.ts'
import { bytesText, count, fixed, percent, signedPercent } from '../../models/report/numberText.ts'
import { page } from '../../models/report/page.ts'
import { elements, parseXml, words } from './wellFormed.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '"onload="x',
    "'><img src=x>",
    '&lt;',
    ']]>',
    '\u202e\u0000\ud800',
  ),
)

describe('html', () => {
  test('escapes what is put in, keeps markup, joins lists and leaves out what is absent', () => {
    const list = ['a<b', 3].map((part) => html`<i>${part}</i>`)
    expect(html`<p title="${`"'`}">${list}${null}${false}${undefined}&amp;</p>`.text).toBe(
      '<p title="&quot;&#39;"><i>a&lt;b</i><i>3</i>&amp;</p>',
    )
  })

  test('no text becomes markup, in an element or an attribute', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const root = parseXml(html`<p title="${a}">${b}</p>`.text)
        const [p] = elements(root)
        expect(elements(root)).toHaveLength(1)
        expect(Object.keys(p!.attributes)).toEqual(['title'])
        const readable = (text: string) =>
          // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML refuses is replaced
          text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g, '\ufffd')
        expect(p!.attributes.title).toBe(readable(a))
        expect(words(p!)).toBe(readable(b))
      }),
    )
  })
})

describe('page', () => {
  const sample = (text: string) =>
    page({
      title: text,
      eyebrow: text,
      lead: factTiles([[text, text, text]]),
      sections: ['a', 'b', 'c'].map((id) => ({
        id,
        heading: text,
        body: dataTable(
          `t-${id}`,
          text,
          [{ heading: text }, { heading: text, number: true }],
          [{ cells: [isolated(text), text], chosen: true }],
        ),
      })),
      footer: text,
    })

  test('is well formed and holds nothing but its own elements, whatever the text', () => {
    const names = (text: string) => elements(parseXml(sample(text))).map(({ name }) => name)
    const expected = names('plain')
    fc.assert(
      fc.property(
        anyText.filter((text) => text !== ''),
        (text) => {
          expect(names(text)).toEqual(expected)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('asks for nothing: no script, no address, and a policy that allows its one style alone', () => {
    const text = sample('plain')
    const all = elements(parseXml(text))
    const style = all.filter(({ name }) => name === 'style')
    expect(style).toHaveLength(1)
    const hash = createHash('sha256').update(words(style[0]!)).digest('base64')
    const policy = all.find(({ attributes }) => attributes['http-equiv'])!.attributes.content
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`)
    expect(all.filter(({ name }) => ['script', 'link', 'img', 'iframe', 'base'].includes(name))).toEqual([])
    expect(
      all.flatMap(({ attributes }) => Object.keys(attributes)).filter((a) => /^(on|style$|src)/.test(a)),
    ).toEqual([])
    expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import/)
  })

  test('has one landmark each, headings for its sections and a caption for every table', () => {
    const all = elements(parseXml(sample('plain')))
    for (const name of ['header', 'nav', 'main', 'footer', 'h1']) {
      expect(all.filter((element) => element.name === name)).toHaveLength(1)
    }
    const ids = all.flatMap(({ attributes }) => attributes.id ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    const named = all.flatMap(({ attributes }) => attributes['aria-labelledby']?.split(' ') ?? [])
    expect(named.filter((id) => !ids.includes(id))).toEqual([])
    for (const table of all.filter(({ name }) => name === 'table')) {
      expect(elements(table)[0]!.name).toBe('caption')
    }
  })

  test('gives the same bytes again', () => expect(sample('x')).toBe(sample('x')))
})

test('numbers read well', () => {
  expect(count(1234)).toBe('1234')
  expect(count(1234567)).toBe('1\u2009234\u2009567')
  expect(fixed(-12345.678, 2)).toBe('−12\u2009345.68')
  expect(fixed(-0.0001, 2)).toBe('0.00')
  expect(fixed(Number.NaN, 2)).toBe('–')
  expect(percent(0.1234)).toBe('12.3\u2009%')
  expect(signedPercent(0.1234)).toBe('+12.3\u2009%')
  expect(signedPercent(-0.1234)).toBe('−12.3\u2009%')
  expect([999, 1000, 48_210, 482_100, 999_949, 999_950, 1_250_000].map(bytesText)).toEqual([
    '999\u2009B',
    '1.00\u2009kB',
    '48.2\u2009kB',
    '482\u2009kB',
    '1000\u2009kB',
    '1.00\u2009MB',
    '1.25\u2009MB',
  ])
})
