import { type Feature, mapped } from './feature.ts'
import { PLACES } from './queryState.ts'

/** Bundles of before carry no distribution of counts, so that they are read as they were meant: as they are. */
const overTypical = { version: 2, earlier: [1], sees: ['popularity', 'generators'] } as const

const popularity = (halfLifeDays: number): Feature => ({
  ...overTypical,
  name: `popular-${halfLifeDays}d`,
  type: 'log',
  unit: `count over typical, half after ${halfLifeDays} d`,
  default: 0,
  source: 'popular',
  value: (state, item) => Math.log1p(state.decayed(halfLifeDays, item)),
})

const place = (halfLifeDays: number): Feature => ({
  name: `place-${halfLifeDays}d`,
  version: 1,
  type: 'log',
  unit: `items more popular, ${PLACES} at the most`,
  default: Math.log1p(PLACES),
  source: 'popular',
  sees: ['popularity'],
  value: (state, item) => Math.log1p(state.place(halfLifeDays, item)),
})

const counted = { version: 1, type: 'log', default: 0, sees: ['popularity'] } as const
const dated = { version: 1, type: 'log', source: 'fresh', sees: ['catalogue', 'popularity'] } as const

/** Half-lives in days that every bundle of a dataset with times carries. */
export const FEATURE_HALF_LIVES = [0.5, 1, 3, 7, 30] as const

/** What is the same for every visitor. */
export const BUNDLE_FEATURES: readonly Feature[] = [
  ...FEATURE_HALF_LIVES.map(popularity),
  place(1),
  place(7),
  {
    ...counted,
    ...overTypical,
    name: 'count',
    unit: 'count so far, over typical',
    source: 'popular',
    value: (state, item) => Math.log1p(state.count(item)),
  },
  {
    ...counted,
    name: 'quality',
    type: 'share',
    unit: 'shrunken mean rating, of their range',
    default: 0.5,
    source: 'popular',
    value: (state, item) => state.quality(item),
  },
  {
    ...counted,
    ...overTypical,
    name: 'trend',
    unit: 'recent over usual × √recent, over typical',
    source: 'trending',
    value: (state, item) => Math.log1p(state.trend(item)),
  },
  {
    ...dated,
    name: 'age',
    version: 2,
    unit: 'days since the first day of the item',
    default: Math.log1p(365),
    value: (state, item) => mapped(state.ageDays(item), (days) => Math.log1p(Math.max(0, days))),
  },
  {
    ...dated,
    name: 'year',
    unit: 'years before the latest of the catalogue',
    default: Math.log1p(10),
    value: (state, item) => mapped(state.year(item), (years) => Math.log1p(Math.max(0, years))),
  },
]
