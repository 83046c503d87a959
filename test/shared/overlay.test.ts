import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { type Overlay, type OverlayItem, parseOverlay } from '../../shared/bundle/overlay.ts'
import { withOverlay } from '../../shared/bundle/withOverlay.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import type { Surface } from '../../shared/domain/slate.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { bundleOf, checkerboard, T0 } from '../worlds.ts'

const overlay = (change: Partial<Overlay>): Overlay => ({
  schema: 1,
  site: 'stage',
  issued: T0,
  withdrawn: [],
  items: [],
  ...change,
})
const history = (ids: readonly string[]) =>
  ids.map((item, i) => ({ item, kind: 'view' as const, at: T0 + i }))
const idOf = (n: number) => `i${String(n).padStart(2, '0')}`
const someIds = fc.uniqueArray(fc.integer({ min: 0, max: 19 }).map(idOf), { maxLength: 8 })

/** The checkerboard, and at its end three even items and an odd one that nobody has chosen yet. */
const NEW = ['n0', 'n1', 'n2', 'n3']
let full: Bundle
/** The same bundle as it was before those four came. */
let before: Bundle
/** What an overlay says of the four. */
let added: OverlayItem[]

beforeAll(async () => {
  const board = checkerboard()
  const unchosen = NEW.map((id, n) => ({
    id,
    title: `Title ${id}`,
    year: 2000,
    releasedAt: T0 + (20 + n) * DAY_MS,
    attributes: { genre: [n === 3 ? 'Odd' : 'Even'], mood: ['calm'] },
  }))
  const dataset = { ...board, catalogue: [...board.catalogue, ...unchosen] }
  full = await bundleOf(dataset, { cold: { damping: 0, regularisation: 1 } })
  expect(full.ids.slice(-NEW.length)).toEqual(NEW)
  before = cut(full, full.items - NEW.length)
  added = NEW.map((id) => itemOf(full, id))
})

/** A bundle without its last items, which nothing else in it names. */
function cut(bundle: Bundle, items: number): Bundle {
  const { popularity, neighbours, transitions, content } = bundle
  const all = popularity.count.length
  const offsetsOf = <R extends { offsets: Uint32Array }>(rows: R): R => ({
    ...rows,
    offsets: rows.offsets.slice(0, items + 1),
  })
  const end = content!.offsets[items]!
  return {
    ...bundle,
    items,
    ids: bundle.ids.slice(0, items),
    numberOf: new Map(bundle.ids.slice(0, items).map((id, n) => [id, n])),
    firstDay: bundle.firstDay.slice(0, items),
    year: bundle.year.slice(0, items),
    popularity: {
      ...popularity,
      count: popularity.count.slice(0, items),
      mean: popularity.mean.slice(0, items),
      decayed: Uint16Array.from(
        popularity.halfLives.flatMap((_, h) => [...popularity.decayed.slice(h * all, h * all + items)]),
      ),
    },
    neighbours: neighbours && offsetsOf(neighbours),
    transitions: transitions && offsetsOf(transitions),
    content: {
      ...offsetsOf(content!),
      columns: content!.columns.slice(0, end),
      weights: content!.weights.slice(0, end),
    },
    detailsOf: (n) => (n < items ? bundle.detailsOf(n) : undefined),
  }
}

/** An item of a bundle as an overlay would name it. */
function itemOf({ content, ...bundle }: Bundle, id: string): OverlayItem {
  const number = bundle.numberOf.get(id)!
  const { names, values, nameOf } = content!.vocabulary
  const terms: [string, string, number][] = []
  for (let e = content!.offsets[number]!; e < content!.offsets[number + 1]!; e++) {
    const term = content!.columns[e]!
    terms.push([names[nameOf[term]!]!, values[term]!, content!.weights[e]!])
  }
  const { title, ...details } = bundle.detailsOf(number)!
  return {
    id,
    details: {
      title,
      year: details.year,
      attributes: details.attributes as Record<string, string[]>,
    },
    releasedAt: bundle.firstDay[number]! * DAY_MS,
    terms,
  }
}

