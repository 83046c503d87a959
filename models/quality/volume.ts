import type { Dataset } from '../dataset.ts'
import type { Quantiles, VolumeFacts } from './dataQuality.ts'

/** How much there is, and how it is spread over users and items. Linear, but for sorting the counts. */
export function volumeOf(dataset: Dataset): VolumeFacts {
  const { items, offsets, users, catalogue, positive } = dataset
  const perItem = new Float64Array(catalogue.length)
  const lastUser = new Int32Array(catalogue.length).fill(-1)
  const perUser = new Float64Array(users.length)
  let pairs = 0
  let successes = 0
  for (let u = 0; u < users.length; u++) {
    perUser[u] = offsets[u + 1]! - offsets[u]!
    for (let row = offsets[u]!; row < offsets[u + 1]!; row++) {
      const item = items[row]!
      perItem[item]!++
      successes += positive[row]!
      if (lastUser[item] !== u) pairs++
      lastUser[item] = u
    }
  }
  const touched = perItem.filter((count) => count > 0)
  return {
    users: users.length,
    items: touched.length,
    interactions: items.length,
    successes,
    density: pairs / (users.length * touched.length || 1),
    perUser: quantilesOf(perUser),
    perItem: quantilesOf(touched),
  }
}

/** By nearest rank. */
function quantilesOf(values: Float64Array): Quantiles {
  const sorted = values.slice().sort()
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { min: at(0), p25: at(0.25), median: at(0.5), p75: at(0.75), p95: at(0.95), max: at(1) }
}
