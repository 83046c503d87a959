import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { Rule } from '../../shared/domain/rules.ts'
import { type ControlOptions, type RankQuery, SURFACES, type Surface } from '../../shared/domain/slate.ts'
import { createRecommender, type Recommender } from '../../shared/rank/recommend.ts'
import { SCORE_UNITS } from '../../shared/rank/scoreCandidates.ts'
import {
  brandOf,
  GENRES,
  genresOf,
  idsOf,
  ledBy,
  NOW,
  SHOP_ITEMS,
  shop,
  shopId,
  sumOf,
  visits,
} from './controlled.ts'

let bundle: Bundle
const recommenders = new Map<string, Recommender>()
const RUNGS = ['popularity', 'content', 'collaborative', 'ranker'] as const
const led = (rung: (typeof RUNGS)[number] = 'ranker') => recommenders.get(rung)!

beforeAll(async () => {
  bundle = await shop()
  for (const rung of RUNGS) recommenders.set(rung, createRecommender(ledBy(bundle, rung)))
})

const number = fc.integer({ min: 0, max: SHOP_ITEMS - 1 })
const id = number.map(shopId)
const history = fc.array(number, { maxLength: 12 }).map(visits)
const surface = fc.constantFrom(...SURFACES)
const rung = fc.constantFrom(...RUNGS)
const k = fc.integer({ min: 1, max: 30 })
const fraction = fc.constantFrom(0, 0.1, 0.5, 0.9, 1)
const genre = fc.constantFrom(...GENRES)
const where = fc.oneof(
  fc.record({ items: fc.uniqueArray(id, { minLength: 1, maxLength: 5 }) }),
  fc.record({ attributes: fc.record({ genre: fc.oneof(genre, fc.uniqueArray(genre, { minLength: 1 })) }) }),
)
const controls: fc.Arbitrary<ControlOptions> = fc.record(
  {
    exclude: fc.uniqueArray(id, { maxLength: 10 }),
    excludeWhere: where,
    filter: fc.record({ genre: fc.oneof(genre, fc.uniqueArray(genre, { minLength: 1 })) }),
    pins: fc.uniqueArray(fc.record({ item: id, slot: fc.integer({ min: 1, max: 12 }) }), {
      selector: ({ slot }) => slot,
      maxLength: 3,
    }),
    boosts: fc.array(fc.record({ where, factor: fc.constantFrom(0.01, 0.5, 1, 2, 100) }), { maxLength: 2 }),
    caps: fc.record({ genre: fc.integer({ min: 1, max: 4 }) }),
    seen: fc.constantFrom('exclude', 'decay'),
    diversity: fraction,
    explore: fc.record({ share: fraction, maxAgeDays: fc.constantFrom(0, 10, 40) }),
    rotate: fraction,
    shown: fc.dictionary(id, fc.integer({ min: 0, max: 5 })),
    visit: fc.integer({ min: 0, max: 9 }),
  },
  { requiredKeys: [] },
)
const query = fc.record({ surface, k, history, item: id }).map((q): RankQuery => ({ ...q, now: NOW }))
const numberOf = (item: string) => Number(item.slice(1))
const matches = (
  n: number,
  { items = [], attributes = {} }: { items?: string[]; attributes?: { genre?: string | string[] } },
) =>
  items.includes(shopId(n)) ||
  (attributes.genre !== undefined && [attributes.genre].flat().some((g) => genresOf(n).includes(g)))

/** What comes into sight late is unlike the rest, and would be worth more than what stands above it. */
const VARIED: RankQuery = {
  k: 9,
  history: [{ item: shopId(143), kind: 'view', at: NOW - 3_600_000 }],
  now: NOW,
}

/** All pages of a slate as one. */
function everything(asked: RankQuery) {
  const first = led().recommend({ ...asked, k: 100 })
  return [
    ...first.items,
    ...(first.next ? led().recommend({ ...asked, k: 100, after: first.next }).items : []),
  ]
}

