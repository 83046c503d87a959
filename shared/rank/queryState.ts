import type { PersonalGenerator } from '../bundle/generators.ts'
import type { Bundle } from '../bundle/openBundle.ts'
import { CODE_MAX } from '../bundle/popularityFile.ts'
import { DAY_MS } from '../domain/clock.ts'
import {
  PLACES,
  type QueryState,
  type Span,
  type SpannedGenerator as Spanned,
} from '../features/queryState.ts'
import {
  type BundleLists,
  bundleLists,
  type ListMeasures,
  listMeasures,
  popularGenerator,
} from './bundleLists.ts'
import { calibrate } from './calibrate.ts'
import type { Candidates } from './candidates.ts'
import { collaborative } from './collaborative.ts'
import { content } from './content.ts'
import {
  type Generator,
  type RawScore,
  rawScore,
  type Scored,
  type SpannedGenerator,
  scoreValue,
} from './generator.ts'
import { type HistoryView, withDecay } from './historyView.ts'
import { latestNeighbours } from './latestNeighbours.ts'
import { lazy } from './lazy.ts'
import { createLists, type Lists } from './lists.ts'
import { personalPopularity } from './personalPopularity.ts'
import { latestYearOf, popularList } from './popular.ts'
import { affinity, type TasteTerms, tasteShares, tasteTerms } from './taste.ts'
import { transitions } from './transitions.ts'
import { visitorState } from './visitorState.ts'

/** Everything about a bundle that is worth computing once. */
export interface RankState {
  readonly bundle: Bundle
  readonly generators: {
    readonly [G in PersonalGenerator]: (G extends Spanned ? SpannedGenerator<G> : Generator<G>) | null
  }
  readonly lists: BundleLists
  /** What surfaces that are the same for everybody show. */
  readonly shown: Lists
  readonly measures: ListMeasures
  readonly taste: TasteTerms | null
  readonly latestYear: number
  readonly asOfDay: number
  /** Half-life in days → item → how many items are more popular, `PLACES` at the most. */
  places(halfLifeDays: number): Uint16Array
  /** What features keep of every item, by the feature's name. */
  kept(feature: string): Float32Array
}

/** Recommenders over the same bundle, with one network and then another, share it. */
export function rankState(bundle: Bundle): RankState {
  const state = states.get(bundle) ?? newState(bundle)
  states.set(bundle, state)
  return state
}

const states = new WeakMap<Bundle, RankState>()

function newState(bundle: Bundle): RankState {
  const places = new Map<number, Uint16Array>()
  const kept = new Map<string, Float32Array>()
  const lists = bundleLists(bundle)
  return {
    bundle,
    generators: {
      collaborative: collaborative(bundle),
      neighbours: latestNeighbours(bundle),
      transitions: transitions(bundle),
      content: content(bundle),
      'personal-popularity': personalPopularity(bundle),
    },
    lists,
    shown: createLists(bundle),
    measures: listMeasures(lists, bundle.ranker?.quantiles ?? {}),
    taste: tasteTerms(bundle),
    latestYear: latestYearOf(bundle),
    asOfDay: Math.floor(bundle.popularity.asOf / DAY_MS),
    places(days) {
      const known = places.get(days) ?? placesOf(bundle, days)
      places.set(days, known)
      return known
    },
    kept(feature) {
      const known = kept.get(feature) ?? new Float32Array(bundle.items).fill(Number.NaN)
      kept.set(feature, known)
      return known
    },
  }
}

/** Without this half-life, as in data without times, places are those of all-time counts. */
function placesOf(bundle: Bundle, halfLifeDays: number): Uint16Array {
  const list = popularList(bundle, bundle.popularity.halfLives.indexOf(halfLifeDays), PLACES)
  const places = new Uint16Array(bundle.items).fill(PLACES)
  for (const [place, item] of list.entries()) places[item] = place
  return places
}

/** One query's scores by generator. */
export type QueryScores = { readonly [G in PersonalGenerator]: Scored<G> | null }

