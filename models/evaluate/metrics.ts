/** Cutoffs of every report. */
export const CUTOFFS = [10, 20, 100] as const

/** How good one ranked list is for one query; all binary relevance, all 0–1. */
export interface QueryMetrics {
  readonly [metric: string]: number
}

/** hits among the first k over k: Precision@k = |R_k ∩ T| / k */
export function precision(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number): number {
  return hits(ranked, relevant, k) / k
}

/** Recall@k = |R_k ∩ T| / |T|: the denominator is all of T, not min(k, |T|). */
export function recall(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number): number {
  return relevant.size === 0 ? 0 : hits(ranked, relevant, k) / relevant.size
}

/** Capped recall: |R_k ∩ T| / min(k, |T|), so that 1 can be reached however many items are relevant. */
export function cappedRecall(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number): number {
  return relevant.size === 0 ? 0 : hits(ranked, relevant, k) / Math.min(k, relevant.size)
}

/** HitRate@k = 1 if any of the first k is relevant */
export function hitRate(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number): number {
  return hits(ranked, relevant, k) > 0 ? 1 : 0
}

/** AP@k = Σ_{r ≤ k, hit} Precision@r / min(k, |T|); its mean over queries is MAP@k. */
export function averagePrecision(
  ranked: ArrayLike<number>,
  relevant: ReadonlySet<number>,
  k: number,
): number {
  let found = 0
  let sum = 0
  for (let r = 0; r < Math.min(k, ranked.length); r++) {
    if (relevant.has(ranked[r]!)) sum += ++found / (r + 1)
  }
  return relevant.size === 0 ? 0 : sum / Math.min(k, relevant.size)
}

/** NDCG@k = Σ_{r ≤ k, hit} 1/log₂(r + 1) over the same sum for min(k, |T|) hits on top (Järvelin & Kekäläinen 2002). */
export function ndcg(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number): number {
  let gain = 0
  let ideal = 0
  for (let r = 0; r < k; r++) {
    if (r < ranked.length && relevant.has(ranked[r]!)) gain += 1 / Math.log2(r + 2)
    if (r < relevant.size) ideal += 1 / Math.log2(r + 2)
  }
  return ideal === 0 ? 0 : gain / ideal
}

/** 1 / rank of the first relevant item, 0 where the list holds none. */
export function reciprocalRank(ranked: ArrayLike<number>, relevant: ReadonlySet<number>): number {
  for (let r = 0; r < ranked.length; r++) if (relevant.has(ranked[r]!)) return 1 / (r + 1)
  return 0
}

/** Share of the catalogue that the first k of all lists show: Coverage@k = |∪ R_k| / n. */
export class Coverage {
  readonly #k: number
  readonly #shown = new Set<number>()

  constructor(k: number) {
    this.#k = k
  }

  add(ranked: ArrayLike<number>): void {
    for (let r = 0; r < Math.min(this.#k, ranked.length); r++) this.#shown.add(ranked[r]!)
  }

  of(items: number): number {
    return items === 0 ? 0 : this.#shown.size / items
  }
}

/** Every metric of one query, by name. */
export function queryMetrics(ranked: ArrayLike<number>, relevant: ReadonlySet<number>): QueryMetrics {
  const metrics: Record<string, number> = { mrr: reciprocalRank(ranked, relevant) }
  for (const k of CUTOFFS) {
    metrics[`precision@${k}`] = precision(ranked, relevant, k)
    metrics[`recall@${k}`] = recall(ranked, relevant, k)
    metrics[`recall-capped@${k}`] = cappedRecall(ranked, relevant, k)
    metrics[`hit-rate@${k}`] = hitRate(ranked, relevant, k)
    metrics[`map@${k}`] = averagePrecision(ranked, relevant, k)
    metrics[`ndcg@${k}`] = ndcg(ranked, relevant, k)
  }
  return metrics
}

function hits(ranked: ArrayLike<number>, relevant: ReadonlySet<number>, k: number): number {
  let count = 0
  for (let r = 0; r < Math.min(k, ranked.length); r++) if (relevant.has(ranked[r]!)) count++
  return count
}
