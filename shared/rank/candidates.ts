import { type Excluded, GENERATORS, type GeneratorName, scoreValue } from './generator.ts'
import { firstOf, newestList, popularList } from './popular.ts'
import type { QueryScores, RankState } from './queryState.ts'

/** How many candidates each generator brings, at the most. What they share counts once: some 200 in all. */
export const QUOTA = {
  collaborative: 100,
  transitions: 60,
  content: 20,
  'personal-popularity': 40,
  newest: 20,
} as const

/** Of each half-life: the long ones bring more, for what is popular for hours is on their lists as well. */
function popularQuota(halfLifeDays: number): number {
  return halfLifeDays >= 3 && halfLifeDays <= 30 ? 80 : 30
}

/** Popular and new lists of a bundle, long enough that any history can be filtered out of them. */
export interface CandidateLists {
  readonly popular: readonly { readonly list: Int32Array; readonly quota: number }[]
  readonly newest: Int32Array
}

const SPARE = 600

export function candidateLists({ bundle }: RankState): CandidateLists {
  const { halfLives } = bundle.popularity
  const quotas = [...halfLives.map((days, h) => [h, popularQuota(days)] as const), [-1, 30] as const]
  return {
    popular: quotas.map(([h, quota]) => ({ list: popularList(bundle, h, quota + SPARE), quota })),
    newest: newestList(bundle, QUOTA.newest + SPARE),
  }
}

export interface Candidates {
  /** Distinct item numbers in rising order: the ranker must not learn the order of the generators. */
  readonly items: Int32Array
  /** Best positive score that each generator gave in this query, 0 where it gave none. */
  readonly best: Readonly<Record<GeneratorName, number>>
}

/** Where no generator said anything. */
export const NO_CANDIDATES: Candidates = {
  items: new Int32Array(0),
  best: { collaborative: 0, transitions: 0, content: 0, 'personal-popularity': 0 },
}

/** The union of what every generator offers for one query. */
export function candidates(lists: CandidateLists, scores: QueryScores, excluded: Excluded): Candidates {
  const union = new Set<number>()
  const best = { ...NO_CANDIDATES.best }
  for (const generator of GENERATORS) {
    const top = scores[generator]?.top(QUOTA[generator], excluded)
    if (!top || top.items.length === 0) continue
    best[generator] = scoreValue<GeneratorName>(top.scores[0]!)
    for (const item of top.items) union.add(item)
  }
  for (const { list, quota } of lists.popular)
    for (const item of firstOf(list, quota, excluded)) union.add(item)
  for (const item of firstOf(lists.newest, QUOTA.newest, excluded)) union.add(item)
  return { items: Int32Array.from(union).sort(), best }
}
