import type { PersonalGenerator } from '../bundle/generators.ts'
import type { Rung } from '../bundle/manifest.ts'
import type { Bundle } from '../bundle/openBundle.ts'
import type { RankerFile } from '../bundle/rankerFile.ts'
import { ForYouError } from '../domain/errors.ts'
import type { Contribution, Source } from '../domain/slate.ts'
import { featuresOf } from '../features/featureSchema.ts'
import { featureRows } from '../features/features.ts'
import type { QueryState } from '../features/queryState.ts'
import { candidateSource, candidates, NO_CANDIDATES } from './candidates.ts'
import { shapley } from './explain.ts'
import { type Excluded, scoreValue } from './generator.ts'
import type { HistoryView } from './historyView.ts'
import { lazy } from './lazy.ts'
import { namedItems } from './namedItems.ts'
import type { Network } from './network.ts'
import { firstOf, popularCount } from './popular.ts'
import { queryScores, queryState, type RankState, rankState } from './queryState.ts'
import { SCORE_UNITS, scoreRows } from './scoreCandidates.ts'
import { TopK } from './topK.ts'

/** The k best items of one rung, best first, scores in units of 2⁻¹⁶ and comparable only inside the list. */
export interface Ranked {
  readonly rung: Rung
  readonly items: Int32Array
  readonly scores: Float64Array
  /** How many of the items the rung brought itself; popularity has filled in the others. */
  readonly own: number
  /** The query as the ranker's features saw it; reasons are computed from it. */
  readonly seen: QueryState | null
}

export interface Rungs {
  readonly state: RankState
  rank(rung: Rung, view: HistoryView, k: number, excluded: Excluded): Ranked
  /** Of every item, what its score is made of, strongest first, with the items of the history that brought it. */
  explain(ranked: Ranked, view: HistoryView): Contribution[][]
  hasNeighbours(item: number): boolean
  /** Whether the parts that a rung needs have arrived. */
  available(rung: Rung): boolean
}

const GENERATOR_OF = {
  'personal-popularity': 'personal-popularity',
  content: 'content',
  collaborative: 'collaborative',
  transitions: 'transitions',
} as const satisfies Partial<Record<Rung, PersonalGenerator>>

/** Generators that reasons name an item of the history for. */
type Named = (typeof GENERATOR_OF)[keyof typeof GENERATOR_OF]

export const SOURCE_OF: Readonly<Record<Named, Source>> = {
  'personal-popularity': 'personal-popular',
  content: 'content',
  collaborative: 'collaborative',
  transitions: 'transitions',
}

const EMPTY: HistoryView = {
  numbers: new Int32Array(0),
  kinds: new Float64Array(0),
  weights: new Int32Array(0),
  times: new Float64Array(0),
  now: undefined,
  seen: new Set(),
  length: 0,
  unknown: 0,
}

