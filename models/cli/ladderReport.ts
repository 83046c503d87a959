import type { GateCheck } from '../../shared/bundle/evaluation.ts'
import type { Evaluation } from '../../shared/bundle/manifest.ts'
import type { Interval } from '../evaluate/bootstrap.ts'
import type { Timings } from '../evaluate/ladder.ts'
import { rankerLines } from './rankerLines.ts'
import { textTable } from './textTable.ts'

/** In the place of a gain relative to a model that never hits. */
const NO_RATIO = '–'

/** The ladder as a person reads it: every rung with its gain and its cost, what loses included. */
export function ladderReport(evaluation: Evaluation, timings: Timings, oracleNdcg: number | null): string {
  const rows = evaluation.ladder.map((rung, r) => [
    rung.rung,
    metric(rung.metrics['ndcg@10']),
    metric(rung.metrics['recall@20']),
    percent(rung.metrics['coverage@10'] ?? 0, 1),
    gainCell(rung.gain, evaluation.ladder.slice(0, r)),
    kilobytes(rung.bytes),
    timings[rung.rung]?.milliseconds.toFixed(2) ?? '',
    trained(timings[rung.rung]?.trainSeconds),
    rung.ships ? 'yes' : 'no',
  ])
  if (oracleNdcg !== null) rows.push(['(oracle)', metric(oracleNdcg)])
  // 100 columns: MRR and what each rung is made of stand in the model card and in --json.
  const table = textTable(
    [
      { heading: 'rung' },
      { heading: 'NDCG@10', align: 'right' },
      { heading: 'recall@20', align: 'right' },
      { heading: 'shown', align: 'right' },
      { heading: 'gain %, 95 %', align: 'right' },
      { heading: 'kB', align: 'right' },
      { heading: 'ms', align: 'right' },
      { heading: 'train s', align: 'right' },
      { heading: 'ships' },
    ],
    rows,
  )
  const legend =
    'shown: coverage@10. gain: NDCG@10 over the best rung below. kB: what it adds. ms: one list, median.'
  return [
    `Protocol: ${evaluation.protocol}`,
    '',
    table,
    legend,
    '',
    evaluation.summary,
    ...baselineLines(evaluation),
    ...segmentLines(evaluation),
    ...rankerLines(evaluation),
    ...surfaceLines(evaluation),
    ...gateLines(evaluation),
  ].join('\n')
}

function baselineLines({ baselines = [] }: Evaluation): string[] {
  if (baselines.length === 0) return []
  const rows = baselines.map(({ name, metrics, bytes, offline, shipped: { gain, adjusted, p } }) => [
    name,
    metric(metrics['ndcg@10']),
    metrics['ndcg@10'] === 0 ? NO_RATIO : signed(gain.mean),
    difference(adjusted),
    p < 0.001 ? '<.001' : p.toFixed(3),
    offline ? 'offline' : kilobytes(bytes),
  ])
  const columns = [
    { heading: 'other models' },
    { heading: 'NDCG@10', align: 'right' as const },
    { heading: 'what ships', align: 'right' as const },
    { heading: 'difference, corrected 95 %' },
    { heading: 'p', align: 'right' as const },
    { heading: 'kB', align: 'right' as const },
  ]
  return ['', textTable(columns, rows)]
}

function segmentLines({ segments = [] }: Evaluation): string[] {
  const asked = segments.filter(({ queries }) => queries > 0)
  if (asked.length === 0) return []
  const rows = asked.map((segment) => [
    `${segment.by} ${segment.name}`,
    String(segment.queries),
    metric(segment.shipped['ndcg@10']),
    metric(segment.popularity['ndcg@10']),
    metric(segment.best['ndcg@10']),
    segment.difference ? difference(segment.difference) : '',
  ])
  const columns = [
    { heading: 'segment, NDCG@10' },
    { heading: 'queries', align: 'right' as const },
    { heading: 'ships', align: 'right' as const },
    { heading: 'popularity', align: 'right' as const },
    { heading: asked[0]!.bestName || 'other', align: 'right' as const },
    { heading: 'difference to it, 95 %' },
  ]
  return ['', textTable(columns, rows)]
}

function surfaceLines({ surfaces = [] }: Evaluation): string[] {
  const others = surfaces.filter(({ surface }) => surface !== 'for-you')
  if (others.length === 0) return []
  const rows = others.map(({ surface, queries, value, baselineValue, baseline, difference, verdict }) => [
    surface,
    String(queries),
    queries > 0 ? metric(value) : '',
    queries > 0 ? metric(baselineValue) : '',
    baseline,
    difference
      ? `${difference.mean.toFixed(4)} [${difference.low.toFixed(4)}, ${difference.high.toFixed(4)}]`
      : '',
    verdict.replace('not-measurable', 'unmeasured'),
  ])
  const columns = [
    { heading: 'surface' },
    { heading: 'asked', align: 'right' as const },
    { heading: 'hit@10', align: 'right' as const },
    { heading: 'simple', align: 'right' as const },
    { heading: 'simple list' },
    { heading: 'difference, 95 %' },
    { heading: 'verdict' },
  ]
  const unmeasured = others.filter(({ verdict }) => verdict === 'not-measurable')
  return ['', textTable(columns, rows), ...unmeasured.map(({ surface, text }) => `${surface}: ${text}`)]
}

export function gateLines({ gate, override }: Evaluation): string[] {
  if (!gate) return []
  const mark = ({ passed, warning }: GateCheck) =>
    passed === null ? '·' : passed ? '✓' : warning ? '! warning,' : '✕'
  return [
    '',
    `Gate: ${gate.passed ? 'passed' : 'REFUSED; publishing takes --override "REASON"'}`,
    ...gate.checks
      // The ladder and the surfaces have tables of their own.
      .filter(({ name, warning, passed }) => name !== 'for-you' && (!warning || passed === false))
      .map((check) => `  ${mark(check)} ${check.name}: ${check.text}`),
    ...(override ? [`  Published all the same: ${override.reason}`] : []),
  ]
}

function gainCell(gain: Interval | null, below: Evaluation['ladder']): string {
  if (!gain) return ''
  if (below.every(({ metrics }) => metrics['ndcg@10'] === 0)) return NO_RATIO
  return `${points(gain.mean)} [${points(gain.low)}, ${points(gain.high)}]`
}

/** Empty where nothing was trained: a bundle that is evaluated has been fitted elsewhere. */
function trained(seconds: number | undefined): string {
  return seconds ? seconds.toFixed(1) : ''
}

/** Signed, as in the model card. */
function difference({ mean, low, high }: Interval): string {
  const text = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
  return `${text(mean)} [${text(low)}, ${text(high)}]`
}

function metric(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(4)
}

function percent(value: number, digits: number): string {
  return `${(100 * value).toFixed(digits)} %`
}

/** A relative gain, e.g. `+7.2 %`. */
export function signed(value: number): string {
  return `${value >= 0 ? '+' : '−'}${(100 * Math.abs(value)).toFixed(1)} %`
}

/** The same in percent without the sign for it. */
function points(value: number): string {
  return signed(value).slice(0, -2)
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1)
}
