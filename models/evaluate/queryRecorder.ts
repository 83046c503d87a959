import type { Rung } from '../../shared/bundle/manifest.ts'
import type { RungRun } from './ladder.ts'
import { Coverage, CUTOFFS, queryMetrics } from './metrics.ts'

/** Collects what one rung did, query by query. */
export class QueryRecorder {
  readonly #rung: Rung
  readonly #values = new Map<string, number[]>()
  readonly #coverage = CUTOFFS.map((k) => ({ k, shown: new Coverage(k) }))
  readonly #milliseconds: number[] = []

  constructor(rung: Rung) {
    this.#rung = rung
  }

  add(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, milliseconds: number): void {
    for (const [name, value] of Object.entries(queryMetrics(ranked, relevant))) {
      const column = this.#values.get(name)
      if (column) column.push(value)
      else this.#values.set(name, [value])
    }
    for (const { shown } of this.#coverage) shown.add(ranked)
    this.#milliseconds.push(milliseconds)
  }

  finish(items: number, cost: { model: string; bytes: number; trainSeconds: number }): RungRun {
    const sorted = this.#milliseconds.toSorted((a, b) => a - b)
    return {
      rung: this.#rung,
      ...cost,
      values: new Map([...this.#values].map(([name, column]) => [name, Float64Array.from(column)])),
      totals: Object.fromEntries(this.#coverage.map(({ k, shown }) => [`coverage@${k}`, shown.of(items)])),
      milliseconds: sorted[sorted.length >> 1] ?? 0,
    }
  }
}
