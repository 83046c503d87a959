import type { PersonalGenerator } from '../bundle/generators.ts'

/** Generators that are also asked with other memories: what the last item alone says is another fact than what all say. */
export const SPANNED = ['collaborative', 'transitions'] as const
export type SpannedGenerator = (typeof SPANNED)[number]
export const SPANS = ['short', 'long'] as const
export type Span = (typeof SPANS)[number]

/** Places in the popular lists are counted up to here. */
export const PLACES = 1000

/**
 * What a feature may read: one query's state, in numbers. The ranker builds it from bundle and history; training,
 * evaluation and the browser all build it with the same code, so that no feature can differ between them.
 */
export interface QueryState {
  /**
   * Decayed interactions of an item at the given half-life in days, as a multiple of what is typical among candidates; 0 where
   * the data has no times.
   */
  decayed(halfLifeDays: number, item: number): number
  /** Items that are more popular at this half-life, `PLACES` at the most. */
  place(halfLifeDays: number, item: number): number
  /** All interactions of an item so far, as a multiple of what is typical. */
  count(item: number): number
  /** Shrunken mean rating over the range of ratings, 0–1; `undefined` where the data has no ratings. */
  quality(item: number): number | undefined
  /** Recent over usual attention, as a multiple of what is typical. */
  trend(item: number): number
  /** Calibrated score of a generator, 0–1. */
  calibrated(generator: PersonalGenerator, item: number): number
  /** A generator's score over its best score in this query, 0–1. */
  relative(generator: PersonalGenerator, item: number): number
  /** `relative` over the query's candidates, under a shorter or longer memory than the generator's own. */
  spanned(generator: SpannedGenerator, span: Span, item: number): number
  /** How much of the visitor's taste an item is, 0–1. */
  affinity(item: number): number
  /** Days between the item's first day and the moment of the bundle's popularity; `undefined` where unknown. */
  ageDays(item: number): number | undefined
  year(item: number): number | undefined
  /**
   * Of a feature that sees neither history nor now: its value for every item, kept from query to query; NaN where nobody has
   * asked yet.
   */
  kept(feature: string): Float32Array
  /** The visitor: the same for all candidates of a query. */
  readonly history: {
    readonly length: number
    /** Hours since the latest interaction; `undefined` where the history has no times. */
    readonly pauseHours: number | undefined
    /** Items of the 24 hours before the query. */
    readonly today: number | undefined
    /** Mean log(1 + count) of the history's items. */
    readonly meanLogCount: number
    /** Share of the history's items not older than 60 days. */
    readonly newShare: number
    readonly meanYear: number | undefined
    /** Mean log(1 + interactions at a half-life of 7 days) of the latest item, and of the latest three. */
    readonly latestAttention: number
    readonly recentAttention: number
    /** Items of the seven days before the latest interaction. */
    readonly week: number | undefined
  }
}
