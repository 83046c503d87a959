import type { RankerFile } from '../bundle/rankerFile.ts'
import type { Contribution, Source } from '../domain/slate.ts'
import { FEATURES } from '../features/features.ts'
import type { Network } from './network.ts'
import { SCORE_UNITS, scaleRows } from './scoreCandidates.ts'

/** Sources whose features depend on the history; the others are the same in the empty-history row. */
const GROUPS: readonly Source[] = [
  ...new Set(FEATURES.filter((f) => f.sees.includes('history')).map((f) => f.source)),
]
const GROUP_OF = FEATURES.map((f) => (f.sees.includes('history') ? GROUPS.indexOf(f.source) : -1))
const COALITIONS = 1 << GROUPS.length

/**
 * Signed contributions of each source to one item's score: exact Shapley values over the feature groups against the
 * empty-history row (Lundberg & Lee, NeurIPS 2017, with full enumeration: at most 2⁶ coalitions),
 *
 *   φ_g = Σ_{S ∌ g} |S|! (G−|S|−1)! / G! · (f(S ∪ g) − f(S))
 *
 * `popular` gets f(∅), the item's score for a visitor nobody knows. Rounded to units of 2⁻¹⁶ so that all sum to `score`.
 * @param row feature row of the item, unscaled
 * @param empty the same for the empty history
 * @param score the item's score in units of 2⁻¹⁶
 */
export function shapley(
  row: Float32Array,
  empty: Float32Array,
  score: number,
  ranker: RankerFile,
  network: Network,
): Contribution[] {
  const width = FEATURES.length
  const rows = new Float32Array(COALITIONS * width)
  for (let coalition = 0; coalition < COALITIONS; coalition++) {
    for (let f = 0; f < width; f++) {
      const group = GROUP_OF[f]!
      rows[coalition * width + f] = group >= 0 && coalition & (1 << group) ? row[f]! : empty[f]!
    }
  }
  const values = network.forward(scaleRows(rows, ranker), COALITIONS)
  const shares = GROUPS.map((source, g) => ({
    source,
    share: Math.round(shapleyValue(values, g) * SCORE_UNITS),
  }))
  const given = shares.reduce((sum, { share }) => sum + share, 0)
  const all: Contribution[] = [...shares, { source: 'popular', share: score - given }]
  return all.filter(({ share }) => share !== 0).sort((a, b) => Math.abs(b.share) - Math.abs(a.share))
}

function shapleyValue(values: Float32Array, group: number): number {
  const bit = 1 << group
  let value = 0
  for (let coalition = 0; coalition < COALITIONS; coalition++) {
    if (coalition & bit) continue
    value += coalitionWeight(bitCount(coalition)) * (values[coalition | bit]! - values[coalition]!)
  }
  return value
}

/** |S|! (G−|S|−1)! / G! = 1 / (G · C(G−1, |S|)) */
function coalitionWeight(size: number): number {
  let binomial = 1
  for (let i = 0; i < size; i++) binomial = (binomial * (GROUPS.length - 1 - i)) / (i + 1)
  return 1 / (GROUPS.length * binomial)
}

function bitCount(x: number): number {
  let count = 0
  for (let rest = x; rest > 0; rest &= rest - 1) count++
  return count
}
