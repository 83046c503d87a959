import type { SurfaceResult } from '../../shared/bundle/evaluation.ts'
import { comparer } from './comparer.ts'
import { dense } from './dense.ts'
import { MEASURABLE } from './ladder.ts'

/** One question: 1 where the surface, and where its simple list, showed what was chosen. */
export interface Asked {
  readonly day: number
  readonly user: number
  readonly value: number
  readonly simple: number
}

/**
 * Judges a surface by the 95 % interval of its difference to the simple list, over users and, with daily windows, over days:
 * the wider one decides. The limits of the ladder say what is measurable.
 * @param asked null where the data has no times and the surface is a list of the day
 */
export function surfaceVerdict(
  words: Pick<SurfaceResult, 'surface' | 'measure' | 'baseline'>,
  asked: readonly Asked[] | null,
  daily: boolean,
  seed: number,
): SurfaceResult {
  const rows = asked ?? []
  const value = Float64Array.from(rows, (row) => row.value)
  const simple = Float64Array.from(rows, (row) => row.simple)
  const means = { queries: rows.length, value: mean(value), baselineValue: mean(simple) }
  const userOf = dense(Int32Array.from(rows, ({ user }) => user))
  const dayOf = dense(Int32Array.from(rows, ({ day }) => day))
  const users = new Set(userOf).size
  const days = new Set(dayOf).size
  const lacks =
    rows.length < MEASURABLE.queries || users < MEASURABLE.users || (daily && days < MEASURABLE.days)
  if (lacks) {
    const text = asked ? tooLittle(rows.length, users, daily ? days : null) : NO_TIMES
    return { ...words, ...means, verdict: 'not-measurable', difference: null, text }
  }
  const run = { daily, userOf, dayOf }
  const difference = comparer([value, simple], run, MEASURABLE.days, seed).difference(0, 1)
  const verdict = difference.low > 0 ? 'proven' : difference.high < 0 ? 'worse' : 'unproven'
  const text = `${SAYS[verdict]} ${words.baseline}: hit@10 ${means.value.toFixed(4)} against ${means.baselineValue.toFixed(4)}.`
  return { ...words, ...means, verdict, difference, text }
}

const SAYS = {
  proven: 'Better than',
  unproven: 'Not proven to differ from',
  worse: 'Worse than',
} as const
const NO_TIMES = 'Not measurable: the data has no times, so no list of the day. It ships unproven.'

function tooLittle(queries: number, users: number, days: number | null): string {
  const { queries: q, users: u, days: d } = MEASURABLE
  const [over, takes] = days === null ? ['', ''] : [` on ${days} days`, ` on ${d} days`]
  return `Not measurable: ${queries} questions of ${users} users${over}; it takes ${q} of ${u} users${takes}. It ships unproven.`
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, x) => sum + x, 0) / values.length
}
