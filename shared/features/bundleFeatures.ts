import { type Feature, mapped } from './feature.ts'
import { PLACES } from './queryState.ts'

const popularity = (halfLifeDays: number): Feature => ({
  name: `popular-${halfLifeDays}d`,
  version: 1,
  unit: 'log(1 + decayed interactions)',
  default: 0,
  source: 'popular',
  sees: 'bundle',
  value: (state, item) => Math.log1p(state.decayed(halfLifeDays, item)),
})

const place = (halfLifeDays: number): Feature => ({
  name: `place-${halfLifeDays}d`,
  version: 1,
  unit: 'log(1 + items that are more popular)',
  default: Math.log1p(PLACES),
  source: 'popular',
  sees: 'bundle',
  value: (state, item) => Math.log1p(state.place(halfLifeDays, item)),
})

const fromBundle = { version: 1, sees: 'bundle' } as const

/** Half-lives in days that every bundle of a dataset with times carries. */
export const FEATURE_HALF_LIVES = [0.5, 1, 3, 7, 30] as const

/** What is the same for every visitor. */
export const BUNDLE_FEATURES: readonly Feature[] = [
  ...FEATURE_HALF_LIVES.map(popularity),
  place(1),
  place(7),
  {
    ...fromBundle,
    name: 'count',
    unit: 'log(1 + interactions)',
    default: 0,
    source: 'popular',
    value: (state, item) => Math.log1p(state.count(item)),
  },
  {
    ...fromBundle,
    name: 'quality',
    unit: 'shrunken mean rating, 0–1',
    default: 0.5,
    source: 'popular',
    value: (state, item) => state.quality(item),
  },
  {
    ...fromBundle,
    name: 'trend',
    unit: 'log(1 + trend)',
    default: 0,
    source: 'trending',
    value: (state, item) => Math.log1p(state.trend(item)),
  },
  {
    ...fromBundle,
    name: 'age',
    version: 2,
    unit: 'log(1 + days)',
    default: Math.log1p(365),
    source: 'fresh',
    value: (state, item) => mapped(state.ageDays(item), (days) => Math.log1p(Math.max(0, days))),
  },
  {
    ...fromBundle,
    name: 'year',
    unit: 'years before the latest of the catalogue, log(1 + years)',
    default: Math.log1p(10),
    source: 'fresh',
    value: (state, item) => mapped(state.year(item), (years) => Math.log1p(Math.max(0, years))),
  },
]
