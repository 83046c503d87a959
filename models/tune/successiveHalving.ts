import type { Settings } from '../settings.ts'
import type { Measurement } from './measureSettings.ts'

/** One trial in three goes on to a sample three times as large. */
export const ETA = 3

/** What a model may cost; absent means any. */
export interface Budgets {
  readonly bytes?: number
  readonly trainSeconds?: number
  readonly milliseconds?: number
}

export interface Trial {
  readonly number: number
  readonly settings: Settings
}

/** A trial with its latest measurement. */
export interface Measured extends Trial {
  readonly share: number
  readonly result: Measurement
}

export interface Rejected extends Trial {
  readonly why: string
  readonly result?: Measurement
}

export interface Halving {
  /** Measured on everything, within all budgets; best first. */
  readonly finalists: readonly Measured[]
  readonly rejected: readonly Rejected[]
}

export type Measure = (
  trials: readonly Trial[],
  share: number,
) => Promise<readonly (Measurement | { readonly failed: string })[]>

/** Shares of the sample by rung, the last being everything; fewer rungs where there are few trials. */
export function sharesFor(trials: number): number[] {
  const rungs = Math.min(3, 1 + Math.floor(Math.log(Math.max(1, trials)) / Math.log(ETA)))
  return Array.from({ length: rungs }, (_, r) => ETA ** (r + 1 - rungs))
}

/**
 * Successive halving (Jamieson & Talwalkar, AISTATS 2016; the rungs of Hyperband, Li et al., JMLR 2018): all trials on a small
 * sample, the best third of them on one three times as large, and so on. Whatever breaks a budget is out at once.
 * @param kept trials that reach the last rung whatever their rank: the settings that everything is compared with
 */
export async function successiveHalving(
  trials: readonly Trial[],
  budgets: Budgets,
  measure: Measure,
  kept: ReadonlySet<number>,
): Promise<Halving> {
  const rejected: Rejected[] = []
  const shares = sharesFor(trials.length)
  let alive = [...trials]
  let finalists: Measured[] = []
  for (const [rung, share] of shares.entries()) {
    const results = await measure(alive, share)
    const good: Measured[] = []
    for (const [t, trial] of alive.entries()) {
      const result = results[t]!
      if ('failed' in result) rejected.push({ ...trial, why: result.failed })
      else {
        const broken = brokenBudget(result, budgets)
        if (broken === null) good.push({ ...trial, share, result })
        else rejected.push({ ...trial, why: broken, result })
      }
    }
    good.sort(
      (a, b) => b.result.ndcg - a.result.ndcg || a.result.bytes - b.result.bytes || a.number - b.number,
    )
    finalists = good
    if (rung === shares.length - 1) break
    const next = Math.max(1, Math.round(trials.length / ETA ** (rung + 1)))
    alive = good.filter(({ number }, rank) => rank < next || kept.has(number))
  }
  return { finalists, rejected }
}

/** The first budget that a measurement breaks, in words. */
export function brokenBudget(result: Measurement, budgets: Budgets): string | null {
  const { bytes, trainSeconds, milliseconds } = budgets
  if (bytes !== undefined && result.bytes > bytes)
    return `${(result.bytes / 1000).toFixed(0)} kB, budget ${(bytes / 1000).toFixed(0)} kB`
  if (trainSeconds !== undefined && result.trainSeconds > trainSeconds)
    return `${result.trainSeconds.toFixed(1)} s of training, budget ${trainSeconds} s`
  if (milliseconds !== undefined && result.milliseconds > milliseconds)
    return `${result.milliseconds.toFixed(2)} ms a slate, budget ${milliseconds} ms`
  return null
}

/**
 * The smallest model within one standard error of the best (Breiman et al., Classification and Regression Trees, 1984): what
 * the data cannot tell from the best is chosen by its bytes.
 */
export function smallestWithinOneError(finalists: readonly Measured[]): Measured | null {
  const best = finalists.reduce<Measured | null>(
    (b, f) => (b === null || f.result.ndcg > b.result.ndcg ? f : b),
    null,
  )
  if (best === null) return null
  const enough = best.result.ndcg - best.result.error
  return finalists
    .filter(({ result }) => result.ndcg >= enough)
    .reduce((smallest, f) =>
      f.result.bytes < smallest.result.bytes ||
      (f.result.bytes === smallest.result.bytes && f.result.ndcg > smallest.result.ndcg)
        ? f
        : smallest,
    )
}
