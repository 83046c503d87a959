import type { Evaluation } from '../../shared/bundle/manifest.ts'
import type { Timings } from '../evaluate/ladder.ts'
import { textTable } from './textTable.ts'

/** The ladder as a person reads it: every rung with its gain and its cost, what loses included. */
export function ladderReport(evaluation: Evaluation, timings: Timings, oracleNdcg: number | null): string {
  const rows = evaluation.ladder.map((rung) => [
    rung.rung,
    rung.model,
    metric(rung.metrics['ndcg@10']),
    metric(rung.metrics['recall@20']),
    metric(rung.metrics.mrr),
    percent(rung.metrics['coverage@10'] ?? 0, 1),
    rung.gain ? `${signed(rung.gain.mean)} [${signed(rung.gain.low)}, ${signed(rung.gain.high)}]` : '',
    kilobytes(rung.bytes),
    timings[rung.rung]?.milliseconds.toFixed(2) ?? '',
    timings[rung.rung]?.trainSeconds.toFixed(1) ?? '',
    rung.ships ? 'yes' : 'no',
  ])
  if (oracleNdcg !== null) rows.push(['(oracle)', 'Bayes-optimal slate', metric(oracleNdcg)])
  const table = textTable(
    [
      { heading: 'rung' },
      { heading: 'model' },
      { heading: 'NDCG@10', align: 'right' },
      { heading: 'recall@20', align: 'right' },
      { heading: 'MRR', align: 'right' },
      { heading: 'coverage', align: 'right' },
      { heading: 'gain over best below, 95 %' },
      { heading: 'kB', align: 'right' },
      { heading: 'ms', align: 'right' },
      { heading: 'train s', align: 'right' },
      { heading: 'ships' },
    ],
    rows,
  )
  return [`Protocol: ${evaluation.protocol}`, '', table, '', evaluation.summary].join('\n')
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

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1)
}
