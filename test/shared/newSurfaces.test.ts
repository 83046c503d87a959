import { beforeAll, expect, test } from 'vitest'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { createRecommender, type Recommender } from '../../shared/rank/recommend.ts'
import { genresOf, idsOf, NOW, shop, visits } from './controlled.ts'

let bundle: Bundle
let recommender: Recommender

/** The n-th item that has something to go with it. */
function linked(n: number): string {
  const { offsets } = bundle.neighbours!
  return bundle.ids.filter((_, i) => offsets[i + 1]! > offsets[i]! + 5)[n]!
}

beforeAll(async () => {
  bundle = await shop()
  recommender = createRecommender(bundle)
})

test('bought-together: for an item or a basket, never what is in it', () => {
  const asked = { surface: 'bought-together' as const, history: [], now: NOW }
  const one = recommender.recommend({ ...asked, item: linked(0) })
  expect(one.seed).toBe(linked(0))
  expect(one.items.length).toBeGreaterThan(0)
  const sources = new Set(one.items.flatMap(({ why }) => why.map(({ source }) => source)))
  expect([...sources].every((source) => source === 'transitions' || source === 'collaborative')).toBe(true)
  const basket = [0, 1, 2].map(linked)
  const several = recommender.recommend({ ...asked, items: basket })
  expect(several.seed).toBeUndefined()
  for (const item of idsOf(several)) expect(basket).not.toContain(item)
  expect(() => recommender.recommend(asked)).toThrow('needs an item, or items')
  expect(() => recommender.recommend({ ...asked, items: [] })).toThrow('needs an item, or items')
  expect(recommender.recommend({ ...asked, item: 'unknown' }).items).toEqual([])
})

test('bought-together is honest: likeness alone brings nothing', () => {
  const poor = createRecommender({ ...bundle, table: null, neighbours: null, transitions: null })
  expect(
    poor.recommend({ surface: 'bought-together', item: linked(0), history: [], now: NOW }).items,
  ).toEqual([])
  expect(poor.recommend({ surface: 'similar', item: linked(0), history: [], now: NOW }).items).not.toEqual([])
})

test('top-in: the most popular in what the history says more of than the catalogue does', () => {
  const noir = Array.from({ length: 160 }, (_, n) => n).filter(
    (n) => n % 5 === 0 && n % 2 === 1 && n % 3 !== 0,
  )
  expect(noir.slice(0, 4).every((n) => genresOf(n).includes('Noir'))).toBe(true)
  const slate = recommender.recommend({ surface: 'top-in', history: visits(noir.slice(0, 4)), now: NOW })
  expect(slate).toMatchObject({ reason: 'personal', within: { attribute: 'genre', value: 'Noir' } })
  for (const item of idsOf(slate)) expect(genresOf(Number(item.slice(1)))).toContain('Noir')
  const popular = recommender.recommend({
    surface: 'popular',
    history: visits(noir.slice(0, 4)),
    now: NOW,
    k: 100,
  })
  const naive = idsOf(popular).filter((item) => genresOf(Number(item.slice(1))).includes('Noir'))
  expect(idsOf(slate)).toEqual(naive.slice(0, 12))
})

test('top-in: a filter names it for everybody; without either there is nothing to be the top of', () => {
  const asked = { surface: 'top-in' as const, history: [], now: NOW }
  expect(recommender.recommend({ ...asked, filter: { genre: 'War' } })).toMatchObject({
    reason: 'popular',
    within: { attribute: 'genre', value: 'War' },
  })
  expect(recommender.recommend(asked)).toMatchObject({ reason: 'popular', items: [] })
})
