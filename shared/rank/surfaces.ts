import type { Bundle } from '../bundle/openBundle.ts'
import { ForYouError } from '../domain/errors.ts'
import type { Contribution, RankQuery, Reason, Slate, Source, Surface } from '../domain/slate.ts'
import { boughtTogether } from './boughtTogether.ts'
import type { Pool } from './finish/finish.ts'
import type { ItemSet } from './finish/whereIndex.ts'
import type { Excluded } from './generator.ts'
import { type HistoryView, historyView } from './historyView.ts'
import type { ListSurface, Lists } from './lists.ts'
import type { Ranked, Rungs } from './rungs.ts'
import { SCORE_UNITS } from './scoreCandidates.ts'
import { scoreShare, shareScore, summingTo } from './scoreScale.ts'
import { similarTo } from './similar.ts'
import { topTaste } from './topTaste.ts'

/** What a surface has for a visitor, before the finish. */
export interface Found extends Pick<Slate, 'seed' | 'within'> {
  readonly reason: Reason
  readonly pool: Pool
  /** What the scores at these places are made of; they sum to them exactly. */
  why(places: readonly number[]): readonly (readonly Contribution[])[]
}

export interface SurfaceQuery {
  readonly query: RankQuery
  readonly view: HistoryView
  /** Items wanted, at the least. */
  readonly length: number
  readonly excluded: Excluded
  /** The filter as a set, so that a narrow one can be walked. */
  readonly allowed: ItemSet | null
  /** Whether scores must be on a logarithmic scale, for something will be added to them. */
  readonly additive: boolean
}

const LIST_SOURCE = { popular: 'popular', trending: 'trending', new: 'fresh' } as const

