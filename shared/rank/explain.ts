import type { RankerFile } from '../bundle/rankerFile.ts'
import type { Contribution } from '../domain/slate.ts'
import type { Feature } from '../features/feature.ts'
import type { Network } from './network.ts'
import { SCORE_UNITS, scaleRows } from './scoreCandidates.ts'

/** Tells one item's contributions from its feature row. */
export type Explainer = (row: Float32Array, empty: Float32Array, score: number) => Contribution[]

/**
 * Signed contributions of each source to one item's score: exact Shapley values over the feature groups against the
 * empty-history row (Lundberg & Lee, NeurIPS 2017, with full enumeration: at most 2⁶ coalitions),
 *
 *   φ_g = Σ_{S ∌ g} |S|! (G−|S|−1)! / G! · (f(S ∪ g) − f(S))
 *
 * A group is a source whose features see the history; the others are the same in the empty-history row. `popular` gets f(∅),
 * the item's score for a visitor nobody knows. Rounded to units of 2⁻¹⁶ so that all sum to `score`.
 * @param features the ranker's own
 * @returns a function of the item's feature row (unscaled), the same for the empty history, and the item's score in units
 *   of 2⁻¹⁶
 */
export function shapley(ranker: RankerFile, network: Network, features: readonly Feature[]): Explainer {
  const personal = features.map((feature) => (feature.sees.includes('history') ? feature.source : null))
  const groups = [...new Set(personal.filter((source) => source !== null))]
  const groupOf = personal.map((source) => (source === null ? -1 : groups.indexOf(source)))
  const coalitions = 1 << groups.length
  const width = features.length
  return (row, empty, score) => {
    const rows = new Float32Array(coalitions * width)
    for (let coalition = 0; coalition < coalitions; coalition++) {
      for (let f = 0; f < width; f++) {
        const group = groupOf[f]!
        rows[coalition * width + f] = group >= 0 && coalition & (1 << group) ? row[f]! : empty[f]!
      }
    }
    const values = network.forward(scaleRows(rows, ranker), coalitions)
    const shares = groups.map((source, g) => ({
      source,
      share: Math.round(shapleyValue(values, g, groups.length) * SCORE_UNITS),
    }))
    const given = shares.reduce((sum, { share }) => sum + share, 0)
    const all: Contribution[] = [...shares, { source: 'popular', share: score - given }]
    return all.filter(({ share }) => share !== 0).sort((a, b) => Math.abs(b.share) - Math.abs(a.share))
  }
}

function shapleyValue(values: Float32Array, group: number, groups: number): number {
  const bit = 1 << group
  let value = 0
  for (let coalition = 0; coalition < values.length; coalition++) {
    if (coalition & bit) continue
    value += coalitionWeight(bitCount(coalition), groups) * (values[coalition | bit]! - values[coalition]!)
  }
  return value
}

/** |S|! (G−|S|−1)! / G! = 1 / (G · C(G−1, |S|)) */
function coalitionWeight(size: number, groups: number): number {
  let binomial = 1
  for (let i = 0; i < size; i++) binomial = (binomial * (groups - 1 - i)) / (i + 1)
  return 1 / (groups * binomial)
}

function bitCount(x: number): number {
  let count = 0
  for (let rest = x; rest > 0; rest &= rest - 1) count++
  return count
}
