import { beforeEach, describe, expect, test } from 'vitest'
import { ruleOfWords, withMoments } from '../../models/cli/ruleOfWords.ts'
import { rulesLines } from '../../models/cli/rulesText.ts'
import { rulesEffect } from '../../models/inspect/rulesEffect.ts'
import { readLiveItems } from '../../models/publish/liveItems.ts'
import { withdraw } from '../../models/publish/overlayChanges.ts'
import { putItems } from '../../models/publish/putItems.ts'
import { NO_RULES, putRules } from '../../models/publish/putRules.ts'
import { rulesWarnings } from '../../models/publish/rulesWarnings.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import { withOverlay } from '../../shared/bundle/withOverlay.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { checkRules, type RulesDocument } from '../../shared/domain/rules.ts'
import type { Slate } from '../../shared/domain/slate.ts'
import { checkerboard, T0 } from '../worlds.ts'
import { type MemoryEdge, memoryEdge, publishDataset } from './memoryEdge.ts'

const NOW = T0 + 41 * DAY_MS
const board = checkerboard()
let edge: MemoryEdge
let name: string

beforeEach(async () => {
  edge = await memoryEdge()
  name = await publishDataset(edge, board, T0 + 40 * DAY_MS)
  await edge.client.change('promote', { manifest: name, op: 'first' })
})

const HIDE = checkRules({
  schema: 1,
  rules: [{ name: 'Recall', kind: 'exclude', where: { items: ['i04'] } }],
})
const PIN = checkRules({ schema: 1, rules: [{ name: 'Premiere', kind: 'pin', item: 'i07', slot: 1 }] })
const options = (now = NOW) => ({
  pins: edge.world.rules.pins,
  now: () => now,
  sleep: async () => undefined,
})
const put = (document: RulesDocument, now = NOW) => putRules(edge.client, async () => document, options(now))
const live = () => readLiveItems(edge.client, edge.world.rules.pins)
const head = () => parseHead(JSON.parse(edge.store.heads.at(-1)!.envelope).payload)
const textOf = (hash: string | undefined) => new TextDecoder().decode(edge.bytes.get(hash ?? '')!)
const popularIds = () =>
  (JSON.parse(textOf(head().active!.popularJson)) as Slate).items.map(({ item }) => item)

describe('rules of the site', () => {
  test('are live in one operation, with popular lists that show nothing that is excluded', async () => {
    const before = head()
    expect(popularIds()).toContain('i04')
    expect(await put(HIDE)).toMatchObject({ changed: true, seq: before.seq + 1, lists: true })
    expect(head()).toMatchObject({ seq: before.seq + 1, rules: HIDE })
    expect(popularIds()).not.toContain('i04')
    expect(popularIds().length).toBeGreaterThan(10)
    expect(textOf(head().active!.popularHtml)).not.toContain('i04')
    expect(await put(HIDE)).toMatchObject({ changed: false, seq: before.seq + 1 })
    await put(NO_RULES)
    expect(head().rules).toBeUndefined()
    expect(head().active).toEqual(before.active)
  })

  test('hide from lists what is to be excluded later too, and no longer what was', async () => {
    const at = (from: number | undefined, until: number | undefined): RulesDocument =>
      checkRules({ ...HIDE, rules: [{ ...HIDE.rules[0]!, from, until }] })
    await put(at(NOW + DAY_MS, undefined))
    expect(popularIds()).not.toContain('i04')
    await put(at(undefined, NOW), NOW)
    expect(popularIds()).toContain('i04')
    await put(checkRules({ ...HIDE, rules: [{ ...HIDE.rules[0]!, surfaces: ['similar'] }] }))
    expect(popularIds()).toContain('i04')
  })

  test('and overlays agree with the lists, whoever changes first', async () => {
    const gone = () =>
      putItems(edge.client, withdraw(['i05']), { ...options(), releaseKeys: () => [edge.world.release] })
    await put(HIDE)
    await gone()
    expect(popularIds()).not.toContain('i04')
    expect(popularIds()).not.toContain('i05')
    await put(NO_RULES)
    expect(popularIds()).toContain('i04')
    expect(popularIds()).not.toContain('i05')
  })

  test('are set again on what another operation has left', async () => {
    let raced = false
    const add = async (before: () => Promise<RulesDocument>) => {
      const { rules } = await before()
      if (!raced) await edge.client.change('rules', { rules: HIDE, op: 'other' })
      raced = true
      return { ...PIN, rules: [...rules, ...PIN.rules] }
    }
    expect(await putRules(edge.client, add, options())).toMatchObject({ changed: true, seq: 3 })
    expect(head().rules).toMatchObject({ rules: [{ name: 'Recall' }, { name: 'Premiere' }] })
  })

  test('are set without lists by a token that may store none', async () => {
    edge.before = (method) => {
      if (method === 'missing' || method === 'putBlob') throw new ForYouError('forbidden', 'no')
    }
    expect(await put(HIDE)).toMatchObject({ changed: true, lists: false })
    expect(head().active?.popularJson).toBeUndefined()
    const more = checkRules({ schema: 1, rules: [...HIDE.rules, ...PIN.rules] })
    expect(await put(more)).toMatchObject({ changed: true })
    expect(await (await live()).rules()).toEqual(more)
  })

  test('that are damaged at the edge can be replaced', async () => {
    const many = Array.from({ length: 900 }, (_, i) => `item ${i}`)
    await put(
      checkRules({ schema: 1, rules: [{ name: 'x', kind: 'boost', factor: 2, where: { items: many } }] }),
    )
    for (const blob of edge.store.contents.values()) blob[0] = 0
    await expect((await live()).rules()).rejects.toMatchObject({ code: 'hash_mismatch' })
    expect(await put(PIN)).toMatchObject({ changed: true })
  })
})