describe('whatever the controls', () => {
  test('contributions sum to the score exactly, scores fall, nothing is there twice or banned', () => {
    fc.assert(
      fc.property(query, controls, rung, (asked, control, by) => {
        const slate = led(by).recommend({ ...asked, ...control })
        const ids = idsOf(slate)
        expect(new Set(ids).size).toBe(ids.length)
        expect(ids.length).toBeLessThanOrEqual(asked.k!)
        for (const [r, { item, score, why }] of slate.items.entries()) {
          expect(sumOf(why)).toBe(score * SCORE_UNITS)
          if (r > 0) expect(score).toBeLessThanOrEqual(slate.items[r - 1]!.score)
          const n = numberOf(item)
          expect(control.exclude ?? []).not.toContain(item)
          if (control.excludeWhere) expect(matches(n, control.excludeWhere as object)).toBe(false)
          if (control.filter) expect(matches(n, { attributes: control.filter as object })).toBe(true)
        }
        expect(led(by).recommend({ ...asked, ...control })).toEqual(slate)
      }),
      {
        numRuns: 150,
        examples: [[{ ...VARIED, surface: 'for-you' }, { caps: { genre: 4 }, diversity: 1 }, 'popularity']],
      },
    )
  })

  test('caps hold, whatever else is asked; only pins go beyond them', () => {
    fc.assert(
      fc.property(query, controls, rung, fc.integer({ min: 1, max: 4 }), (asked, control, by, max) => {
        const slate = led(by).recommend({ ...asked, ...control, caps: { genre: max } })
        if (asked.surface === 'recent') return
        const own = slate.items.filter(({ why }) => !why.some(({ source }) => source === 'pin'))
        for (const g of GENRES)
          expect(own.filter(({ item }) => genresOf(numberOf(item)).includes(g)).length).toBeLessThanOrEqual(
            max,
          )
      }),
      { numRuns: 100 },
    )
  })

  test('an item that is hidden by the visitor never comes back, pinned or forgiven', () => {
    const hidden = [...visits([1, 2, 3]), { item: shopId(4), kind: 'hide' as const, at: NOW }]
    for (const by of RUNGS) {
      const slate = led(by).recommend({
        history: hidden,
        now: NOW,
        k: 100,
        seen: 'decay',
        pins: [{ item: shopId(4), slot: 1 }],
      })
      expect(idsOf(slate)).not.toContain(shopId(4))
    }
  })
})

describe('neutral controls', () => {
  const neutral: ControlOptions = {
    diversity: 0,
    minRelevance: 0,
    rotate: 0,
    boosts: [{ where: { attributes: { genre: 'War' } }, factor: 1 }],
    pins: [],
    caps: { colour: 1 },
    explore: { share: 0, maxAgeDays: 3 },
    seen: 'exclude',
  }

  test('leave the order as it is, on every surface', () => {
    fc.assert(
      fc.property(query, rung, (asked, by) => {
        const plain = led(by).recommend(asked)
        expect(idsOf(led(by).recommend({ ...asked, ...neutral }))).toEqual(idsOf(plain))
      }),
      { numRuns: 60 },
    )
  })
})

describe('pages', () => {
  const pagesOf = (by: (typeof RUNGS)[number], asked: RankQuery, pages: number) => {
    const found: string[][] = []
    let after: readonly string[] | undefined
    for (let p = 0; p < pages; p++) {
      const slate = led(by).recommend({ ...asked, ...(after && { after }) })
      found.push(idsOf(slate))
      after = slate.next
      if (!after) break
    }
    return found
  }

  test('are the long list, cut, on every surface; with boosts, diversity and a filter too', () => {
    const control = fc.oneof(
      fc.constant({}),
      fc.record({
        diversity: fraction,
        boosts: fc.array(fc.record({ where, factor: fc.constant(3) }), { maxLength: 1 }),
        filter: fc.record({ genre }),
      }),
    )
    const size = fc.integer({ min: 1, max: 12 })
    fc.assert(
      fc.property(query, control, rung, size, (asked, some, by, length) => {
        const pages = pagesOf(by, { ...asked, ...some, k: length }, 3)
        const long = idsOf(led(by).recommend({ ...asked, ...some, k: length * 3 }))
        expect(pages.flat()).toEqual(long)
      }),
      { numRuns: 80 },
    )
  })

  test('show nothing twice, though the visitor has looked at something meanwhile', () => {
    fc.assert(
      fc.property(query, history, controls, (asked, later, control) => {
        const first = led().recommend({ ...asked, ...control })
        if (!first.next) return
        const second = led().recommend({
          ...asked,
          ...control,
          history: [...asked.history, ...later],
          after: first.next,
        })
        for (const item of idsOf(second)) expect(idsOf(first)).not.toContain(item)
      }),
      { numRuns: 60 },
    )
  })

  test('end: the last one names no next', () => {
    const all = pagesOf('popularity', { history: [], now: NOW, surface: 'popular', k: 50 }, 9)
    expect(all.map((page) => page.length)).toEqual([50, 50, 50, 10])
  })
})

