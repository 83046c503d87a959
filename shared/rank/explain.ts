import type { RankerFile } from '../bundle/rankerFile.ts'
import type { Contribution } from '../domain/slate.ts'
import type { Feature } from '../features/feature.ts'
import { SCORE_UNITS, scaleRows } from './scoreCandidates.ts'
import { tanh } from './tanh.ts'

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
 *
 * What goes into a hidden unit is linear in the features, so every coalition costs one addition a unit: that of the group by
 * which it differs from a smaller one.
 * @param features the ranker's own
 * @returns a function of the item's feature row (unscaled), the same for the empty history, and the item's score in units
 *   of 2⁻¹⁶
 */
export function shapley(ranker: RankerFile, features: readonly Feature[]): Explainer {
  const { hidden, w1, b1, w2 } = ranker.network
  const personal = features.map((feature) => (feature.sees.includes('history') ? feature.source : null))
  const groups = [...new Set(personal.filter((source) => source !== null))]
  const groupOf = personal.map((source) => (source === null ? -1 : groups.indexOf(source)))
  const coalitions = 1 << groups.length
  const weights = coalitionWeights(groups.length)
  /** What goes into the hidden units under each coalition, coalitions × hidden. */
  const sums = new Float64Array(coalitions * hidden)
  const steps = new Float64Array(groups.length * hidden)
  const values = new Float64Array(coalitions)

  function add(to: Float64Array, start: number, feature: number, x: number): void {
    if (x !== 0) for (let h = 0, w = feature * hidden; h < hidden; h++) to[start + h]! += x * w1[w + h]!
  }

  function evaluateAll(row: Float32Array, empty: Float32Array): void {
    sums.set(b1)
    steps.fill(0)
    for (const [f, group] of groupOf.entries()) {
      add(sums, 0, f, empty[f]!)
      if (group >= 0) add(steps, group * hidden, f, row[f]! - empty[f]!)
    }
    for (let coalition = 0; coalition < coalitions; coalition++) {
      const newest = 31 - Math.clz32(coalition)
      const before = (coalition ^ (1 << newest)) * hidden
      let value = 0
      for (let h = 0, p = coalition * hidden; h < hidden; h++, p++) {
        if (coalition > 0) sums[p] = sums[before + h]! + steps[newest * hidden + h]!
        value += w2[h]! * tanh(sums[p]!)
      }
      values[coalition] = value
    }
  }

  return (row, empty, score) => {
    evaluateAll(scaleRows(row, ranker), scaleRows(empty, ranker))
    const shares = groups.map((source, g) => ({
      source,
      share: Math.round(shapleyValue(values, g, weights) * SCORE_UNITS),
    }))
    const given = shares.reduce((sum, { share }) => sum + share, 0)
    const all: Contribution[] = [...shares, { source: 'popular', share: score - given }]
    return all.filter(({ share }) => share !== 0).sort((a, b) => Math.abs(b.share) - Math.abs(a.share))
  }
}

function shapleyValue(values: Float64Array, group: number, weights: Float64Array): number {
  const bit = 1 << group
  let value = 0
  for (let coalition = 0; coalition < values.length; coalition++)
    if ((coalition & bit) === 0)
      value += weights[coalition]! * (values[coalition | bit]! - values[coalition]!)
  return value
}

/** Of every coalition S: |S|! (G−|S|−1)! / G! = 1 / (G · C(G−1, |S|)). */
function coalitionWeights(groups: number): Float64Array {
  return Float64Array.from({ length: 1 << groups }, (_, coalition) => {
    let weight = 1 / groups
    let size = 0
    for (let rest = coalition; rest > 0; rest &= rest - 1) {
      weight *= (size + 1) / (groups - 1 - size)
      size++
    }
    return weight
  })
}