test('warnings name what the live catalogue does not have', async () => {
  const { bundle } = await live()
  const document = checkRules({
    schema: 1,
    rules: [
      { name: 'a', kind: 'pin', item: 'nobody', slot: 1 },
      { name: 'b', kind: 'exclude', where: { items: ['i01', 'x', 'y', 'z', 'w'] } },
      { name: 'c', kind: 'cap', attribute: 'planet', max: 1 },
      { name: 'd', kind: 'pin', item: 'i02', slot: 2 },
    ],
  })
  const overlay = { schema: 1, site: 'films', issued: 1, withdrawn: ['i02'], items: [] } as const
  expect(rulesWarnings(document, withOverlay(bundle, structuredClone(overlay) as never))).toEqual([
    'Rule "a": the live catalogue has no item "nobody".',
    'Rule "b": the live catalogue has no item "x", "y", "z" and 1 more.',
    'Rule "c": the live catalogue has no attribute "planet".',
    'Rule "d": withdrawn and never shown: "i02".',
  ])
})

test('the effect is told on invented visitors', async () => {
  const { bundle } = await live()
  expect(rulesEffect(bundle, NO_RULES, NO_RULES, NOW)).toMatchObject({ changed: 0, entered: [], left: [] })
  const effect = rulesEffect(bundle, NO_RULES, HIDE, NOW)
  expect(effect.changed).toBeGreaterThan(0)
  expect(effect.changed).toBeLessThanOrEqual(effect.slates)
  expect(effect.left).toMatchObject([{ item: 'i04' }])
  const later = checkRules({ ...HIDE, rules: [{ ...HIDE.rules[0]!, from: NOW + 1 }] })
  expect(rulesEffect(bundle, NO_RULES, later, NOW).changed).toBe(0)
})

describe('a rule as words', () => {
  test.each([
    ['pin', ['item=tt1', 'slot=2', 'surfaces=for-you,popular'], { item: 'tt1', slot: 2 }],
    [
      'boost',
      ['factor=0.5', 'brand=Acme', 'genre=Drama|War'],
      { where: { attributes: { brand: ['Acme'], genre: ['Drama', 'War'] } } },
    ],
    [
      'exclude',
      ['items=a,b', 'until=2026-09-01'],
      { where: { items: ['a', 'b'] }, until: Date.UTC(2026, 8) },
    ],
    ['cap', ['attribute=genre', 'max=3'], { attribute: 'genre', max: 3 }],
    ['explore', ['share=0.1', 'maxAgeDays=14'], { share: 0.1, maxAgeDays: 14 }],
    ['seen', ['mode=decay'], { mode: 'decay' }],
  ])('%s %j', (kind, words, expected) => {
    const { rules } = checkRules({ schema: 1, rules: [ruleOfWords('n', kind, words)] })
    expect(rules).toMatchObject([{ name: 'n', kind, ...expected }])
  })

  test.each([['slot'], ['=1'], ['slot='], ['slot=x'], ['until=tomorrow'], ['until=2026-02-31']])(
    '%s is refused',
    (word) => {
      expect(() => ruleOfWords('n', 'pin', [word])).toThrow(ForYouError)
    },
  )

  test('dates in a document are moments', () => {
    const document = { schema: 1, rules: [{ ...PIN.rules[0], from: '2026-09-01T18:00+02:00' }] }
    expect(checkRules(withMoments(document)).rules[0]?.from).toBe(Date.UTC(2026, 8, 1, 16))
    for (const other of [null, 7, { rules: 'x' }, { rules: [null] }])
      expect(withMoments(other)).toEqual(other)
  })
})

test('the table says what each rule does, and whether it holds', () => {
  const document = checkRules({
    schema: 1,
    rules: [
      ...PIN.rules,
      { ...HIDE.rules[0]!, surfaces: ['similar'], until: NOW },
      { name: 'Soon', kind: 'cap', attribute: 'genre', max: 3, from: NOW + 1 },
    ],
  })
  const lines = rulesLines(document, NOW)
  expect(lines[2]).toMatch(/^Premiere +pin +i07 at place 1 +everywhere +holds$/)
  expect(lines[3]).toMatch(/^Recall +exclude +never i04 +similar +20.* UTC +over$/)
  expect(lines[4]).toMatch(/^Soon +cap +at most 3 of each genre +everywhere +20.* UTC +to come$/)
  expect(rulesLines(NO_RULES, NOW)).toEqual(['There are no rules.'])
})
