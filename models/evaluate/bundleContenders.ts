import type { ListGenerator, PersonalGenerator } from '../../shared/bundle/generators.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { featureRows } from '../../shared/features/features.ts'
import { type CandidateSource, candidateSource, candidates } from '../../shared/rank/candidates.ts'
import type { HistoryView } from '../../shared/rank/historyView.ts'
import type { Network } from '../../shared/rank/network.ts'
import { firstOf } from '../../shared/rank/popular.ts'
import { queryScores, queryState, type RankState, rankState } from '../../shared/rank/queryState.ts'
import { scaleRows } from '../../shared/rank/scoreCandidates.ts'
import { TopK } from '../../shared/rank/topK.ts'
import type { Contender, ContenderFacts, RankFor } from './contender.ts'

/** Names of the generators that are no rung of the ladder and no trainer of their own: they stand beside it by themselves. */
const ALONE = ['neighbours', 'fresh'] as const satisfies readonly (PersonalGenerator | ListGenerator)[]

/** One day's bundle, opened once for all contenders over it. */
interface Opened {
  readonly state: RankState
  readonly source: CandidateSource
}

/**
 * Rankers over the evaluated bundle itself that cannot ship: generators alone, and other ways to score the very candidates and
 * features that the network scores. Where they run out, popularity follows, as on every rung.
 * @param networks names and models over the ranker's features
 */
export function bundleContenders(
  evaluated: Bundle,
  networks: readonly { readonly facts: ContenderFacts; readonly network: Network }[],
): Contender[] {
  const days = new WeakMap<Bundle, Opened>()
  const openedOf = (today: Bundle) => {
    const state = rankState(today)
    const known = days.get(today) ?? { state, source: candidateSource(state) }
    days.set(today, known)
    return known
  }
  const rows = latest(candidateRows)
  const { generators, lists } = rankState(evaluated)
  const alone = ALONE.filter((name) => (name === 'fresh' ? lists[name] : generators[name]))
  return [
    ...alone.map((name) => ({
      ...factsOf(
        name,
        name === 'fresh' ? 'what is new, by popularity' : 'Σ_h w_h · S_hi over the latest items',
      ),
      on: (today: Bundle) => ranking(openedOf(today), (opened, view, k) => own(opened, name, view, k)),
    })),
    ...(evaluated.ranker
      ? networks.map(({ facts, network }) => ({
          ...facts,
          on: (today: Bundle) =>
            ranking(openedOf(today), (opened, view, k) => scored(rows(opened, view), network, k)),
        }))
      : []),
  ]
}

export function factsOf(name: string, formula: string, trainSeconds = 0): ContenderFacts {
  return { name, trainer: name, model: name, formula, offline: true, bytes: 0, trainSeconds }
}

function ranking(
  opened: Opened,
  best: (opened: Opened, view: HistoryView, k: number) => Int32Array,
): RankFor {
  return ({ view }, k) => {
    const first = view.numbers.length > 0 ? best(opened, view, k) : new Int32Array(0)
    const shown = new Set(first)
    const more = firstOf(
      opened.state.shown.everything(),
      k - first.length,
      (item) => shown.has(item) || view.seen.has(item),
    )
    return { items: Int32Array.of(...first, ...more) }
  }
}

function own({ state }: Opened, name: (typeof ALONE)[number], view: HistoryView, k: number): Int32Array {
  const excluded = (item: number) => view.seen.has(item)
  if (name === 'fresh') return firstOf(state.lists.fresh?.items ?? [], k, excluded)
  return state.generators[name]?.score(view).top(k, excluded).items ?? new Int32Array(0)
}

/** The candidates of one query and their rows as the network reads them. */
function candidateRows({ state, source }: Opened, view: HistoryView) {
  const scores = queryScores(state, view)
  const found = candidates(source, scores, (item) => view.seen.has(item))
  const rows = featureRows(queryState(state, view, scores, found), found.items)
  return { items: found.items, rows: scaleRows(rows, state.bundle.ranker!) }
}

function scored({ items, rows }: ReturnType<typeof candidateRows>, network: Network, k: number): Int32Array {
  const best = new TopK(k)
  const scores = network.forward(rows, items.length)
  for (const [c, item] of items.entries()) best.offer(item, scores[c]!)
  return best.drain().items
}

/** Contenders are asked one after the other: the rows of the last query serve all of them. */
function latest<A extends object, B extends object, V>(compute: (a: A, b: B) => V): (a: A, b: B) => V {
  let last: { readonly a: A; readonly b: B; readonly value: V } | null = null
  return (a, b) => {
    if (last?.a !== a || last.b !== b) last = { a, b, value: compute(a, b) }
    return last.value
  }
}
