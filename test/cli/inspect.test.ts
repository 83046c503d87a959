import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { open, writeBundle } from '../../models/build/builtBundle.ts'
import type { Inspection } from '../../models/inspect/inspectQuery.ts'
import { inspectQuery } from '../../models/inspect/inspectQuery.ts'
import { itemNamed, readHistory } from '../../models/inspect/readHistory.ts'
import { seededRandom } from '../../models/random.ts'
import { GENERATORS } from '../../shared/bundle/generators.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import type { Rule } from '../../shared/domain/rules.ts'
import { FEATURES } from '../../shared/features/features.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { createRungs, SOURCE_OF } from '../../shared/rank/rungs.ts'
import { runForYou } from '../models/runForYou.ts'
import { twinsBundle } from '../parityReference.ts'
import { bundleOf, checkerboard } from '../worlds.ts'

let cwd: string
let bundle: Bundle
beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'foryou-inspect-'))
  const built = await twinsBundle(true)
  await writeBundle(built, join(cwd, 'bundle'))
  bundle = open(built)
}, 60_000)
afterAll(() => rmSync(cwd, { recursive: true }))

const run = (...argv: string[]) => runForYou(cwd, ['inspect', '--bundle', 'bundle', ...argv])
const IDS = ['f0010', 'f0033', 'f0100']
const queryOf = (ids: readonly string[], k = 12) => {
  const { history, now } = readHistory(ids.join(','), bundle, cwd)
  return { history, now, k }
}

describe('a query taken apart', () => {
  let inspection: Inspection
  beforeAll(() => {
    inspection = inspectQuery(bundle, queryOf(IDS))
  })

  test('is the slate that visitors get, with the contributions that sum to each score', () => {
    const { items } = createRecommender(bundle).recommend(queryOf(IDS))
    expect(inspection.slate.map(({ item, score }) => [item, score])).toEqual(
      items.map(({ item, score }) => [item, score]),
    )
    for (const { why, score } of inspection.slate)
      expect(why.reduce((sum, { share }) => sum + share, 0)).toBe(score * 65_536)
    expect(inspection.slate[0]!.why.some(({ item }) => item && IDS.includes(item))).toBe(true)
  })

  test('names items of the history that truly brought what they are named for', () => {
    const { state } = createRungs(bundle, null)
    const random = seededRandom(3)
    for (let run = 0; run < 20; run++) {
      const ids = Array.from(
        { length: 1 + (run % 12) },
        () => bundle.ids[Math.floor(random() * bundle.items)]!,
      )
      const query = queryOf([...new Set(ids)])
      const view = historyView(bundle, query.history, query.now)
      for (const { item, why } of createRecommender(bundle).recommend(query).items) {
        for (const { source, item: named } of why) {
          if (named === undefined) continue
          const rung = Object.entries(SOURCE_OF).find(
            ([, other]) => other === source,
          )![0] as keyof typeof SOURCE_OF
          const number = bundle.numberOf.get(item)!
          const parts = Array.from(view.numbers, (_, h) =>
            state.generators[rung]!.contribution(view, h, number),
          )
          const own = parts[view.numbers.indexOf(bundle.numberOf.get(named)!)]!
          expect(own).toBeGreaterThan(0)
          expect(own).toBeGreaterThanOrEqual(Math.max(...parts) / 3)
        }
      }
    }
  })

  test('tells which generator brought each item, and every feature as it was read', () => {
    for (const { brought, features } of inspection.slate) {
      expect(brought.length).toBeGreaterThan(0)
      for (const { generator, place } of brought) {
        expect(GENERATORS).toContain(generator)
        expect(place).toBeGreaterThan(0)
      }
      expect(Object.keys(features)).toEqual(FEATURES.map(({ name }) => name))
    }
  })

  test('stands beside what every rung and the trending list would have shown', () => {
    const names = inspection.others.map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining(['popularity', 'content', 'collaborative', 'ranker', 'trending']),
    )
    const ships = inspection.others.filter((other) => other.ships)
    expect(ships.map(({ name }) => name)).toEqual(['ranker'])
    expect(ships[0]!.items.map(({ item }) => item)).toEqual(inspection.slate.map(({ item }) => item))
  })

  test('without a history popularity ships, and nothing is named', () => {
    const { slate, others, reason } = inspectQuery(bundle, queryOf([]))
    expect(reason).toBe('popular')
    expect(others.map(({ name }) => name)).toEqual(['popularity', 'trending'])
    expect(others.find((other) => other.ships)?.items.map(({ item }) => item)).toEqual(
      slate.map(({ item }) => item),
    )
  })
})

