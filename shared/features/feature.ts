import type { Source } from '../domain/slate.ts'
import type { QueryState } from './queryState.ts'

/** What kind of number a feature is, always a float32. `log` is ln(1 + x) of a quantity x ≥ 0 in the feature's unit. */
export const FEATURE_TYPES = {
  log: { low: 0, high: Number.POSITIVE_INFINITY },
  share: { low: 0, high: 1 },
  quantile: { low: 0, high: 1 },
} as const satisfies Record<string, { readonly low: number; readonly high: number }>
export type FeatureType = keyof typeof FEATURE_TYPES

/** What a feature may look at, and up to which moment: the same in training, evaluation and the browser. */
export const SIGHTS = {
  catalogue: 'the items and their attributes, as the bundle lists them',
  popularity:
    'counts up to the moment of the bundle’s popularity: the last midnight in training, the latest count on a device',
  generators:
    'tables and lists fitted strictly before the first slate that the ranker learned from, and the quantiles of their scores over those slates',
  history: 'the visitor’s own interactions, strictly before now',
  now: 'the moment of the query, on the bundle’s clock',
} as const
export type Sight = keyof typeof SIGHTS

/** A feature is declared once: what it is, what it may see, and the one function that computes it. */
export interface Feature {
  readonly name: string
  /** Goes up when the value for the same input changes; a ranker trained on another version is refused. */
  readonly version: number
  /** Versions of before that this very function still computes, from the bundles of their time. */
  readonly earlier?: readonly number[]
  readonly type: FeatureType
  readonly unit: string
  /** Value where there is nothing to compute it from. */
  readonly default: number
  /**
   * Features of one source move an item together: the groups of the reasons. Those of the source `visitor` are the same for
   * every item and are not told which.
   */
  readonly source: Source
  readonly sees: readonly Sight[]
  value(state: QueryState, item: number): number | undefined
}

/** f of a value that may be unknown. */
export function mapped(x: number | undefined, f: (x: number) => number): number | undefined {
  return x === undefined ? undefined : f(x)
}
