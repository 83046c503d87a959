import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { Feature } from '../../shared/features/feature.ts'
import { featuresOf } from '../../shared/features/featureSchema.ts'
import { featureRows } from '../../shared/features/features.ts'
import { candidateSource, candidates } from '../../shared/rank/candidates.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import { queryScores, queryState, rankState } from '../../shared/rank/queryState.ts'
import { scaleRows } from '../../shared/rank/scoreCandidates.ts'
import { inventedHistories } from '../build/goldenCases.ts'
import { seededRandom, shuffle } from '../random.ts'

/**
 * How far each feature moves the scores: its column is exchanged between rows, and the root mean square of the change is
 * told over the standard deviation of the scores (permutation importance, Breiman 2001, of the score and not of an error,
 * so that it needs no data). Rows are the candidates of invented histories.
 * @returns one number ≥ 0 a feature, parallel to the ranker's own; `null` where the bundle has no ranker
 */
export function featureSway(bundle: Bundle): readonly number[] | null {
  const { ranker, manifest } = bundle
  if (!ranker) return null
  const network = plainNetwork(ranker.network)
  const features = featuresOf(ranker.features)
  const rows = rowsOf(bundle, manifest.seed, features)
  const width = features.length
  const count = rows.length / width
  const scored = (all: Float32Array) => Float32Array.from(network.forward(scaleRows(all, ranker), count))
  const scores = scored(rows.slice())
  const mean = scores.reduce((sum, x) => sum + x, 0) / count
  const deviation = Math.sqrt(scores.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count)
  const random = seededRandom(manifest.seed)
  return features.map((_, f) => {
    const order = shuffle(
      Array.from({ length: count }, (_, r) => r),
      random,
    )
    const exchanged = rows.slice()
    for (const [r, other] of order.entries()) exchanged[r * width + f] = rows[other * width + f]!
    const changed = scored(exchanged)
    const squares = changed.reduce((sum, x, r) => sum + (x - scores[r]!) ** 2, 0)
    return deviation > 0 ? Math.sqrt(squares / count) / deviation : 0
  })
}

function rowsOf(bundle: Bundle, seed: number, features: readonly Feature[]): Float32Array {
  const state = rankState(bundle)
  const source = candidateSource(state)
  const { now, histories } = inventedHistories(bundle, seed)
  const parts = histories
    .filter(({ length }) => length > 0)
    .map((history) => {
      const view = historyView(bundle, history, now)
      const scores = queryScores(state, view)
      const found = candidates(source, scores, (item) => view.seen.has(item))
      return featureRows(queryState(state, view, scores, found), found.items, features)
    })
  const rows = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    rows.set(part, at)
    at += part.length
  }
  return rows
}
