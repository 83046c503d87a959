import type { CalibratedGenerator } from '../bundle/rankerFile.ts'
import type { Source } from '../domain/slate.ts'

/** Generators that are also asked with other memories: what the last item alone says is another fact than what all say. */
export const SPANNED = ['collaborative', 'transitions'] as const
export type SpannedGenerator = (typeof SPANNED)[number]
export const SPANS = ['short', 'long'] as const
export type Span = (typeof SPANS)[number]

/**
 * What a feature may read: one query's state, in numbers. The ranker builds it from bundle and history; training,
 * evaluation and the browser all build it with the same code, so that no feature can differ between them.
 */
export interface QueryState {
  /** Decayed interactions of an item at the given half-life in days; 0 where the data has no times. */
  decayed(halfLifeDays: number, item: number): number
  /** All interactions of an item so far. */
  count(item: number): number
  /** Shrunken mean rating over the range of ratings, 0–1; `undefined` where the data has no ratings. */
  quality(item: number): number | undefined
  /** Recent over usual attention. */
  trend(item: number): number
  /** Calibrated score of a generator, 0–1. */
  calibrated(generator: CalibratedGenerator, item: number): number
  /** A generator's score over its best score in this query, 0–1. */
  relative(generator: CalibratedGenerator, item: number): number
  /** The same over the query's candidates, under a shorter or longer memory than the generator's own. */
  spanned(generator: SpannedGenerator, span: Span, item: number): number
  /** How much of the visitor's taste an item is, 0–1. */
  affinity(item: number): number
  /** Days between the item's first day and the moment of the bundle's popularity; `undefined` where unknown. */
  ageDays(item: number): number | undefined
  year(item: number): number | undefined
  /** The visitor: the same for all candidates of a query. */
  readonly history: {
    readonly length: number
    /** Mean log(1 + count) of the history's items. */
    readonly meanLogCount: number
    /** Share of the history's items not older than 60 days. */
    readonly newShare: number
    readonly meanYear: number | undefined
  }
}

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
