import { describe, expect, it } from 'vitest'
import { MAX_RULES_BYTES } from '../../shared/bundle/limits.ts'
import { MAX_RULES, parseRules } from '../../shared/domain/rules.ts'

const parse = (...rules: unknown[]) => parseRules(JSON.stringify({ schema: 1, rules }))
const pin = { name: 'film of the week', kind: 'pin', item: 'tt1', slot: 1 }

describe('parseRules', () => {
  it('reads every kind', () => {
    const rules = [
      pin,
      { name: 'push', kind: 'boost', where: { attributes: { brand: ['Acme', 'Ajax'] } }, factor: 2 },
      { name: 'bury', kind: 'boost', where: { items: ['a', 'b'] }, factor: 0.5, surfaces: ['for-you'] },
      { name: 'no war', kind: 'exclude', where: { attributes: { genre: 'War' } }, from: 1, until: 2 },
      { name: 'mixed', kind: 'cap', attribute: 'genre', max: 3 },
      { name: 'varied', kind: 'diversity', value: 0.3 },
      { name: 'fresh', kind: 'explore', share: 0.1, maxAgeDays: 14 },
      { name: 'good ones', kind: 'min-relevance', value: 0.02 },
      { name: 'turn', kind: 'rotate', rate: 0.5 },
      { name: 'again', kind: 'seen', mode: 'decay' },
    ]
    expect(parse(...rules).rules).toEqual(rules)
  })

  it.each([
    ['an unknown kind', [{ name: 'x', kind: 'shout' }], 'Rule "x": there is no kind "shout"'],
    ['a rule without a kind', [{ name: 'x' }], 'Rule "x": there is no kind'],
    ['a rule without a name', [{ ...pin, name: undefined }], 'Rule "no. 1": "name"'],
    ['an odd name', [{ ...pin, name: '<b>' }], 'Rule "<b>": "name": must be 1–64 letters'],
    ['a name twice', [pin, { ...pin, slot: 2, item: 'b' }], 'another rule has the same name'],
    [
      'a slot twice',
      [pin, { ...pin, name: 'b', item: 'b' }],
      'Rule "b": slot 1 is taken by "film of the week"',
    ],
    ['an item pinned twice', [pin, { ...pin, name: 'b', slot: 2 }], 'the item "tt1" is pinned'],
    ['a slot beyond all pages', [{ ...pin, slot: 101 }], 'Rule "film of the week": "slot"'],
    ['a factor of 0', [{ name: 'x', kind: 'boost', where: { items: ['a'] }, factor: 0 }], 'at least 1/100'],
    [
      'a factor of 1000',
      [{ name: 'x', kind: 'boost', where: { items: ['a'] }, factor: 1000 }],
      'at most 100',
    ],
    ['a where of nothing', [{ name: 'x', kind: 'exclude', where: {} }], 'must name items or attributes'],
    ['an unknown surface', [{ ...pin, surfaces: ['basket'] }], 'there is no surface "basket"'],
    ['an empty time', [{ ...pin, from: 5, until: 5 }], '"from" must lie before "until"'],
    ['a field too many', [{ ...pin, colour: 'red' }], '"colour"'],
    ['a share above 1', [{ name: 'x', kind: 'explore', share: 2, maxAgeDays: 3 }], 'must not be above 1'],
    [
      'two caps of one attribute',
      ['a', 'b'].map((name) => ({ name, kind: 'cap', attribute: 'g', max: 2 })),
      '"g" is capped',
    ],
    [
      'two diversities',
      ['a', 'b'].map((name) => ({ name, kind: 'diversity', value: 0 })),
      'diversity is set by "a" too',
    ],
  ])('refuses %s', (_, rules, message) => {
    expect(() => parse(...rules)).toThrow(message)
  })

  it('lets one slot be pinned at two times, or on two surfaces', () => {
    const other = { ...pin, name: 'b', item: 'b' }
    expect(parse({ ...pin, until: 5 }, { ...other, from: 5 }).rules).toHaveLength(2)
    expect(parse({ ...pin, surfaces: ['new'] }, { ...other, surfaces: ['popular'] }).rules).toHaveLength(2)
  })

  it('refuses what is too much, and what is no rules document', () => {
    const many = Array.from({ length: MAX_RULES + 1 }, (_, r) => ({
      name: `r${r}`,
      kind: 'exclude',
      where: { items: ['a'] },
    }))
    expect(() => parse(...many)).toThrow('holds 101 rules')
    expect(parse(...many.slice(1)).rules).toHaveLength(MAX_RULES)
    expect(() => parseRules(' '.repeat(MAX_RULES_BYTES + 1))).toThrow('bytes')
    expect(() => parseRules('{')).toThrow('is not JSON')
    expect(() => parseRules('null')).toThrow('The rules document is wrong at the top')
    expect(() => parseRules('{"schema": 2, "rules": []}')).toThrow('wrong at schema')
  })
})