describe('an overlay is refused', () => {
  const good = overlay({
    withdrawn: ['a'],
    items: [{ id: 'b', details: { title: 'B', price: 9.5 }, terms: [['genre', 'War', 255]] }],
  })
  const read = (change: object) => {
    try {
      parseOverlay(JSON.stringify({ ...good, ...change }))
      return null
    } catch (error) {
      return errorCode(error)
    }
  }

  test('but not a good one, whose unknown fields are left out', () => {
    expect(parseOverlay(JSON.stringify({ ...good, withdrawn: ['e\u0301'] })).withdrawn).toEqual(['\u00e9'])
    expect(parseOverlay(JSON.stringify({ ...good, later: true }))).toEqual(good)
  })

  test.each([
    ['another schema', { schema: 2 }],
    ['a site that is none', { site: '../x' }],
    ['an id twice among the withdrawn', { withdrawn: ['a', 'a'] }],
    [
      'an id twice among the items',
      {
        items: [
          { id: 'a', details: {} },
          { id: 'a', details: { price: 1 } },
        ],
      },
    ],
    ['one item in two Unicode forms', { withdrawn: ['e\u0301', '\u00e9'] }],
    ['an empty id', { withdrawn: [''] }],
    ['a price below zero', { items: [{ id: 'a', details: { price: -1 } }] }],
    ['a price that is no number', { items: [{ id: 'a', details: { price: null } }] }],
    ['a weight that no row has', { items: [{ id: 'a', details: {}, terms: [['genre', 'War', 256]] }] }],
    ['a weight between numbers', { items: [{ id: 'a', details: {}, terms: [['genre', 'War', 1.5]] }] }],
  ])('for %s', (_, change) => {
    expect(read(change)).toBe('parse_error')
  })
})

describe('withdrawn items', () => {
  const surfaces: Surface[] = ['for-you', 'popular', 'trending', 'new', 'similar']

  test('leave slates as if each visitor had excluded them, whatever the surface and the history', () => {
    fc.assert(
      fc.property(someIds, someIds, fc.integer({ min: 1, max: 24 }), (seen, withdrawn, k) => {
        const shown = createRecommender(withOverlay(full, overlay({ withdrawn })))
        const plain = createRecommender(full)
        for (const surface of surfaces) {
          const query = { surface, k, item: 'i00', history: history(seen), now: T0 }
          const naive = plain.recommend({ ...query, exclude: withdrawn })
          const items = shown.recommend(query).items
          expect(items.map(({ item, score }) => [item, score])).toEqual(
            naive.items.map(({ item, score }) => [item, score]),
          )
        }
      }),
      { numRuns: 60 },
    )
  })

  test('leave the lists that are the same for everybody as a filter of the longest list', () => {
    fc.assert(
      fc.property(someIds, fc.integer({ min: 1, max: 24 }), (withdrawn, k) => {
        const shown = createRecommender(withOverlay(full, overlay({ withdrawn })))
        for (const surface of ['popular', 'new'] as const) {
          const ids = (n: number, recommender: typeof shown) =>
            recommender.recommend({ surface, k: n, history: [], now: T0 }).items.map(({ item }) => item)
          const naive = ids(100, createRecommender(full)).filter((id) => !withdrawn.includes(id))
          expect(ids(k, shown)).toEqual(naive.slice(0, k))
        }
      }),
      { numRuns: 60 },
    )
  })

  test('still count in histories, but are neither listed as recent, nor named as the reason of a slate', () => {
    const query = { history: history(['i02', 'i04']), now: T0 }
    const plain = createRecommender(full)
    const shown = createRecommender(withOverlay(full, overlay({ withdrawn: ['i04'] })))
    const forYou = (r: typeof plain) => r.recommend(query).items.map(({ item, score }) => [item, score])
    expect(forYou(shown)).toEqual(forYou(plain)) // it was seen, so it was never a candidate
    const recent = shown.recommend({ ...query, surface: 'recent' }).items.map(({ item }) => item)
    expect(recent).toEqual(['i02'])
    expect(plain.recommend({ ...query, surface: 'because' }).seed).toBe('i04')
    expect(shown.recommend({ ...query, surface: 'because' }).seed).toBe('i02')
    const similar = shown.recommend({ ...query, surface: 'similar', item: 'i04' })
    expect(similar.items.length).toBeGreaterThan(0) // a page that is still open may ask
    expect(similar.seedDetails).toBeUndefined()
  })

  test('may be unknown, and may be items that the same document adds', () => {
    const shown = withOverlay(before, overlay({ withdrawn: ['nobody', 'n1'], items: added }))
    expect(shown.ids.slice(-3)).toEqual(['n0', 'n2', 'n3'])
    expect(shown.withdrawn.size).toBe(0)
  })
})

