import type { BaselineResult, Comparison } from '../../shared/bundle/evaluation.ts'
import type { Evaluation, Rung, RungResult } from '../../shared/bundle/manifest.ts'
import { RUNGS } from '../../shared/bundle/manifest.ts'
import { type Comparer, comparer } from './comparer.ts'
import type { ContenderRun, LadderRun, RungRun } from './ladderRun.ts'
import type { Recorded } from './queryRecorder.ts'
import { segmentsOf } from './segments.ts'

/** The metric that decides what ships. */
export const DECIDING_METRIC = 'ndcg@10'
/** Fewer queries, users or days than this decide nothing. */
export const MEASURABLE = { queries: 500, users: 50, days: 5 } as const

/**
 * Climbs the ladder. A rung ships only if it beats every rung below in the deciding metric, with a 95 % interval of the
 * difference that excludes 0, over users and over days: the wider interval decides. Popularity always ships. Then compares
 * what ships with everything else that was ranked, corrected for all these comparisons together.
 */
export function climb(run: LadderRun, seed: number): Evaluation {
  const ordered = RUNGS.flatMap((rung) => run.rungs.find((r) => r.rung === rung) ?? [])
  const baselines = run.baselines ?? []
  const columns = [...ordered, ...baselines].map(valuesOf)
  const compare = comparer(columns, run, MEASURABLE.days, seed)
  const queries = run.userOf.length
  const users = distinct(run.userOf)
  const days = distinct(run.dayOf)
  const measurable =
    queries >= MEASURABLE.queries && users >= MEASURABLE.users && (!run.daily || days >= MEASURABLE.days)
  const ladder = ordered.map((rung, position) => rungResult(rung, position, columns, compare, measurable))
  const shippedAt = ladder.findLastIndex((result) => result.ships)
  const best = ladder[shippedAt]!
  const verdict = !measurable ? 'not-measurable' : best.rung === 'popularity' ? 'baseline' : 'ships'
  const comparisons = compare.against(shippedAt)
  return {
    manifest: null,
    protocol: run.protocol,
    verdict,
    summary: sentence(verdict, best, { queries, users, days }),
    queries,
    users,
    days,
    ladder: ladder.map((result, position) =>
      position === shippedAt ? result : { ...result, shipped: comparisons[position]! },
    ),
    baselines: baselines.map((baseline, b) => baselineResult(baseline, comparisons[ordered.length + b]!)),
    ...besideLadder(run, ordered, shippedAt, seed),
  }
}

function rungResult(
  rung: RungRun,
  position: number,
  columns: readonly Float64Array[],
  compare: Comparer,
  measurable: boolean,
): RungResult {
  const below = [...columns.keys()].slice(0, position)
  const hardest = below.reduce<number | null>(
    (worst, b) => (worst === null || mean(columns[b]!) > mean(columns[worst]!) ? b : worst),
    null,
  )
  return {
    rung: rung.rung,
    model: rung.model,
    metrics: { ...means(rung.values), ...rung.totals },
    gain: hardest === null ? null : compare.gain(position, hardest),
    bytes: rung.bytes,
    // The plain difference decides: a ratio says nothing about a rung below that never hits.
    ships: position === 0 || (measurable && below.every((b) => compare.difference(position, b).low > 0)),
  }
}

function baselineResult(baseline: ContenderRun, shipped: Comparison): BaselineResult {
  const { name, trainer, formula, bytes, offline, values, totals } = baseline
  return { name, trainer, formula, metrics: { ...means(values), ...totals }, bytes, offline, shipped }
}

/** Segments and facts of the run. */
function besideLadder(run: LadderRun, ordered: readonly RungRun[], shippedAt: number, seed: number) {
  const named = [...ordered.map((rung) => ({ ...rung, name: rung.rung as string })), ...(run.baselines ?? [])]
  const shipped = named[shippedAt]!
  const others = named.filter((model) => model !== shipped)
  const best = others.reduce<(typeof named)[number] | null>(
    (top, next) => (top === null || mean(valuesOf(next)) > mean(valuesOf(top)) ? next : top),
    null,
  )
  const { facts } = run
  return {
    segments: segmentsOf(run, shipped, named[0]!, best, seed),
    totals: {
      comparisons: named.length - 1,
      ...(facts ? { items: facts.counts.length, headItems: facts.head.reduce((sum, x) => sum + x, 0) } : {}),
    },
  }
}

/** What a rung costs besides bytes. Not part of the evaluation: a manifest holds nothing that another run would change. */
export interface RungTiming {
  /** Median of a ranking while evaluating. */
  readonly milliseconds: number
  readonly trainSeconds: number
}
/** By the name of a rung or baseline. */
export type Timings = Readonly<Record<string, RungTiming>>

export function timingsOf({ rungs, baselines = [] }: LadderRun): Timings {
  const named = [...rungs.map((rung) => ({ ...rung, name: rung.rung })), ...baselines]
  return Object.fromEntries(
    named.map(({ name, milliseconds, trainSeconds }) => [name, { milliseconds, trainSeconds }]),
  )
}

/** The rung that a bundle may show on `for-you` after this evaluation. */
export function shippedRung(evaluation: Evaluation): Rung {
  return evaluation.ladder.findLast((result) => result.ships)?.rung ?? 'popularity'
}

function sentence(
  verdict: Evaluation['verdict'],
  best: RungResult,
  { queries, users, days }: { queries: number; users: number; days: number },
): string {
  const over = `${queries} queries of ${users} users${days > 1 ? ` on ${days} days` : ''}`
  if (verdict === 'not-measurable') {
    const { queries: q, users: u, days: d } = MEASURABLE
    return `Not measurable: ${over}; it takes ${q} queries of ${u} users on ${d} days. Popularity ships, unproven.`
  }
  if (verdict === 'baseline' || !best.gain) return `Nothing beat popularity on ${over}. Popularity ships.`
  const percent = (x: number) => `${x >= 0 ? '+' : '−'}${Math.abs(100 * x).toFixed(1)} %`
  const { mean, low, high } = best.gain
  return `${best.rung} ships: ${DECIDING_METRIC} ${percent(mean)} [${percent(low)}, ${percent(high)}] over the best rung below, ${over}.`
}

/** One value a query; none where nothing was asked. */
function valuesOf(rung: Recorded): Float64Array {
  return rung.values.get(DECIDING_METRIC) ?? new Float64Array(0)
}

function means(values: ReadonlyMap<string, Float64Array>): Record<string, number> {
  return Object.fromEntries([...values].map(([name, column]) => [name, mean(column)]))
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, x) => sum + x, 0) / values.length
}

function distinct(values: Int32Array): number {
  return new Set(values).size
}