export function queryScores({ generators }: RankState, view: HistoryView): QueryScores {
  return {
    collaborative: generators.collaborative?.score(view) ?? null,
    neighbours: generators.neighbours?.score(view) ?? null,
    transitions: generators.transitions?.score(view) ?? null,
    content: generators.content?.score(view) ?? null,
    'personal-popularity': generators['personal-popularity']?.score(view) ?? null,
  }
}

/** Half-life in days of what a visitor's latest items are measured by. */
const ATTENTION_DAYS = 7
const NO_QUANTILES = new Float32Array(0)

/**
 * The features' view of one query.
 * @param found the query's candidates and each generator's best score, which relative scores are relative to
 */
export function queryState(
  state: RankState,
  view: HistoryView,
  scores: QueryScores,
  { items, best }: Candidates,
): QueryState {
  const { bundle, taste, latestYear, asOfDay } = state
  const { popularity } = bundle
  const { measures } = state
  const count = measures['popular-ever']
  const decayed = (days: number) => measures[popularGenerator(days)]
  const shares = tasteShares(taste ?? [], view)
  const ageDays = (item: number) =>
    bundle.firstDay[item]! < 0 ? undefined : asOfDay - bundle.firstDay[item]!
  const yearsBack = (item: number) => (bundle.year[item]! === 0 ? undefined : latestYear - bundle.year[item]!)
  const place = new Map(Array.from(items, (item, c) => [item, c]))
  const score = scoresOnce(scores, items, place)
  return {
    decayed: (days, item) => decayed(days)(item),
    count,
    place: (days, item) => state.places(days)[item]!,
    quality: (item) => (popularity.mean.length > 0 ? popularity.mean[item]! / CODE_MAX : undefined),
    trend: measures.trending,
    calibrated: (generator, item) =>
      calibrate(score(generator, item), bundle.ranker?.quantiles[generator] ?? NO_QUANTILES),
    relative: (generator, item) =>
      best[generator] > 0 ? Math.max(0, scoreValue(score(generator, item))) / best[generator] : 0,
    spanned: spannedShares(state, view, items, place),
    affinity: (item) => (taste ? affinity(taste, shares, item) : 0),
    ageDays,
    year: yearsBack,
    kept: state.kept,
    history: visitorState(view, {
      count,
      attention: state.lists[popularGenerator(ATTENTION_DAYS)] ? decayed(ATTENTION_DAYS) : count,
      ageDays,
      yearsBack,
    }),
  }
}

/** Every generator is asked once for each candidate, however many features read what it says. */
function scoresOnce(scores: QueryScores, items: Int32Array, place: ReadonlyMap<number, number>) {
  const asked = new Map<PersonalGenerator, readonly RawScore<PersonalGenerator>[]>()
  return (generator: PersonalGenerator, item: number): RawScore<PersonalGenerator> => {
    const scored = scores[generator]
    if (!scored) return rawScore(generator, 0)
    const c = place.get(item)
    if (c === undefined) return scored.of(item)
    const known = asked.get(generator) ?? Array.from(items, (i) => scored.of(i))
    asked.set(generator, known)
    return known[c]!
  }
}

/** Decay of a history item a step back, where a generator is asked with another memory than its own. */
const SPAN_DECAY: Readonly<Record<Spanned, Readonly<Record<Span, number>>>> = {
  collaborative: { short: 0.7, long: 1 },
  transitions: { short: 0.4, long: 0.95 },
}

/** Shares of the candidates under every span, each computed when first asked for. */
function spannedShares(
  { generators }: RankState,
  view: HistoryView,
  items: Int32Array,
  place: ReadonlyMap<number, number>,
): QueryState['spanned'] {
  const shares = (name: Spanned, span: Span) =>
    lazy(() => generators[name]?.shares(withDecay(view, SPAN_DECAY[name][span]), items))
  const asked = {
    collaborative: { short: shares('collaborative', 'short'), long: shares('collaborative', 'long') },
    transitions: { short: shares('transitions', 'short'), long: shares('transitions', 'long') },
  }
  return (name, span, item) => {
    const c = place.get(item)
    return c === undefined ? 0 : (asked[name][span]()?.[c] ?? 0)
  }
}
