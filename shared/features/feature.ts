import type { Source } from '../domain/slate.ts'
import type { QueryState } from './queryState.ts'

/** A feature is declared once: what it is, what it may see, and the one function that computes it. */
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

/** f of a value that may be unknown. */
export function mapped(x: number | undefined, f: (x: number) => number): number | undefined {
  return x === undefined ? undefined : f(x)
}