describe('why an item is not there', () => {
  const asked = (item: string, change = {}) =>
    inspectQuery(bundle, { ...queryOf(IDS), ...change }, item).asked!

  test('it is seen, excluded or filtered out', () => {
    expect(asked('f0033')).toMatchObject({ verdict: 'left out', because: 'in the history' })
    expect(asked('f0050', { exclude: ['f0050'] })).toMatchObject({ because: 'excluded' })
    const genres = bundle.detailsOf(bundle.numberOf.get('f0050')!)!.attributes!.genre!
    const other = ['Drama', 'Horror', 'Comedy', 'Western'].find((genre) => !genres.includes(genre))!
    expect(asked('f0050', { filter: { genre: other } })).toMatchObject({
      because: 'not what the filter asks for',
    })
  })

  test('it is ranked below: its place, score and contributions', () => {
    const long = createRecommender(bundle).recommend(queryOf(IDS, 40)).items
    const { verdict, place, score, needed, why, places } = asked(long[33]!.item)
    expect({ verdict, place, score }).toEqual({ verdict: 'ranked below', place: 34, score: long[33]!.score })
    expect(needed).toBe(long[11]!.score)
    expect(why!.reduce((sum, { share }) => sum + share, 0)).toBe(score! * 65_536)
    expect(places.some(({ brought }) => brought)).toBe(true)
  })

  test('it is in the slate after all, with the slate’s own reasons', () => {
    const { slate } = inspectQuery(bundle, queryOf(IDS))
    expect(asked(slate[4]!.item)).toMatchObject({ verdict: 'shown', place: 5, why: slate[4]!.why })
  })

  test('without a history it has its place on the popular list', () => {
    const { place, of, verdict } = inspectQuery(bundle, queryOf([]), bundle.ids.at(-40)!).asked!
    expect(verdict === 'no candidate' || place! <= of!).toBe(true)
  })

  test('where a generator ships instead of a ranker, it is what is explained, and there are no features', async () => {
    const plain = await bundleOf(checkerboard(60, 30))
    const { history, now } = readHistory('i00,i04', plain, cwd)
    const { forYou, slate, asked: one } = inspectQuery(plain, { history, now, k: 3 }, 'i10')
    expect(forYou).toBe('collaborative')
    expect(slate[0]!.why).toMatchObject([{ source: 'collaborative' }])
    expect(slate[0]).toMatchObject({ features: {} })
    expect(slate[0]!.chance).toBeUndefined()
    expect(['shown', 'ranked below']).toContain(one!.verdict)
  })

  test('other surfaces have no rungs beside them', () => {
    const similar = inspectQuery(bundle, { ...queryOf(IDS), surface: 'similar', item: 'f0050' })
    expect(similar.slate.length).toBeGreaterThan(0)
    expect(similar.others).toEqual([])
  })

  test('it is no candidate: where each generator has it, beyond what that one may bring', () => {
    const shown = new Set(
      createRecommender(bundle)
        .recommend({ ...queryOf(IDS), k: 100 })
        .items.map(({ item }) => item),
    )
    const verdicts = bundle.ids.filter((id) => !shown.has(id) && !IDS.includes(id)).map((id) => asked(id))
    const never = verdicts.filter(({ verdict }) => verdict === 'no candidate')
    expect(never.length).toBeGreaterThan(0)
    for (const { places, score } of never) {
      expect(score).toBeUndefined()
      expect(places.every(({ brought }) => !brought)).toBe(true)
    }
  })

  test('an item that nobody has is not found', () => {
    expect(() => asked('nowhere')).toThrow(/no item "nowhere"/)
  })
})

describe('foryou inspect', () => {
  test('reads well: slate, contributions, provenance, baselines; within a terminal', async () => {
    const { code, out, err } = await run('--history', `${IDS.join(',')},nobody`, '--k', '5')
    expect(code).toBe(0)
    expect(err).toContain('Not in this bundle, so it says nothing: nobody')
    expect(out).toMatch(/^History, 4, latest first: nobody · /)
    expect(out).toMatch(/for-you, personal, ranker: 5 items from \d+ candidates of \d+ items/)
    expect(out).toMatch(/ {5}[+−]\d\.\d{3} [a-z-]+/)
    expect(out).toMatch(/brought by [a-z-]+ \d+/)
    expect(out).toContain('ranker (ships)')
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(104)
  })

  test('--item explains one; --json gives all of it to machines', async () => {
    const text = await run('--history', IDS.join(','), '--item', 'f0033')
    expect(text.out).toMatch(/is left out before anything is ranked: it is in the history\.$/)
    const { out } = await run('--history', IDS.join(','), '--item', 'f0050', '--json')
    const { asked, slate, manifest } = JSON.parse(out)
    expect(asked.item).toBe('f0050')
    expect(slate).toHaveLength(12)
    expect(manifest).toBe(bundle.manifestHash)
  })

  test.each([
    ['no history', [], /--history is missing/],
    ['an unknown surface', ['--history', 'x', '--surface', 'moon'], /no surface "moon"/],
    ['a filter that is none', ['--history', 'x', '--filter', 'genre'], /NAME=VALUE/],
    ['an item on another surface', ['--history', 'x', '--surface', 'new', '--item', 'y'], /alone/],
    ['nothing to be similar to', ['--history', 'x', '--surface', 'similar'], /needs the item of the page/],
    ['a length of nothing', ['--history', 'x', '--k', '0'], /between 1 and 100/],
  ])('%s is bad usage', async (_, argv, message) => {
    const { code, err } = await run(...argv)
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })
})

