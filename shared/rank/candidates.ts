import {
  GENERATORS,
  type GeneratorName,
  LIST_GENERATORS,
  PERSONAL_GENERATORS,
  type PersonalGenerator,
} from '../bundle/generators.ts'
import type { CandidatePlan } from '../bundle/rankerFile.ts'
import type { BundleLists } from './bundleLists.ts'
import { type Excluded, scoreValue } from './generator.ts'
import { firstOf } from './popular.ts'
import type { QueryScores, RankState } from './queryState.ts'

/** Where validation has not chosen: enough of everything for any kind of data. */
export const DEFAULT_PLAN: CandidatePlan = {
  budget: 200,
  quotas: {
    collaborative: 80,
    neighbours: 20,
    transitions: 60,
    content: 20,
    'personal-popularity': 40,
    popular: 30,
    'popular-0.5d': 20,
    'popular-1d': 30,
    'popular-3d': 80,
    'popular-7d': 80,
    'popular-30d': 60,
    'popular-ever': 30,
    trending: 10,
    fresh: 10,
  },
}

/** What rankers learned from that do not say: without a budget, some 200 in all. */
const EARLIER_PLAN: CandidatePlan = {
  budget: Number.POSITIVE_INFINITY,
  quotas: {
    collaborative: 100,
    transitions: 60,
    content: 20,
    'personal-popularity': 40,
    popular: 30,
    'popular-0.5d': 30,
    'popular-1d': 30,
    'popular-3d': 80,
    'popular-7d': 80,
    'popular-30d': 80,
    'popular-ever': 30,
    fresh: 20,
  },
}

/** How the candidates of a bundle's queries are gathered: made once, then walked for every query. */
export interface CandidateSource {
  readonly plan: CandidatePlan
  readonly lists: BundleLists
  /** Every place of every quota: which generator is asked next, and for its how-manieth item. */
  readonly turns: readonly Turn[]
}

export interface Turn {
  readonly generator: GeneratorName
  readonly place: number
}

/** @param plan the ranker's own where none is given */
export function candidateSource({ bundle, lists }: RankState, plan?: CandidatePlan): CandidateSource {
  const own = plan ?? (bundle.ranker ? (bundle.ranker.candidates ?? EARLIER_PLAN) : DEFAULT_PLAN)
  return { plan: own, lists, turns: turnsOf(own) }
}

/** Place p of a quota q comes at (p + 1) / q: a budget that is too small shortens all generators by the same share. */
export function turnsOf({ quotas }: CandidatePlan): Turn[] {
  const turns = GENERATORS.flatMap((generator, g) => {
    const quota = quotas[generator] ?? 0
    return Array.from({ length: quota }, (_, place) => ({ generator, place, g, at: (place + 1) / quota }))
  })
  return turns.sort((a, b) => a.at - b.at || a.g - b.g).map(({ generator, place }) => ({ generator, place }))
}

export interface Candidates {
  /** Distinct item numbers in rising order: the ranker must not learn the order of the generators. */
  readonly items: Int32Array
  /** Best positive score that each generator gave in this query, 0 where it gave none. */
  readonly best: Readonly<Record<PersonalGenerator, number>>
  /** What each generator brought, best first. */
  readonly brought: Readonly<Record<GeneratorName, Int32Array>>
}

const NOTHING = new Int32Array(0)

/** Where no generator said anything. */
export const NO_CANDIDATES: Candidates = {
  items: NOTHING,
  best: { collaborative: 0, neighbours: 0, transitions: 0, content: 0, 'personal-popularity': 0 },
  brought: Object.fromEntries(GENERATORS.map((name) => [name, NOTHING])) as Candidates['brought'],
}

/** The union of what every generator offers for one query, within the plan's quotas and budget. */
export function candidates(
  { plan, lists, turns }: CandidateSource,
  scores: QueryScores,
  excluded: Excluded,
): Candidates {
  const offered = { ...NO_CANDIDATES.brought }
  const best = { ...NO_CANDIDATES.best }
  for (const generator of PERSONAL_GENERATORS) {
    const top = scores[generator]?.top(plan.quotas[generator] ?? 0, excluded)
    if (!top || top.items.length === 0) continue
    best[generator] = scoreValue<GeneratorName>(top.scores[0]!)
    offered[generator] = top.items
  }
  for (const generator of LIST_GENERATORS) {
    const list = lists[generator]
    if (list) offered[generator] = firstOf(list.items, plan.quotas[generator] ?? 0, excluded)
  }
  const union = new Set<number>()
  const taken = Object.fromEntries(GENERATORS.map((name) => [name, 0])) as Record<GeneratorName, number>
  for (const { generator, place } of turns) {
    if (union.size >= plan.budget) break
    if (place >= offered[generator].length) continue
    union.add(offered[generator][place]!)
    taken[generator] = place + 1
  }
  for (const name of GENERATORS) offered[name] = offered[name].subarray(0, taken[name])
  return { items: Int32Array.from(union).sort(), best, brought: offered }
}

/** Which generators brought an item, and at what place of theirs, from 1. */
export function provenanceOf(
  { brought }: Candidates,
  item: number,
): { readonly generator: GeneratorName; readonly place: number }[] {
  return GENERATORS.flatMap((generator) => {
    const place = brought[generator].indexOf(item)
    return place < 0 ? [] : [{ generator, place: place + 1 }]
  })
}
