import { RUNGS, type Rung } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { GoldenCase } from '../../shared/rank/golden.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { isUnreleased } from '../../shared/rank/popular.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'

export interface ExampleItem {
  readonly item: string
  /** The id where the bundle tells no title. */
  readonly title: string
}

export interface Example {
  /** An invented history, the latest item last. */
  readonly history: readonly ExampleItem[]
  /** What each rung would show, best first; a rung that the bundle lacks is left out. */
  readonly rungs: readonly {
    readonly rung: Rung
    readonly ships: boolean
    readonly items: readonly ExampleItem[]
  }[]
}

export type ExampleSlates = readonly Example[]

/** Longer histories say no more to a reader. */
const LONGEST = 12
const SHOWN = 8

/**
 * What every rung of a bundle shows for invented histories, by the browser's own ranker: histories of the bundle's golden
 * cases, which are drawn from its lists and are nobody's.
 */
export function exampleSlates(bundle: Bundle, golden: readonly GoldenCase[]): ExampleSlates {
  const recommender = createRecommender(bundle)
  const unreleased = isUnreleased(bundle)
  const { forYou } = bundle.manifest
  const named = (item: string): ExampleItem => {
    const number = bundle.numberOf.get(item)
    return { item, title: (number === undefined ? undefined : bundle.detailsOf(number)?.title) ?? item }
  }
  const has: Readonly<Record<Rung, unknown>> = {
    popularity: true,
    'personal-popularity': bundle.content?.vocabulary.taste.length,
    content: bundle.content,
    collaborative: bundle.table ?? bundle.neighbours,
    transitions: bundle.transitions,
    ranker: bundle.ranker,
  }
  return golden
    .filter(({ query }) => query.surface === 'for-you' && query.history.length <= LONGEST)
    .map(({ query }) => {
      const view = historyView(bundle, query.history)
      const excluded = (item: number) => view.seen.has(item) || unreleased(item)
      // Without a history every rung gives way to popularity.
      const rungs = view.numbers.length === 0 ? (['popularity'] as const) : RUNGS.filter((rung) => has[rung])
      return {
        history: query.history.map(({ item }) => named(item)),
        rungs: rungs.map((rung) => ({
          rung,
          ships: rung === forYou || view.numbers.length === 0,
          items: Array.from(recommender.rank(rung, view, SHOWN, excluded).items, (n) =>
            named(bundle.ids[n]!),
          ),
        })),
      }
    })
}
