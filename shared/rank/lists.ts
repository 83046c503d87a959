import type { Bundle } from '../bundle/openBundle.ts'
import type { ItemSet } from './finish/whereIndex.ts'
import type { Excluded } from './generator.ts'
import { lazy } from './lazy.ts'
import {
  countOf,
  firstOf,
  newestList,
  popularCount,
  popularList,
  popularOrder,
  trendingList,
  trendOf,
} from './popular.ts'

export type ListSurface = 'popular' | 'trending' | 'new'

export interface Lists {
  /** The first k of a list that are not excluded. A narrow `allowed` is walked instead of the list. */
  first(surface: ListSurface, k: number, excluded: Excluded, allowed?: ItemSet | null): Int32Array
  /** What an item at a place counts on a list, as a share of what the first of all counts. */
  share(surface: ListSurface, item: number, place: number): number
  /** The first thousand by popularity. */
  popular(): Int32Array
  /** The whole catalogue, most popular first, and newest first. */
  everything(): Int32Array
  newest(): Int32Array
}

/** Items that a list keeps beyond a slate, so that a long history can be filtered out of it. */
const LIST_LENGTH = 1000
/** Fewer items than this are sorted on their own, sooner than the catalogue is gone through. */
const NARROW = 2000

/** The lists of a bundle: by popularity, by trend (then by popularity), by age. */
export function createLists(bundle: Bundle): Lists {
  const count = popularCount(bundle)
  const total = countOf(bundle, -1)
  const trend = trendOf(bundle)
  const newest = lazy(() => newestList(bundle, bundle.items))
  const popular = lazy(() => popularList(bundle, bundle.manifest.profile.popularHalfLife, LIST_LENGTH))
  const lists = { popular, trending: lazy(() => trendingList(bundle, LIST_LENGTH)), new: newest }
  /** What follows where a filter or a long history leaves too little of a list. */
  const everything = lazy(() => popularOrder(bundle))
  const longer = {
    popular: () => [everything()],
    trending: lazy(() => [trendingList(bundle, bundle.items), everything()]),
  }
  const placeIn = {
    popular: lazy(() => placesIn(popular())),
    trending: lazy(() => placesIn(lists.trending())),
  }

  function narrow(surface: 'popular' | 'trending', k: number, items: Int32Array): Int32Array {
    const places = placeIn[surface]()
    const place = (item: number) => places.get(item) ?? LIST_LENGTH
    const rising = surface === 'trending' ? trend : () => 0
    return items
      .sort(
        (a, b) =>
          place(a) - place(b) || rising(b) - rising(a) || count(b) - count(a) || total(b) - total(a) || a - b,
      )
      .slice(0, k)
  }

  const best = {
    popular: lazy(() => count(popular()[0] ?? 0)),
    trending: lazy(() => trend(lists.trending()[0] ?? 0)),
  }

  return {
    popular,
    everything,
    newest,
    first(surface, k, excluded, allowed = null) {
      const left: Excluded = (item) => (allowed !== null && !allowed.has(item)) || excluded(item)
      if (allowed && allowed.items.length < NARROW && surface !== 'new')
        return narrow(
          surface,
          k,
          allowed.items.filter((item) => !excluded(item)),
        )
      const first = firstOf(lists[surface](), k, left)
      if (first.length === k || surface === 'new') return first
      const shown = new Set(first)
      for (const list of longer[surface]())
        for (const item of firstOf(list, k - shown.size, (other) => shown.has(other) || left(other)))
          shown.add(item)
      return Int32Array.from(shown)
    },
    share(surface, item, place) {
      if (surface === 'new') return 1 / (1 + place)
      const value = surface === 'popular' ? count(item) : trend(item)
      return best[surface]() > 0 ? value / best[surface]() : 0
    },
  }
}

function placesIn(list: Int32Array): ReadonlyMap<number, number> {
  return new Map(Array.from(list, (item, place) => [item, place]))
}
