import type { Rung } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { Popularity } from '../../shared/bundle/popularityFile.ts'
import type { UserHistory } from '../../shared/domain/interaction.ts'
import { type HistoryView, historyView } from '../../shared/rank/historyView.ts'
import { createRecommender, type Recommender } from '../../shared/rank/recommend.ts'
import type { Dataset } from '../dataset.ts'
import type { Referee } from '../train/trainer.ts'
import { refereeRanker } from './refereeRanker.ts'
import type { RungCosts } from './rungCosts.ts'

/** What a contender is asked: a history, and the view of it through the evaluated bundle. */
export interface Asked {
  readonly history: UserHistory
  readonly view: HistoryView
  /** Moment of the question, ms; absent without times. */
  readonly now?: number
}
export interface RankedList {
  /** Item numbers of the *evaluated* bundle, best first. */
  readonly items: Int32Array
  /** Parallel to `items`; absent where a model gives none. */
  readonly scores?: Float64Array
}
/** The k best items, history masked. */
export type RankFor = (asked: Asked, k: number) => RankedList

/** Who a contender is, and what it costs. */
export interface ContenderFacts {
  readonly name: string
  readonly trainer: string
  readonly model: string
  readonly formula: string
  /** True for a model too large for any bundle. */
  readonly offline: boolean
  /** Brotli bytes of what it adds; 0 where nothing of it can be encoded. */
  readonly bytes: number
  readonly trainSeconds: number
}

/** Whatever is ranked in an evaluation. All contenders of a run answer the same queries, so every comparison is paired. */
export interface Contender extends ContenderFacts {
  /** @param today the evaluated bundle with the popularity of the day that is ranked, the same for all contenders */
  on(today: Bundle): RankFor
}

/**
 * The rungs of the evaluated bundle itself.
 * @param only item numbers that they may rank; every item without it
 */
export function rungContenders(
  rungs: readonly Rung[],
  costs: RungCosts,
  only?: ReadonlySet<number>,
): (Contender & { readonly rung: Rung })[] {
  const recommenders = new WeakMap<Bundle, Recommender>()
  const recommenderOf = (today: Bundle) => {
    const known = recommenders.get(today) ?? createRecommender(today)
    recommenders.set(today, known)
    return known
  }
  return rungs.map((rung) => ({
    ...costs[rung],
    rung,
    name: rung,
    trainer: costs[rung].model,
    formula: '',
    offline: false,
    on(today) {
      const recommender = recommenderOf(today)
      return ({ view }, k) =>
        recommender.rank(rung, view, k, (item) => view.seen.has(item) || only?.has(item) === false)
    },
  }))
}

/**
 * A model with a bundle of its own, whose items are numbered in another order.
 * @param own decoded from the model's encoded bytes
 */
export function bundleContender(
  facts: ContenderFacts,
  rung: Rung,
  own: Bundle,
  evaluated: Bundle,
): Contender {
  const numberOf = Int32Array.from(own.ids, (id) => evaluated.numberOf.get(id)!)
  return {
    ...facts,
    on(today) {
      const mine = { ...own, popularity: reordered(today.popularity, numberOf) }
      const recommender = createRecommender(mine)
      return ({ history, now }, k) => {
        const view = historyView(mine, history, now)
        const { items, scores } = recommender.rank(rung, view, k, (item) => view.seen.has(item))
        return { items: items.map((item) => numberOf[item]!), scores }
      }
    },
  }
}

/**
 * A model that cannot be encoded.
 * @param dataset what it was trained on
 */
export function refereeContender(facts: ContenderFacts, referee: Referee, dataset: Dataset): Contender {
  return {
    ...facts,
    on(today) {
      const rank = refereeRanker(referee, today, dataset)
      return ({ view }, k) => ({ items: rank(view, k, (item) => view.seen.has(item)) })
    },
  }
}

/** The same popularity in another order of items. */
function reordered(popularity: Popularity, numberOf: Int32Array): Popularity {
  const items = popularity.count.length
  const pick = (codes: Uint16Array, start = 0) => Uint16Array.from(numberOf, (i) => codes[start + i]!)
  const decayed = new Uint16Array(popularity.decayed.length)
  for (let start = 0; start < decayed.length; start += items)
    decayed.set(pick(popularity.decayed, start), start)
  return {
    ...popularity,
    count: pick(popularity.count),
    decayed,
    mean: popularity.mean.length === 0 ? popularity.mean : pick(popularity.mean),
  }
}
