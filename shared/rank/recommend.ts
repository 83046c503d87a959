import type { Rung } from '../bundle/manifest.ts'
import type { Bundle } from '../bundle/openBundle.ts'
import { ForYouError } from '../domain/errors.ts'
import {
  type Contribution,
  DEFAULT_K,
  MAX_K,
  type RankQuery,
  type Reason,
  type Slate,
  type SlateItem,
} from '../domain/slate.ts'
import { attributeFilter } from './attributeFilter.ts'
import type { Excluded } from './generator.ts'
import { type HistoryView, historyView } from './historyView.ts'
import { lazy } from './lazy.ts'
import { type Network, plainNetwork } from './network.ts'
import { firstOf, isUnreleased, newestList, popularList, popularOrder, trendingList } from './popular.ts'
import { createRungs, type Ranked } from './rungs.ts'
import { SCORE_UNITS } from './scoreCandidates.ts'
import { similarTo } from './similar.ts'

/** Ranks with a bundle. Offline evaluation, publishing and the browser all come through here. */
export interface Recommender {
  readonly bundle: Bundle
  /** @throws ForYouError `bad_usage` for options that no bundle could satisfy */
  recommend(query: RankQuery): Slate
  /** The k best items of one rung of the ladder: what evaluation compares. */
  rank(rung: Rung, view: HistoryView, k: number, excluded: Excluded): Ranked
}

/** Items that a list keeps beyond a slate, so that a long history can be filtered out of it. */
const LIST_LENGTH = 1000

/** A shorter slate has no place to give away. */
const FEW = 4

/**
 * @param network computes the ranker's scores; the plain forward pass where none is given
 * @throws ForYouError `bundle_version` where the bundle's ranker needs features that this code lacks
 */
