import type { Evaluation } from '../../shared/bundle/manifest.ts'
import { textTable } from './textTable.ts'

/** What the ranker is made of, as a person reads it: candidates, probabilities, first visits. */
export function rankerLines({ candidates, reliability, firstVisits }: Evaluation): string[] {
  return [
    ...(candidates && candidates.queries > 0 ? candidateLines(candidates) : []),
    ...(reliability && reliability.rows > 0 ? reliabilityLines(reliability) : []),
    ...(firstVisits && firstVisits.queries > 0 ? firstVisitLines(firstVisits) : []),
  ]
}

function candidateLines({
  generators,
  queries,
  recall,
  mean,
  budget,
}: NonNullable<Evaluation['candidates']>): string[] {
  const rows = generators
    .filter(({ quota, alone }) => quota > 0 && alone > 0)
    .sort((a, b) => b.loss - a.loss || b.alone - a.alone)
    .map(({ name, quota, alone, loss }) => [name, String(quota), percent(alone), points(loss)])
  const most = budget === null ? '' : `, ${budget} at the most`
  return [
    '',
    `Candidates of ${queries} queries: ${percent(recall)} held what was chosen (${mean.toFixed(0)} on average${most}).`,
    '',
    textTable(
      [
        { heading: 'generator' },
        { heading: 'brings', align: 'right' },
        { heading: 'finds alone', align: 'right' },
        { heading: 'lost without it, points', align: 'right' },
      ],
      rows,
    ),
  ]
}

function reliabilityLines({ error, bins, firstTen }: NonNullable<Evaluation['reliability']>): string[] {
  const rows = bins.map(({ upTo, rows: n, promised, observed }) => [
    `≤ ${percent(upTo)}`,
    n.toLocaleString('en'),
    percent(promised, 2),
    percent(observed, 2),
  ])
  return [
    '',
    `Probabilities: the first ten promise ${firstTen.promised.toFixed(3)} choices a list and held ${firstTen.observed.toFixed(3)}; calibration error ${error.toFixed(5)}.`,
    '',
    textTable(
      [
        { heading: 'candidates' },
        { heading: 'how many', align: 'right' },
        { heading: 'promised', align: 'right' },
        { heading: 'chosen next', align: 'right' },
      ],
      rows,
    ),
  ]
}

function firstVisitLines({
  queries,
  shipped,
  trending,
  ranker,
  overTrending,
}: NonNullable<Evaluation['firstVisits']>): string[] {
  const over = overTrending
    ? ` (difference ${signed(overTrending.mean)} [${signed(overTrending.low)}, ${signed(overTrending.high)}])`
    : ''
  const guess = ranker === null ? '' : `, the ranker's guess of nobody ${ranker.toFixed(4)}`
  return [
    '',
    `Without a history (${queries} first choices), NDCG@10: popularity, which ships, ${shipped.toFixed(4)}, trending ${trending.toFixed(4)}${over}${guess}.`,
  ]
}

function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)} %`
}

function points(share: number): string {
  return `${share < 0 ? '−' : ''}${Math.abs(100 * share).toFixed(2)}`
}

function signed(x: number): string {
  return `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(4)}`
}