describe('a history on the command line', () => {
  const read = (text: string) => {
    writeFileSync(join(cwd, 'history.txt'), text)
    return readHistory('history.txt', bundle, cwd)
  }

  test('as ids and titles; without moments an hour apart, up to now', () => {
    const title = bundle.detailsOf(bundle.numberOf.get('f0010')!)!.title!
    const unique = itemNamed(bundle, title.toUpperCase())
    const { history, now, dated } = readHistory(`f0033, ${title}`, bundle, cwd)
    expect(history.map(({ item }) => item)).toEqual(['f0033', unique ?? title])
    expect(history.map(({ at }) => now - at)).toEqual([7_200_000, 3_600_000])
    expect(dated).toBe(false)
  })

  test('as lines with kinds and times, in any order', () => {
    const { history, dated } = read(
      'item,kind,time\nf0033,save,2026-06-03T00:00:00Z\nf0010,view,1780000000000\n',
    )
    expect(dated).toBe(true)
    expect(history.map(({ item, kind }) => [item, kind])).toEqual([
      ['f0010', 'view'],
      ['f0033', 'save'],
    ])
  })

  test('as an export of the SDK, and as a plain list in JSON', () => {
    const interactions = [{ item: 'f0010', kind: 'view', at: 1 }]
    expect(read(JSON.stringify({ exportedAt: 'x', interactions })).history).toEqual(interactions)
    expect(read('["f0010","f0033"]').history.map(({ item }) => item)).toEqual(['f0010', 'f0033'])
  })

  test.each([
    ['f0010,stare', /history.txt:1: there is no kind "stare"/],
    ['f0010\nf0033,view,soon', /history.txt:2: "soon" is no time/],
    ['{"interactions":[{"kind":"view"}]}', /history.txt, entry 0/],
    ['[oops', /not JSON/],
  ])('%j: refused, with the place', (text, message) => {
    expect(() => read(text)).toThrow(message)
    try {
      read(text)
    } catch (error) {
      expect(errorCode(error)).toBe('bad_data')
    }
  })
})

describe('rules of the site', () => {
  const asked = (item: string, rules: readonly Rule[]) =>
    inspectQuery(bundle, { ...queryOf(IDS), rules }, item).asked!

  test('are named, their terms are told, and the chance is that of before them', () => {
    const { slate } = inspectQuery(bundle, queryOf(IDS))
    const [best, other] = [slate[0]!.item, slate[1]!.item]
    const factor = Math.exp(slate[3]!.score - slate[0]!.score) // as likely as the fourth
    const rules: readonly Rule[] = [
      { name: 'Bury', kind: 'boost', where: { items: [best] }, factor },
      { name: 'Elsewhere', kind: 'pin', item: best, slot: 1, surfaces: ['popular'] },
      { name: 'Recall', kind: 'exclude', where: { items: [other] } },
    ]
    const ruled = inspectQuery(bundle, { ...queryOf(IDS, 100), rules })
    expect(ruled.rules).toEqual(['Bury', 'Recall'])
    const buried = ruled.slate.find(({ item }) => item === best)!
    expect(buried.why).toContainEqual({ source: 'boost', share: expect.any(Number), rule: 'Bury' })
    expect(buried.chance).toBeCloseTo(slate[0]!.chance!, 6)
    expect(buried.place).toBeGreaterThan(1)
    expect(asked(other, rules)).toMatchObject({
      verdict: 'left out',
      because: 'excluded by the rule "Recall"',
    })
    expect(asked(best, [{ ...rules[0]!, factor: 0.01 } as Rule])).toMatchObject({
      verdict: 'kept out',
      place: 1,
    })
    for (const { items } of ruled.others) expect(items.map(({ item }) => item)).not.toContain(other)
  })

  test('bring what no generator brings, and say so', async () => {
    const far = bundle.ids.findLast((id) => asked(id, []).verdict === 'no candidate')!
    const rules: readonly Rule[] = [{ name: 'Of the week', kind: 'pin', item: far, slot: 2 }]
    expect(asked(far, rules)).toMatchObject({
      verdict: 'shown',
      why: expect.arrayContaining([{ source: 'pin', rule: 'Of the week', share: expect.any(Number) }]),
    })
    expect(inspectQuery(bundle, { ...queryOf(IDS), rules }).slate[1]).toMatchObject({
      item: far,
      place: 2,
      brought: [],
    })
    const document = {
      schema: 1,
      rules: [...rules, { name: 'Over', kind: 'diversity', value: 1, until: '2020-01-01' }],
    }
    writeFileSync(join(cwd, 'rules.json'), JSON.stringify(document))
    const told = await run('--history', IDS.join(','), '--rules', 'rules.json')
    expect(told.out).toContain('Rules that decide here: Of the week\n')
    expect(told.out).toContain('pin (Of the week)')
    const one = await run('--history', IDS.join(','), '--rules', 'rules.json', '--item', far)
    expect(one.out).toContain('is in the slate: a rule has brought it, no generator did.')
    writeFileSync(join(cwd, 'rules.json'), '{ "schema": 1, "rules": [{ "name": "x", "kind": "y" }] }')
    expect((await run('--history', IDS.join(','), '--rules', 'rules.json')).code).not.toBe(0)
  })
})
