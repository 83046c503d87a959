import type { Evaluation, Rung, RungResult } from '../../shared/bundle/manifest.ts'
import { RUNGS } from '../../shared/bundle/manifest.ts'
import { seededRandom } from '../random.ts'
import { type Interval, ratioInterval, wider } from './bootstrap.ts'

/** The metric that decides what ships. */
export const DECIDING_METRIC = 'ndcg@10'
/** Fewer queries, users or days than this decide nothing. */
export const MEASURABLE = { queries: 500, users: 50, days: 5 } as const

/** What one rung did on every query, in the same order for all rungs: comparisons are paired. */
export interface RungRun {
  readonly rung: Rung
  readonly model: string
  /** metric → one value a query */
  readonly values: ReadonlyMap<string, Float64Array>
  /** coverage@k and the like, which are no means over queries */
  readonly totals: Readonly<Record<string, number>>
  readonly milliseconds: number
  readonly bytes: number
  readonly trainSeconds: number
}

export interface LadderRun {
  readonly protocol: string
  /** Whether queries come in daily windows, so that days can be resampled too. */
  readonly daily: boolean
  readonly rungs: readonly RungRun[]
  /** query → user, dense from 0 */
  readonly userOf: Int32Array
  /** query → day, dense from 0; one day where the protocol has none */
  readonly dayOf: Int32Array
}

/**
 * Climbs the ladder. A rung ships only if it beats every rung below in the deciding metric, with a 95 % interval of the
 * relative gain that excludes 0, over users and over days: the wider interval decides. Popularity always ships.
 */
export function climb(run: LadderRun, seed: number): Evaluation {
  const ordered = RUNGS.flatMap((rung) => run.rungs.find((r) => r.rung === rung) ?? [])
  const queries = run.userOf.length
  const users = distinct(run.userOf)
  const days = distinct(run.dayOf)
  const measurable =
    queries >= MEASURABLE.queries && users >= MEASURABLE.users && (!run.daily || days >= MEASURABLE.days)
  const ladder: RungResult[] = []
  for (const [position, rung] of ordered.entries()) {
    const gains = ordered
      .slice(0, position)
      .map((below) => ({ below, gain: gainOver(run, rung, below, seed) }))
    const hardest = gains.reduce<(typeof gains)[number] | null>(
      (worst, g) => (worst === null || meanOf(g.below) > meanOf(worst.below) ? g : worst),
      null,
    )
    ladder.push({
      rung: rung.rung,
      model: rung.model,
      metrics: { ...means(rung.values), ...rung.totals },
      gain: hardest?.gain ?? null,
      bytes: rung.bytes,
      ships: position === 0 || (measurable && gains.every(({ below }) => beats(run, rung, below, seed))),
    })
  }
  const best = ladder.findLast((result) => result.ships)!
  const verdict = !measurable ? 'not-measurable' : best.rung === 'popularity' ? 'baseline' : 'ships'
  return {
    manifest: null,
    protocol: run.protocol,
    verdict,
    summary: sentence(verdict, best, { queries, users, days }),
    queries,
    users,
    days,
    ladder,
  }
}

/** What a rung costs besides bytes. Not part of the evaluation: a manifest holds nothing that another run would change. */
export interface RungTiming {
  /** Median of a ranking while evaluating. */
  readonly milliseconds: number
  readonly trainSeconds: number
}
export type Timings = Readonly<Partial<Record<Rung, RungTiming>>>

export function timingsOf({ rungs }: LadderRun): Timings {
  return Object.fromEntries(
    rungs.map(({ rung, milliseconds, trainSeconds }) => [rung, { milliseconds, trainSeconds }]),
  )
}

/** The rung that a bundle may show on `for-you` after this evaluation. */
export function shippedRung(evaluation: Evaluation): Rung {
  return evaluation.ladder.findLast((result) => result.ships)?.rung ?? 'popularity'
}

/** The gate looks at the plain difference: a ratio says nothing about a rung below that never hits. */
function beats(run: LadderRun, rung: RungRun, below: RungRun, seed: number): boolean {
  return interval(run, rung, below, new Float64Array(run.userOf.length).fill(1), seed).low > 0
}

/** Relative gain, for people. */
function gainOver(run: LadderRun, rung: RungRun, below: RungRun, seed: number): Interval {
  return interval(run, rung, below, valuesOf(below), seed)
}

function interval(
  run: LadderRun,
  rung: RungRun,
  below: RungRun,
  denominator: Float64Array,
  seed: number,
): Interval {
  const theirs = valuesOf(below)
  const difference = valuesOf(rung).map((x, q) => x - theirs[q]!)
  const byUser = ratioInterval(difference, denominator, run.userOf, seededRandom(seed))
  if (!run.daily || distinct(run.dayOf) < MEASURABLE.days) return byUser
  return wider(byUser, ratioInterval(difference, denominator, run.dayOf, seededRandom(seed)))
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

function meanOf(rung: RungRun): number {
  return mean(valuesOf(rung))
}

/** One value a query; none where nothing was asked. */
function valuesOf(rung: RungRun): Float64Array {
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