/** Every surface as a pool of items by falling score. */
export function createSurfaces(bundle: Bundle, rungs: Rungs, lists: Lists) {
  function forYou({ view, length, excluded, additive }: SurfaceQuery): Found {
    const rung = bundle.manifest.forYou
    // Before the first shard has arrived there may be nothing to rank personally with.
    const personal = rung !== 'popularity' && view.numbers.length > 0 && rungs.available(rung)
    const ranked = rungs.rank(personal ? rung : 'popularity', view, length, excluded)
    const learned = ranked.rung === 'ranker'
    const scores =
      learned || !additive ? ranked.scores : ranked.scores.map((score) => shareScore(score / SCORE_UNITS))
    const best = ranked.scores[0] ?? 0
    const relevance = (place: number) => {
      const score = ranked.scores[place]!
      if (place >= ranked.own) return 0
      return learned ? 1 / (1 + Math.exp(-score / SCORE_UNITS)) : best > 0 ? score / best : 0
    }
    return {
      reason: personal ? 'personal' : 'popular',
      pool: { items: ranked.items, scores, relevance },
      why: (places) => explained(ranked, places, view).map((why, p) => summingTo(why, scores[places[p]!]!)),
    }
  }

  /** Reasons of what stands at some places, told beside each other. */
  function explained(ranked: Ranked, places: readonly number[], view: HistoryView): Contribution[][] {
    const order = places.toSorted((a, b) => a - b)
    const why = rungs.explain(
      {
        ...ranked,
        items: Int32Array.from(order, (place) => ranked.items[place]!),
        scores: Float64Array.from(order, (place) => ranked.scores[place]!),
        own: order.filter((place) => place < ranked.own).length,
      },
      view,
    )
    return places.map((place) => why[order.indexOf(place)]!)
  }

  /** A pool of items with one share or several by source. */
  function shared(
    items: Int32Array,
    share: (item: number, place: number) => number,
    why: (place: number, score: number) => Contribution[],
  ): Pick<Found, 'pool' | 'why'> {
    const scores = Array.from(items, (item, place) => shareScore(share(item, place)))
    const best = scoreShare(scores[0] ?? 0)
    return {
      pool: { items, scores, relevance: (place) => (best > 0 ? scoreShare(scores[place]!) / best : 0) },
      why: (places) => places.map((place) => summingTo(why(place, scores[place]!), scores[place]!)),
    }
  }

  function list(surface: ListSurface, { length, excluded }: SurfaceQuery, allowed: ItemSet | null) {
    const items = lists.first(surface, length, excluded, allowed)
    const source = LIST_SOURCE[surface]
    return shared(
      items,
      (item, place) => lists.share(surface, item, place),
      (_, share) => [{ source, share }],
    )
  }

  function similar(seed: number, { length, excluded }: SurfaceQuery): Found {
    const id = bundle.ids[seed]!
    const found = similarTo(rungs.state, seed, length, (item) => item === seed || excluded(item))
    return {
      reason: 'personal',
      seed: id,
      ...shared(
        Int32Array.from(found, ({ item }) => item),
        (_, place) => found[place]!.share,
        (place, share) => [{ source: found[place]!.source, item: id, share }],
      ),
    }
  }

  const nothing = (reason: Reason): Found => ({
    reason,
    ...shared(
      new Int32Array(0),
      () => 0,
      () => [],
    ),
  })

  function because(asked: SurfaceQuery): Found {
    const latest = asked.view.numbers.find((item) => rungs.hasNeighbours(item) && !bundle.withdrawn.has(item))
    return latest === undefined ? nothing('popular') : similar(latest, asked)
  }

  function together({ query, excluded }: SurfaceQuery): Found {
    const ids = (query.items ?? [query.item ?? '']).map((id) => id.normalize('NFC')).filter((id) => id !== '')
    if (ids.length === 0)
      throw new ForYouError('bad_usage', 'The surface "bought-together" needs an item, or items.')
    const basket = historyView(
      bundle,
      ids.map((item) => ({ item, kind: 'view', at: 0 })),
    )
    const found = boughtTogether(rungs.state, basket, excluded)
    const seed = ids.length === 1 ? { seed: ids[0]! } : {}
    return {
      reason: 'personal',
      ...seed,
      ...shared(
        Int32Array.from(found, ({ item }) => item),
        (_, place) => [...found[place]!.shares.values()].reduce((a, b) => a + b, 0) / 2,
        (place) =>
          Array.from(found[place]!.shares, ([source, share]: [Source, number]) => ({
            source,
            share: Math.round(share * SCORE_UNITS),
            ...(ids.length === 1 && { item: ids[0]! }),
          })),
      ),
    }
  }

  function topIn(asked: SurfaceQuery): Found {
    const given = Object.entries(asked.query.filter ?? {})[0]
    const taste = given ? null : topTaste(rungs.state, asked.view)
    if (!given && !taste) return nothing('popular')
    const within = taste?.within ?? { attribute: given![0], value: [given![1]].flat().join(', ') }
    return {
      reason: taste ? 'personal' : 'popular',
      within,
      ...list('popular', asked, taste ?? asked.allowed),
    }
  }

  function recent({ query: { history }, length }: SurfaceQuery, banned: Excluded): Found {
    const numbers = history.toReversed().flatMap(({ item }) => bundle.numberOf.get(item) ?? [])
    const items = [...new Set(numbers)].filter((item) => !banned(item)).slice(0, length)
    return {
      reason: items.length > 0 ? 'personal' : 'popular',
      ...shared(
        Int32Array.from(items),
        (_, place) => 1 / (1 + place),
        (place, share) => [{ source: 'visitor', item: bundle.ids[items[place]!]!, share }],
      ),
    }
  }

  /** @param never what may not be shown even where it was seen */
  return function find(surface: Surface, asked: SurfaceQuery, never: Excluded): Found {
    switch (surface) {
      case 'for-you':
        return forYou(asked)
      case 'popular':
      case 'trending':
      case 'new':
        return { reason: 'popular', ...list(surface, asked, asked.allowed) }
      case 'recent':
        return recent(asked, never)
      case 'similar': {
        const id = asked.query.item?.normalize('NFC')
        if (id === undefined) throw new ForYouError('bad_usage', 'The surface "similar" needs an item.')
        const number = bundle.numberOf.get(id)
        return number === undefined ? { ...nothing('personal'), seed: id } : similar(number, asked)
      }
      case 'because':
        return because(asked)
      case 'bought-together':
        return together(asked)
      case 'top-in':
        return topIn(asked)
      default:
        throw new ForYouError('bad_usage', `There is no surface "${surface satisfies never}".`)
    }
  }
}
