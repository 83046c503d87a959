import { BUNDLE_FEATURES } from './bundleFeatures.ts'
import type { Feature } from './feature.ts'
import { HISTORY_FEATURES } from './historyFeatures.ts'
import type { QueryState } from './queryState.ts'
import { VISITOR_FEATURES } from './visitorFeatures.ts'

/** All that the ranker reads, in the order of the rows. */
export const FEATURES: readonly Feature[] = [...BUNDLE_FEATURES, ...HISTORY_FEATURES, ...VISITOR_FEATURES]

/** `name@version` of every feature, in the order of the rows. */
export const FEATURE_IDS: readonly string[] = FEATURES.map(({ name, version }) => `${name}@${version}`)

/**
 * Feature rows of the candidates, row-major, items × features. A value that is absent or not finite becomes the feature's
 * default.
 */
export function featureRows(state: QueryState, items: ArrayLike<number>): Float32Array {
  const rows = new Float32Array(items.length * FEATURES.length)
  for (let f = 0; f < FEATURES.length; f++) {
    const feature = FEATURES[f]!
    for (let r = 0; r < items.length; r++) {
      const value = feature.value(state, items[r]!)
      rows[r * FEATURES.length + f] = value !== undefined && Number.isFinite(value) ? value : feature.default
    }
  }
  return rows
}