describe('filters', () => {
  test('are the naive filter of the whole list, narrow or wide', () => {
    const surfaces = fc.constantFrom<Surface>('popular', 'trending', 'new', 'top-in')
    const filter = fc.record(
      {
        genre: fc.oneof(genre, fc.uniqueArray(genre, { minLength: 1 })),
        brand: fc.constantFrom('Acme', 'Ajax', 'None'),
      },
      { requiredKeys: ['genre'] },
    )
    fc.assert(
      fc.property(surfaces, filter, history, (on, wanted, seen) => {
        const asked = { history: seen, now: NOW, k: 100 }
        const carries = (n: number) =>
          [wanted.genre].flat().some((g) => genresOf(n).includes(g)) &&
          (wanted.brand === undefined || brandOf(n) === wanted.brand)
        const list = on === 'top-in' ? 'popular' : on
        const first = led().recommend({ ...asked, surface: list })
        const rest = first.next ? led().recommend({ ...asked, surface: list, after: first.next }) : null
        const everything = [...idsOf(first), ...(rest ? idsOf(rest) : [])]
        const naive = everything.filter((item) => carries(numberOf(item))).slice(0, 100)
        expect(idsOf(led().recommend({ ...asked, surface: on, filter: wanted }))).toEqual(naive)
      }),
    )
  })
})

describe('pins', () => {
  test('stand at their slots on the first page, candidates or not, and not on the second', () => {
    fc.assert(
      fc.property(
        query,
        rung,
        fc.uniqueArray(number, { minLength: 2, maxLength: 2 }),
        (asked, by, [a, b]) => {
          if (asked.surface === 'recent') return
          const pins = [
            { item: shopId(a!), slot: 1 },
            { item: shopId(b!), slot: 3 },
          ]
          const plain = led(by).recommend({ ...asked, k: 12 })
          const slate = led(by).recommend({ ...asked, k: 12, pins })
          if (plain.items.length < 12) return
          expect(idsOf(slate)[0]).toBe(shopId(a!))
          expect(idsOf(slate)[2]).toBe(shopId(b!))
          const second = led(by).recommend({ ...asked, k: 12, pins, after: slate.next! })
          expect(idsOf(second)).not.toContain(shopId(a!))
        },
      ),
      { numRuns: 60 },
    )
  })

  test('of the site come before the page’s, which moves on; beyond the page they are not there', () => {
    const rule: Rule = { name: 'week', kind: 'pin', item: shopId(7), slot: 1 }
    const asked = { history: [], now: NOW, k: 5, surface: 'popular' as const, rules: [rule] }
    const slate = led().recommend({
      ...asked,
      pins: [
        { item: shopId(9), slot: 1 },
        { item: shopId(8), slot: 6 },
      ],
    })
    expect(idsOf(slate).slice(0, 2)).toEqual([shopId(7), shopId(9)])
    expect(idsOf(slate)).not.toContain(shopId(8))
    expect(slate.items[0]!.why.at(-1)).toMatchObject({ source: 'pin', rule: 'week' })
    expect(slate.items[0]!.score).toBe(slate.items[2]!.score)
    const elsewhere = led().recommend({ ...asked, rules: [{ ...rule, surfaces: ['new'] }] })
    expect(idsOf(elsewhere)[0]).not.toBe(shopId(7))
  })

  test('cannot bring what is withdrawn, excluded or outside the filter', () => {
    const withdrawn = new Set([bundle.numberOf.get(shopId(7))!])
    const other = createRecommender({ ...ledBy(bundle, 'popularity'), withdrawn })
    const asked = { history: [], now: NOW, pins: [{ item: shopId(7), slot: 1 }] }
    expect(idsOf(other.recommend(asked))).not.toContain(shopId(7))
    expect(idsOf(led().recommend({ ...asked, exclude: [shopId(7)] }))).not.toContain(shopId(7))
    expect(idsOf(led().recommend({ ...asked, filter: { genre: 'Drama' } }))).not.toContain(shopId(7))
    expect(idsOf(led().recommend(asked))[0]).toBe(shopId(7))
  })
})