describe('added items', () => {
  test('make the bundle that training would have made of an item that nobody has chosen', () => {
    const shown = withOverlay(before, overlay({ items: added }))
    const { detailsOf: _, withdrawn: __, added: count, ...same } = shown
    const { detailsOf: ___, withdrawn: ____, added: _____, ...trained } = full
    expect(count).toBe(NEW.length)
    expect(same).toEqual(trained)
    for (const id of NEW) {
      const number = full.numberOf.get(id)!
      expect(shown.detailsOf(number)).toEqual(full.detailsOf(number))
    }
  })

  test('have the scores that they would have had if they had been trained in', () => {
    const trained = createRecommender({ ...full, manifest: { ...full.manifest, forYou: 'content' } })
    const overlaid = withOverlay(before, overlay({ items: added }))
    const shown = createRecommender({ ...overlaid, manifest: { ...full.manifest, forYou: 'content' } })
    fc.assert(
      fc.property(someIds, fc.constantFrom('for-you', 'similar', 'popular', 'because'), (seen, surface) => {
        const query = { surface, k: 24, item: 'n1', history: history(seen), now: T0 } as const
        expect(shown.recommend(query)).toEqual(trained.recommend(query))
      }),
      { numRuns: 60 },
    )
    const even = shown.recommend({ history: history(['i00', 'i02']), now: T0, k: 24 }).items
    const places = NEW.map((id) => even.findIndex(({ item }) => item === id))
    expect(Math.max(...places.slice(0, 3))).toBeLessThan(places[3]!) // three are of the history's genre
  })

  test('that suit have the last place of what is learned from choices, which knows nothing of them', () => {
    const recommender = createRecommender(withOverlay(before, overlay({ items: added })))
    const plain = createRecommender(before)
    fc.assert(
      fc.property(someIds, someIds, fc.integer({ min: 1, max: 20 }), (seen, exclude, k) => {
        const query = { k, history: history(seen), now: T0, exclude: [...exclude, 'n0'] }
        const own = plain.recommend(query).items
        const shown = recommender.recommend(query).items
        const last = shown.at(-1)
        if (k < 4 || seen.length === 0) {
          expect(shown.map(({ item }) => item).slice(0, own.length)).toEqual(own.map(({ item }) => item))
          return
        }
        expect(NEW).toContain(last?.item)
        expect(last?.item).not.toBe('n0')
        expect(shown.filter(({ item }) => NEW.includes(item)).length).toBeGreaterThanOrEqual(1)
        if (own.length < k) return // a catalogue that is used up is followed by all that was added
        expect(shown.slice(0, -1)).toEqual(own.slice(0, -1))
        expect(last?.why.reduce((sum, { share }) => sum + share, 0)).toBe(Math.round(last!.score * 65_536))
        expect(last?.why[0]?.source).toBe('content')
      }),
      { numRuns: 100 },
    )
    const odd = recommender.recommend({ k: 5, history: history(['i01', 'i03']), now: T0 }).items
    expect(odd.at(-1)).toMatchObject({
      item: 'n3',
      why: [{ source: 'content', item: expect.any(String) }, { source: 'fresh' }],
    })
    expect(recommender.recommend({ k: 5, history: [], now: T0 }).items.map(({ item }) => item)).toEqual(
      plain.recommend({ k: 5, history: [], now: T0 }).items.map(({ item }) => item),
    )
  })

  test('take every other place of "new", in the order of the overlay', () => {
    const ids = (bundle: Bundle, k: number) =>
      createRecommender(bundle)
        .recommend({ surface: 'new', k, history: [], now: T0 })
        .items.map(({ item }) => item)
    const own = ids(before, 8)
    const shown = ids(withOverlay(before, overlay({ items: added })), 10)
    expect(shown).toEqual(['n0', own[0], 'n1', own[1], 'n2', own[2], 'n3', own[3], own[4], own[5]])
  })

  test('wait for the whole catalogue, but withdrawals and details do not', () => {
    const partial = { ...before, popularity: full.popularity }
    const shown = withOverlay(
      partial,
      overlay({ withdrawn: ['i00'], items: [...added, { id: 'i01', details: { price: 5 } }] }),
    )
    expect(shown.items).toBe(partial.items)
    expect([...shown.withdrawn]).toEqual([partial.numberOf.get('i00')])
    expect(shown.detailsOf(partial.numberOf.get('i01')!)?.price).toBe(5)
  })

  test('are recommendable at once even if their day lies after the data', () => {
    const late = added.map((item) => ({ ...item, releasedAt: T0 + 4000 * DAY_MS }))
    const shown = createRecommender(withOverlay(before, overlay({ items: late })))
    const { items } = shown.recommend({ surface: 'new', k: 20, history: [], now: T0 })
    expect(items.map(({ item }) => item)).toEqual(expect.arrayContaining(NEW))
    const undated = added.map(({ releasedAt: _, ...item }) => item)
    const bundle = withOverlay(before, overlay({ items: undated }))
    expect(bundle.firstDay.at(-1)).toBe(Math.floor(before.popularity.asOf / DAY_MS))
  })

  test('without terms that the vocabulary knows are found by their newness alone', () => {
    const strange = [
      { id: 'n9', details: { title: 'N' }, terms: [['genre', 'Unheard', 255]] as [string, string, number][] },
    ]
    const bundle = withOverlay(before, overlay({ items: strange }))
    const { offsets } = bundle.content!
    expect(offsets.at(-1)).toBe(offsets.at(-2))
    const { items } = createRecommender(bundle).recommend({ surface: 'new', k: 1, history: [], now: T0 })
    expect(items[0]?.item).toBe('n9')
  })
})

