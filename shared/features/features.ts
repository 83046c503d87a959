import type { Source } from '../domain/slate.ts'
import { type QueryState, SPANNED, SPANS, type Span, type SpannedGenerator } from './queryState.ts'

/** A feature is declared here once: what it is, what it may see, and the one function that computes it. */
export interface Feature {
  readonly name: string
  /** Goes up when the meaning changes; a ranker trained on another version is refused. */
  readonly version: number
  readonly unit: string
  /** Value where there is nothing to compute it from. */
  readonly default: number
  /** Features of one source move an item together: the groups of the reasons. */
  readonly source: Source
  readonly sees: 'bundle' | 'bundle and history'
  value(state: QueryState, item: number): number | undefined
}

const popularity = (halfLifeDays: number): Feature => ({
  name: `popular-${halfLifeDays}d`,
  version: 1,
  unit: 'log(1 + decayed interactions)',
  default: 0,
  source: 'popular',
  sees: 'bundle',
  value: (state, item) => Math.log1p(state.decayed(halfLifeDays, item)),
})

const fromHistory = { version: 1, default: 0, sees: 'bundle and history' } as const

const spanned = (generator: SpannedGenerator, span: Span): Feature => ({
  ...fromHistory,
  name: `${generator}-${span}`,
  unit: 'share of the best candidate',
  source: generator,
  value: (state, item) => state.spanned(generator, span, item),
})

const fromBundle = { version: 1, sees: 'bundle' } as const

/** Half-lives in days that every bundle of a dataset with times carries. */
export const FEATURE_HALF_LIVES = [0.5, 1, 3, 7, 30] as const

export const FEATURES: readonly Feature[] = [
  ...FEATURE_HALF_LIVES.map(popularity),
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
  {
    ...fromHistory,
    name: 'collaborative',
    unit: 'quantile',
    source: 'collaborative',
    value: (state, item) => state.calibrated('collaborative', item),
  },
  {
    ...fromHistory,
    name: 'collaborative-relative',
    unit: 'share of the best',
    source: 'collaborative',
    value: (state, item) => state.relative('collaborative', item),
  },
  {
    ...fromHistory,
    name: 'transitions',
    unit: 'quantile',
    source: 'transitions',
    value: (state, item) => state.calibrated('transitions', item),
  },
  {
    ...fromHistory,
    name: 'transitions-relative',
    unit: 'share of the best',
    source: 'transitions',
    value: (state, item) => state.relative('transitions', item),
  },
  ...SPANNED.flatMap((generator) => SPANS.map((span) => spanned(generator, span))),
  {
    ...fromHistory,
    name: 'content',
    unit: 'quantile',
    source: 'content',
    value: (state, item) => state.calibrated('content', item),
  },
  {
    ...fromHistory,
    name: 'content-relative',
    unit: 'share of the best',
    source: 'content',
    value: (state, item) => state.relative('content', item),
  },
  {
    ...fromHistory,
    name: 'affinity',
    version: 2, // the mean over all attributes of taste
    unit: 'share of taste, 0–1',
    source: 'personal-popular',
    value: (state, item) => state.affinity(item),
  },
  {
    ...fromHistory,
    name: 'personal-popularity',
    unit: 'quantile',
    source: 'personal-popular',
    value: (state, item) => state.calibrated('personal-popularity', item),
  },
  {
    ...fromHistory,
    name: 'history-length',
    unit: 'log(1 + items)',
    source: 'visitor',
    value: (state) => Math.log1p(state.history.length),
  },
  {
    ...fromHistory,
    name: 'history-popularity',
    unit: 'mean log(1 + interactions)',
    source: 'visitor',
    value: (state) => state.history.meanLogCount,
  },
  {
    ...fromHistory,
    name: 'history-new',
    unit: 'share of items not older than 60 days',
    source: 'visitor',
    value: (state) => state.history.newShare,
  },
  {
    ...fromHistory,
    name: 'history-year',
    unit: 'mean log(1 + years before the latest)',
    source: 'visitor',
    value: (state) => mapped(state.history.meanYear, (years) => Math.log1p(Math.max(0, years))),
  },
  {
    ...fromHistory,
    name: 'pause',
    unit: 'log(1 + hours since the latest interaction)',
    default: Math.log1p(24 * 30),
    source: 'visitor',
    value: (state) => mapped(state.history.pauseHours, Math.log1p),
  },
  {
    ...fromHistory,
    name: 'today',
    unit: 'log(1 + items of the last 24 hours)',
    source: 'visitor',
    value: (state) => mapped(state.history.today, Math.log1p),
  },
]

/** `name@version` of every feature, in the order of the rows. */
export const FEATURE_IDS: readonly string[] = FEATURES.map(({ name, version }) => `${name}@${version}`)

/** The text whose SHA-256 is the manifest's feature schema: everything that gives a feature its meaning but its code. */
export function featureSchemaText(): string {
  return JSON.stringify(
    FEATURES.map(({ name, version, unit, default: byDefault, source, sees }) => [
      name,
      version,
      unit,
      byDefault,
      source,
      sees,
    ]),
  )
}

/**
 * Feature rows of the candidates, row-major, items × features. A value that is absent or not finite becomes the feature's
 * default.
 */
export function featureRows(state: QueryState, items: ArrayLike<number>): Float32Array {
  const rows = new Float32Array(items.length * FEATURES.length)
  for (let f = 0; f < FEATURES.length; f++) {
    const feature = FEATURES[f]!
    for (let r = 0; r < items.length; r++) {
      const value = feature.value(state, items[r]!)
      rows[r * FEATURES.length + f] = value !== undefined && Number.isFinite(value) ? value : feature.default
    }
  }
  return rows
}

function mapped(x: number | undefined, f: (x: number) => number): number | undefined {
  return x === undefined ? undefined : f(x)
}