describe('boosts', () => {
  test('lift what is outside the page, by ln factor; a factor of a hundredth buries', () => {
    const asked = { history: visits([10, 12, 14]), now: NOW, k: 10 }
    const long = led().recommend({ ...asked, k: 60 })
    const last = long.items[59]!
    const boosted = led().recommend({ ...asked, boosts: [{ where: { items: [last.item] }, factor: 100 }] })
    const there = boosted.items.find(({ item }) => item === last.item)
    expect(there?.why.at(-1)).toEqual({ source: 'boost', share: Math.round(Math.log(100) * SCORE_UNITS) })
    expect(there!.score).toBeCloseTo(last.score + Math.log(100), 4)
    const first = long.items[0]!
    const rules: Rule[] = [{ name: 'down', kind: 'boost', where: { items: [first.item] }, factor: 0.01 }]
    const buried = idsOf(led().recommend({ ...asked, k: 60, rules }))
    expect(buried[0]).toBe(long.items[1]!.item)
  })

  test('on a list make an item count so many times', () => {
    const list = led().recommend({ history: [], now: NOW, surface: 'popular', k: 100 })
    const count = (r: number) => Math.exp(list.items[r]!.score) - 1
    const boosts = [{ where: { items: [list.items[40]!.item] }, factor: 2 }]
    const after = idsOf(led().recommend({ history: [], now: NOW, surface: 'popular', k: 100, boosts }))
    const place = after.indexOf(list.items[40]!.item)
    const twice = (1 + count(40)) * 2
    if (place > 0) expect(1 + count(place - 1)).toBeGreaterThanOrEqual(twice - 0.1)
    expect(1 + count(place)).toBeLessThanOrEqual(twice + 0.1)
    expect(place).toBeLessThan(40)
  })
})

describe('seen', () => {
  test('decay: what was seen comes back, lowered the less the longer ago', () => {
    const asked = { history: visits([10, 12]), now: NOW, k: 100, seen: 'decay' as const }
    const loss = (now: number) =>
      everything({ ...asked, now })
        .find(({ item }) => item === shopId(10))
        ?.why.find(({ source }) => source === 'seen')?.share
    const soon = loss(NOW + 2 * 3_600_000)!
    const later = loss(NOW + 14 * 24 * 3_600_000)!
    expect(soon).toBeLessThan(-5.9 * SCORE_UNITS)
    expect(later / SCORE_UNITS).toBeCloseTo(-3, 1)
    expect(idsOf(led().recommend({ ...asked, seen: 'exclude' }))).not.toContain(shopId(10))
  })
})

describe('minimum relevance', () => {
  test('cuts the ranker at a probability and a list at a share of the best', () => {
    const asked = { history: visits([10, 12, 14]), now: NOW, k: 30 }
    const scores = led()
      .recommend(asked)
      .items.map(({ score }) => score)
    const limit = 1 / (1 + Math.exp(-scores[4]!))
    expect(led().recommend({ ...asked, minRelevance: limit }).items).toHaveLength(
      scores.filter((s) => s >= scores[4]!).length,
    )
    const list = led().recommend({ ...asked, surface: 'popular', k: 100 }).items
    const half = list.filter(({ score }) => Math.expm1(score) >= Math.expm1(list[0]!.score) / 2)
    expect(led().recommend({ ...asked, surface: 'popular', k: 100, minRelevance: 0.5 }).items).toHaveLength(
      half.length,
    )
    expect(half.length).toBeLessThan(list.length)
  })

  test('is not reached by a boost', () => {
    const asked = { history: [], now: NOW, surface: 'popular' as const, k: 100, minRelevance: 0.5 }
    const plain = idsOf(led().recommend(asked))
    const boosts = [{ where: { attributes: { genre: GENRES } }, factor: 100 }]
    expect(idsOf(led().recommend({ ...asked, boosts })).toSorted()).toEqual(plain.toSorted())
  })
})