test('an overlay of another site, and none, change nothing', () => {
  expect(withOverlay(full, overlay({ site: 'other', withdrawn: ['i00'] }))).toBe(full)
  expect(withOverlay(full, null)).toBe(full)
})

describe('items that the bundle has', () => {
  test('get the details that are given and keep the others; nothing else changes', () => {
    const change = [
      { id: 'i03', details: { price: 19.5, title: 'Renamed' } },
      { id: 'gone', details: { price: 3 } },
    ]
    const shown = withOverlay(full, overlay({ items: [...change, ...added] }))
    const number = full.numberOf.get('i03')!
    expect(shown.detailsOf(number)).toEqual({ ...full.detailsOf(number), price: 19.5, title: 'Renamed' })
    expect(shown.items).toBe(full.items) // what was added yesterday is in the catalogue today
    expect(shown.added).toBe(0)
    const slate = (bundle: Bundle) =>
      createRecommender(bundle)
        .recommend({ history: history(['i01']), now: T0 })
        .items.map(({ item, score }) => [item, score])
    expect(slate(shown)).toEqual(slate(full))
  })

  test('wait for a title', () => {
    const bare = { ...full, detailsOf: () => undefined }
    const shown = withOverlay(bare, overlay({ items: [{ id: 'i03', details: { price: 2 } }] }))
    expect(shown.detailsOf(full.numberOf.get('i03')!)).toBeUndefined()
  })
})
