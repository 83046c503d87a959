import { Coverage, CUTOFFS, queryMetrics } from './metrics.ts'

/** Items of each list that are kept, for what is measured over several lists. */
export const KEPT = 10

/** What one contender did on every query of a run, in the same order for all: comparisons are paired. */
export interface Recorded {
  /** metric → one value a query */
  readonly values: ReadonlyMap<string, Float64Array>
  /** coverage@k and the like, which are no means over queries */
  readonly totals: Readonly<Record<string, number>>
  readonly milliseconds: number
  /** queries × KEPT item numbers, −1 where a list is shorter */
  readonly top?: Int32Array
}

/** One value of a ranked list, by name. */
export interface ExtraMetric {
  readonly name: string
  of(ranked: ArrayLike<number>, relevant: ReadonlySet<number>): number
}

/** Collects what one contender did, query by query. */
export class QueryRecorder {
  readonly #metrics: readonly ExtraMetric[]
  readonly #values = new Map<string, number[]>()
  readonly #coverage = CUTOFFS.map((k) => ({ k, shown: new Coverage(k) }))
  readonly #milliseconds: number[] = []
  readonly #top: number[] = []

  /** @param metrics recorded besides ours */
  constructor(metrics: readonly ExtraMetric[] = []) {
    this.#metrics = metrics
  }

  add(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, milliseconds: number): void {
    const extra = this.#metrics.map(({ name, of }): [string, number] => [name, of(ranked, relevant)])
    for (const [name, value] of [...Object.entries(queryMetrics(ranked, relevant)), ...extra]) {
      const column = this.#values.get(name)
      if (column) column.push(value)
      else this.#values.set(name, [value])
    }
    for (const { shown } of this.#coverage) shown.add(ranked)
    for (let r = 0; r < KEPT; r++) this.#top.push(ranked[r] ?? -1)
    this.#milliseconds.push(milliseconds)
  }

  /** @param items of the catalogue */
  finish(items: number): Recorded {
    const sorted = this.#milliseconds.toSorted((a, b) => a - b)
    return {
      values: new Map([...this.#values].map(([name, column]) => [name, Float64Array.from(column)])),
      totals: Object.fromEntries(this.#coverage.map(({ k, shown }) => [`coverage@${k}`, shown.of(items)])),
      milliseconds: sorted[sorted.length >> 1] ?? 0,
      top: Int32Array.from(this.#top),
    }
  }
}