describe('diversity', () => {
  test('makes a slate more varied, step by step, and says what it cost', () => {
    const asked = {
      history: visits([10, 12, 14]),
      now: NOW,
      k: 10,
      surface: 'similar' as const,
      item: shopId(12),
    }
    const spread = (diversity: number) => {
      const numbers = idsOf(led().recommend({ ...asked, diversity })).map(numberOf)
      return new Set(numbers.map((n) => genresOf(n).join())).size
    }
    expect(spread(0.7)).toBeGreaterThan(spread(0))
    const { items } = led().recommend({ ...asked, diversity: 0.7 })
    expect(
      items.some(({ why }) => why.some(({ source, share }) => source === 'diversity' && share < 0)),
    ).toBe(true)
  })
})

describe('exploration', () => {
  const asked = { history: visits([10, 12, 14]), now: NOW, k: 20 }
  const explore = { share: 0.2, maxAgeDays: 10 }
  const isFresh = (item: string) =>
    bundle.firstDay[bundle.numberOf.get(item)!]! >= Math.floor(bundle.popularity.asOf / 86_400_000) - 10

  test('gives fresh items their share of the slots, marked, the same during a visit and others in the next', () => {
    const slates = [1, 2, 3, 4].map((visit) => led().recommend({ ...asked, explore, visit }))
    for (const { items } of slates) {
      expect(items.filter(({ item }) => isFresh(item)).length).toBeGreaterThanOrEqual(4)
      for (const { item, why } of items)
        if (why.some(({ source }) => source === 'explore')) expect(isFresh(item)).toBe(true)
    }
    expect(new Set(slates.map((slate) => idsOf(slate).join())).size).toBeGreaterThan(1)
    expect(slates.some(({ items }) => items.some(({ why }) => why.at(-1)!.source === 'explore'))).toBe(true)
  })
})

describe('rotation', () => {
  test('sinks what earlier visits have shown in vain', () => {
    const asked = { history: visits([10, 12, 14]), now: NOW, k: 10 }
    const first = idsOf(led().recommend(asked))
    const shown = { [first[0]!]: 50 }
    const next = everything({ ...asked, shown, rotate: 1 })
    const place = next.findIndex(({ item }) => item === first[0])
    expect(place).toBeGreaterThan(0)
    expect(next[place]!.why.some(({ source, share }) => source === 'rotation' && share < 0)).toBe(true)
    expect(idsOf(led().recommend({ ...asked, shown }))).toEqual(first)
  })
})

describe('bad options', () => {
  test.each<[ControlOptions, string]>([
    [{ diversity: 2 }, 'diversity must be a number from 0 to 1, not 2'],
    [{ minRelevance: Number.NaN }, 'minRelevance'],
    [{ caps: { genre: 0 } }, 'caps.genre must be a whole number from 1 to 100, not 0'],
    [{ pins: [{ item: 'a', slot: 1.5 }] }, 'pins[0].slot'],
    [
      {
        pins: [
          { item: 'a', slot: 1 },
          { item: 'b', slot: 1 },
        ],
      },
      'pins[1].slot must be a slot that no other pin has',
    ],
    [{ boosts: [{ where: {}, factor: 0 }] }, 'boosts[0].factor must be a number from 0.01 to 100, not 0'],
    [
      { filter: { genre: 7 as unknown as string } },
      'filter.genre must be a value or a list of values, not 7',
    ],
    [{ seen: 'twice' as 'decay' }, 'seen must be "exclude" or "decay"'],
    [{ explore: { share: 0.1, maxAgeDays: -1 } }, 'explore.maxAgeDays'],
    [{ rotate: 1, shown: { a: -1 } }, 'shown["a"]'],
  ])('%j', (options, message) => {
    expect(() => led().recommend({ history: [], now: NOW, ...options })).toThrow(message)
  })
})
