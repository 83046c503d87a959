import { LIST_GENERATORS, type ListGenerator } from '../bundle/generators.ts'
import type { Bundle } from '../bundle/openBundle.ts'
import type { RankerFile } from '../bundle/rankerFile.ts'
import { inTypical, typicalOf } from './calibrate.ts'
import { type Listed, rawScore } from './generator.ts'
import { countOf, newestList, popularList, trendingList, trendOf } from './popular.ts'

/** Longer than any quota, so that a long history can be filtered out. */
const LENGTH = 720

/** Half-life in days of each list of decayed counts. */
const DAYS = {
  'popular-0.5d': 0.5,
  'popular-1d': 1,
  'popular-3d': 3,
  'popular-7d': 7,
  'popular-30d': 30,
} as const

/**
 * The generator of decayed counts at a half-life that features read.
 * @throws RangeError for any other half-life
 */
export function popularGenerator(days: number): keyof typeof DAYS {
  const name = (Object.keys(DAYS) as (keyof typeof DAYS)[]).find((key) => DAYS[key] === days)
  if (!name) throw new RangeError(`No generator counts with a half-life of ${days} days.`)
  return name
}

export type BundleLists = { readonly [G in ListGenerator]: Listed<G> | null }

/** The lists of a bundle as generators; `null` where it has nothing to make one of. */
export function bundleLists(bundle: Bundle): BundleLists {
  const { halfLives } = bundle.popularity
  const chosen = bundle.manifest.profile.popularHalfLife
  const counted = <G extends ListGenerator>(name: G, halfLife: number): Listed<G> => {
    const count = countOf(bundle, halfLife)
    return {
      name,
      of: (item) => rawScore(name, count(item)),
      items: popularList(bundle, halfLife, LENGTH),
    }
  }
  const decayed = <G extends keyof typeof DAYS>(name: G): Listed<G> | null => {
    const halfLife = halfLives.indexOf(DAYS[name])
    return halfLife < 0 ? null : counted(name, halfLife)
  }
  const isListed = chosen === -1 || Object.values<number>(DAYS).includes(halfLives[chosen] ?? 0)
  return {
    popular: isListed ? null : counted('popular', chosen),
    'popular-0.5d': decayed('popular-0.5d'),
    'popular-1d': decayed('popular-1d'),
    'popular-3d': decayed('popular-3d'),
    'popular-7d': decayed('popular-7d'),
    'popular-30d': decayed('popular-30d'),
    'popular-ever': counted('popular-ever', -1),
    trending: trending(bundle),
    fresh: fresh(bundle),
  }
}

function trending(bundle: Bundle): Listed<'trending'> | null {
  const items = trendingList(bundle, LENGTH)
  if (items.length === 0) return null
  const trend = trendOf(bundle)
  return { name: 'trending', of: (item) => rawScore('trending', trend(item)), items }
}

/** What is new has an order and no measure: the score falls with the place. */
function fresh(bundle: Bundle): Listed<'fresh'> | null {
  const items = newestList(bundle, LENGTH)
  if (items.length === 0) return null
  const places = new Map(Array.from(items, (item, place) => [item, place]))
  return {
    name: 'fresh',
    of(item) {
      const place = places.get(item)
      return rawScore('fresh', place === undefined ? 0 : 1 / (place + 1))
    },
    items,
  }
}

/** Item → a list's score as features read it, a multiple of the list's typical one; 0 where there is no such list. */
export type ListMeasures = { readonly [G in ListGenerator]: (item: number) => number }

export function listMeasures(lists: BundleLists, quantiles: RankerFile['quantiles']): ListMeasures {
  const measure = <G extends ListGenerator>(list: Listed<G> | null) => {
    if (!list) return () => 0
    const typical = typicalOf(quantiles[list.name])
    return (item: number) => inTypical(list.of(item), typical)
  }
  return Object.fromEntries(
    LIST_GENERATORS.map((name) => [name, measure(lists[name] as Listed<ListGenerator> | null)]),
  ) as ListMeasures
}