/** Every rung of the ladder as a ranker over one bundle. */
export function createRungs(bundle: Bundle, network: Network | null): Rungs {
  const state = rankState(bundle)
  const source = candidateSource(state)
  const { popular, everything } = state.shown
  const count = popularCount(bundle)
  const nobody = lazy(() => queryState(state, EMPTY, queryScores(state, EMPTY), NO_CANDIDATES))
  const { ranker } = bundle
  const features = ranker ? featuresOf(ranker.features) : []
  const contributionsOf = ranker && network ? shapley(ranker, features) : null

  function rank(rung: Rung, view: HistoryView, k: number, excluded: Excluded): Ranked {
    // With nothing to go by, the plain list is best: reports hold it against trending and the ranker's guess of nobody.
    if (rung === 'popularity' || view.numbers.length === 0) {
      const items = firstOf(popular(), k, excluded)
      const scores = relativeScores(Array.from(items, count))
      return filled({ rung: 'popularity', items, scores, own: items.length, seen: null }, k, excluded)
    }
    if (rung === 'ranker') {
      if (!ranker || !network) throw new ForYouError('not_supported', 'This bundle holds no learned ranker.')
      return rankCandidates(ranker, network, view, k, excluded)
    }
    const name = GENERATOR_OF[rung]
    const generator = state.generators[name]
    if (!generator) throw new ForYouError('not_supported', `This bundle holds nothing for "${rung}".`)
    const top = generator.score(view).top(k, excluded)
    const values = top.scores.map((s) => scoreValue<PersonalGenerator>(s))
    const scores = relativeScores(values)
    return filled({ rung, items: top.items, scores, own: top.items.length, seen: null }, k, excluded)
  }

  function rankCandidates(
    file: RankerFile,
    net: Network,
    view: HistoryView,
    k: number,
    excluded: Excluded,
  ): Ranked {
    const scores = queryScores(state, view)
    const found = candidates(source, scores, excluded)
    const seen = queryState(state, view, scores, found)
    const units = scoreRows(featureRows(seen, found.items, features), file, net)
    const best = new TopK(k)
    for (let c = 0; c < units.length; c++) best.offer(found.items[c]!, units[c]!)
    const drained = best.drain()
    return filled({ rung: 'ranker', ...drained, own: drained.items.length, seen }, k, excluded)
  }

  /** What runs out of items is followed by popularity, then by the whole catalogue: a slate is as long as asked for. */
  function filled(ranked: Ranked, k: number, excluded: Excluded): Ranked {
    const missing = k - ranked.items.length
    if (missing <= 0) return ranked
    const own = new Set(ranked.items)
    const more = firstOf(everything(), missing, (item) => own.has(item) || excluded(item))
    const last = Math.min(0, ranked.scores.at(-1) ?? 0)
    const scores = [...ranked.scores, ...Array.from(more, (_, r) => last - SCORE_UNITS * (r + 1))]
    return { ...ranked, items: Int32Array.of(...ranked.items, ...more), scores: Float64Array.from(scores) }
  }

  function explain(ranked: Ranked, view: HistoryView): Contribution[][] {
    const told = Array.from(ranked.items, (_, position) => contributions(ranked, position))
    for (const name of Object.values(GENERATOR_OF)) nameItems(told, ranked.items, name, view)
    return told
  }

  function contributions(ranked: Ranked, position: number): Contribution[] {
    const item = ranked.items[position]!
    const score = ranked.scores[position]!
    if (ranked.rung === 'popularity' || position >= ranked.own) return [{ source: 'popular', share: score }]
    if (ranked.rung !== 'ranker') return [{ source: SOURCE_OF[GENERATOR_OF[ranked.rung]], share: score }]
    if (!contributionsOf || !ranked.seen) return [{ source: 'popular', share: score }]
    const rowOf = (seen: QueryState) => featureRows(seen, [item], features)
    return contributionsOf(rowOf(ranked.seen), rowOf(nobody()), score)
  }

  /** Names the items of the history behind what a generator has contributed to each item of a slate, in place. */
  function nameItems(told: Contribution[][], items: Int32Array, name: Named, view: HistoryView): void {
    const generator = state.generators[name]
    const brought = (why: Contribution) => why.source === SOURCE_OF[name] && why.share > 0
    const places = Array.from(told.keys()).filter((r) => told[r]!.some(brought))
    const length = view.numbers.length
    if (!generator || places.length === 0 || length === 0) return
    const parts = new Float64Array(places.length * length)
    for (const [p, r] of places.entries())
      for (let h = 0; h < length; h++) parts[p * length + h] = generator.contribution(view, h, items[r]!)
    const named = namedItems(parts, length)
    for (const [p, r] of places.entries()) {
      const id = bundle.ids[view.numbers[named[p]!] ?? -1]
      if (id !== undefined) told[r] = told[r]!.map((why) => (brought(why) ? { ...why, item: id } : why))
    }
  }

  return {
    state,
    rank,
    available(rung) {
      if (rung === 'popularity') return true
      return rung === 'ranker'
        ? ranker !== null && network !== null
        : state.generators[GENERATOR_OF[rung]] !== null
    },
    explain,
    hasNeighbours: (item) =>
      (bundle.neighbours ? bundle.neighbours.offsets[item + 1]! > bundle.neighbours.offsets[item]! : false) ||
      item < (bundle.table?.count ?? 0) ||
      (bundle.content ? bundle.content.offsets[item + 1]! > bundle.content.offsets[item]! : false),
  }
}

/** Scores over the best one, in units of 2⁻¹⁶. */
function relativeScores(values: readonly number[]): Float64Array {
  const best = values[0] ?? 0
  return Float64Array.from(values, (x) => Math.round((best > 0 ? x / best : 0) * SCORE_UNITS))
}
