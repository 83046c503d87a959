import type { Evaluation } from '../../shared/bundle/manifest.ts'
import type { Timings } from '../evaluate/ladder.ts'
import { textTable } from './textTable.ts'

/** The ladder as a person reads it: every rung with its gain and its cost, what loses included. */
export function ladderReport(evaluation: Evaluation, timings: Timings, oracleNdcg: number | null): string {
  const rows = evaluation.ladder.map((rung) => [
    rung.rung,
    metric(rung.metrics['ndcg@10']),
    metric(rung.metrics['recall@20']),
    percent(rung.metrics['coverage@10'] ?? 0, 1),
    rung.gain ? `${points(rung.gain.mean)} [${points(rung.gain.low)}, ${points(rung.gain.high)}]` : '',
    kilobytes(rung.bytes),
    timings[rung.rung]?.milliseconds.toFixed(2) ?? '',
    timings[rung.rung]?.trainSeconds.toFixed(1) ?? '',
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
  return [`Protocol: ${evaluation.protocol}`, '', table, legend, '', evaluation.summary].join('\n')
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