export function createRecommender(bundle: Bundle, network?: Network): Recommender {
  const net = network ?? (bundle.ranker ? plainNetwork(bundle.ranker.network) : null)
  const rungs = createRungs(bundle, net)
  const lists = {
    popular: lazy(() => popularList(bundle, bundle.manifest.profile.popularHalfLife, LIST_LENGTH)),
    trending: lazy(() => trendingList(bundle, LIST_LENGTH)),
    new: lazy(() => newestList(bundle, LIST_LENGTH)),
  }
  /** What follows where a filter or a long history leaves too little of a list. */
  const longer = {
    popular: lazy(() => popularOrder(bundle)),
    trending: lazy(() => popularOrder(bundle)),
    new: lazy(() => newestList(bundle, bundle.items)),
  }
  const unreleased = isUnreleased(bundle)

  function recommend(query: RankQuery): Slate {
    const surface = query.surface ?? 'for-you'
    const k = slateLength(query.k)
    const view = historyView(bundle, query.history, query.now)
    const banned = exclusion(bundle, query, view)
    const excluded = (item: number) => banned(item) || unreleased(item) || bundle.withdrawn.has(item)
    const slate = (reason: Reason, items: readonly SlateItem[], seed?: string): Slate => ({
      surface,
      items,
      reason,
      manifest: bundle.manifestHash,
      partial: !bundle.complete,
      ...(seed === undefined ? {} : seedOf(bundle, seed)),
    })
    switch (surface) {
      case 'for-you': {
        const rung = bundle.manifest.forYou
        // Before the first shard has arrived there may be nothing to rank personally with.
        const personal = rung !== 'popularity' && view.numbers.length > 0 && rungs.available(rung)
        const ranked = rungs.rank(personal ? rung : 'popularity', view, k, excluded)
        const items = explained(ranked, view)
        return personal ? slate('personal', withAdded(items, view, excluded)) : slate('popular', items)
      }
      case 'popular':
      case 'trending':
      case 'new':
        return slate('popular', listed(firstItems(surface, k, excluded), surface))
      case 'recent':
        return slate(view.numbers.length > 0 ? 'personal' : 'popular', recent(query, k))
      case 'similar': {
        const seed = query.item?.normalize('NFC')
        if (seed === undefined) throw new ForYouError('bad_usage', 'The surface "similar" needs an item.')
        return slate('personal', similar(seed, k, excluded), seed)
      }
      case 'because': {
        const latest = view.numbers.find((item) => rungs.hasNeighbours(item) && !bundle.withdrawn.has(item))
        if (latest === undefined) return slate('popular', [])
        const seed = bundle.ids[latest]!
        return slate('personal', similar(seed, k, excluded), seed)
      }
      default:
        throw new ForYouError('bad_usage', `There is no surface "${surface satisfies never}".`)
    }
  }

  function item(number: number, score: number, why: readonly Contribution[]): SlateItem {
    const details = bundle.detailsOf(number)
    return { item: bundle.ids[number]!, score: score / SCORE_UNITS, why, ...(details ? { details } : {}) }
  }

  function explained(ranked: Ranked, view: HistoryView): SlateItem[] {
    const why = rungs.explain(ranked, view)
    return Array.from(ranked.items, (number, r) => item(number, ranked.scores[r]!, why[r]!))
  }

  /**
   * Nobody can have chosen yet what an overlay has added, so whatever was learned from choices puts it last: the one whose
   * content suits best takes the last place, unless one of them has earned a place by itself.
   */
  function withAdded(items: SlateItem[], view: HistoryView, excluded: Excluded): SlateItem[] {
    const own = bundle.items - bundle.added
    const isAdded = (number: number) => number >= own && !excluded(number)
    if (bundle.added === 0 || items.length < FEW || items.some((i) => isAdded(bundle.numberOf.get(i.item)!)))
      return items
    const top = rungs.state.generators.content?.score(view).top(1, (number) => !isAdded(number))
    if (!top?.items.length) return items
    const scores = Float64Array.of(items.at(-1)!.score * SCORE_UNITS)
    const best: Ranked = { rung: 'content', items: top.items, scores, own: 1, seen: null }
    return [...items.slice(0, -1), ...explained(best, view)]
  }

  function firstItems(surface: 'popular' | 'trending' | 'new', k: number, excluded: Excluded): Int32Array {
    const first = firstOf(lists[surface](), k, excluded)
    if (first.length === k) return first
    const shown = new Set(first)
    const more = firstOf(longer[surface](), k - first.length, (item) => shown.has(item) || excluded(item))
    return Int32Array.of(...first, ...more)
  }

  function listed(items: Int32Array, surface: 'popular' | 'trending' | 'new'): SlateItem[] {
    const source = ({ popular: 'popular', trending: 'trending', new: 'fresh' } as const)[surface]
    return Array.from(items, (number, r) => {
      const score = Math.round((SCORE_UNITS * (items.length - r)) / items.length)
      return item(number, score, [{ source, share: score }])
    })
  }

  function similar(id: string, k: number, excluded: Excluded): SlateItem[] {
    const number = bundle.numberOf.get(id)
    if (number === undefined) return []
    return similarTo(rungs.state, number, k, (i) => i === number || excluded(i)).map(
      ({ item: i, source, score }) => item(i, score, [{ source, item: id, share: score }]),
    )
  }

  function recent({ history, exclude = [] }: RankQuery, k: number): SlateItem[] {
    const hidden = new Set([
      ...exclude.map((id) => id.normalize('NFC')),
      ...history.filter(({ kind }) => kind === 'hide').map((h) => h.item),
    ])
    const latest = [...new Set(history.toReversed().map((h) => h.item))].filter((id) => !hidden.has(id))
    const known = latest
      .flatMap((id) => bundle.numberOf.get(id) ?? [])
      .filter((number) => !bundle.withdrawn.has(number))
      .slice(0, k)
    return known.map((number, r) => {
      const score = Math.round((SCORE_UNITS * (known.length - r)) / known.length)
      return item(number, score, [{ source: 'visitor', item: bundle.ids[number]!, share: score }])
    })
  }

  return { bundle, recommend, rank: rungs.rank }
}

function slateLength(k = DEFAULT_K): number {
  if (!Number.isInteger(k) || k < 1 || k > MAX_K) {
    throw new ForYouError('bad_usage', `k must be a whole number from 1 to ${MAX_K}, not ${k}.`)
  }
  return k
}

function exclusion(bundle: Bundle, { exclude = [], filter }: RankQuery, { seen }: HistoryView): Excluded {
  const banned = new Set(exclude.flatMap((id) => bundle.numberOf.get(id.normalize('NFC')) ?? []))
  const allowed = filter ? attributeFilter(bundle, filter) : null
  return (item) => seen.has(item) || banned.has(item) || (allowed !== null && !allowed.has(item))
}

function seedOf(bundle: Bundle, seed: string): Pick<Slate, 'seed' | 'seedDetails'> {
  const number = bundle.numberOf.get(seed)
  const details = number === undefined ? undefined : bundle.detailsOf(number)
  return details ? { seed, seedDetails: details } : { seed }
}
