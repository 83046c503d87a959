import type { RankerFile } from '../bundle/rankerFile.ts'
import { ForYouError } from '../domain/errors.ts'
import { SCORE_UNITS } from '../domain/slate.ts'
import type { Network } from './network.ts'

export { SCORE_UNITS }

/** Clamps every feature to its trained range and standardises it, in place. */
export function scaleRows(
  rows: Float32Array,
  { low, high, mean, spread }: Pick<RankerFile, 'low' | 'high' | 'mean' | 'spread'>,
): Float32Array {
  const width = low.length
  for (let p = 0, f = 0; p < rows.length; p++, f = f + 1 === width ? 0 : f + 1) {
    rows[p] = (Math.min(Math.max(rows[p]!, low[f]!), high[f]!) - mean[f]!) / spread[f]!
  }
  return rows
}

/** One score a candidate, in integer units of 2⁻¹⁶. */
export function scoreRows(rows: Float32Array, ranker: RankerFile, network: Network): Int32Array {
  const scores = network.forward(scaleRows(rows, ranker), rows.length / ranker.low.length)
  return Int32Array.from(scores, (score) => {
    if (!Number.isFinite(score))
      throw new ForYouError('ranker_failed', `The ${network.backend} network gave ${score}.`)
    return Math.round(score * SCORE_UNITS)
  })
}
