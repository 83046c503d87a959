import { BUNDLE_FEATURES } from './bundleFeatures.ts'
import type { Feature } from './feature.ts'
import { HISTORY_FEATURES } from './historyFeatures.ts'
import type { QueryState } from './queryState.ts'
import { VISITOR_FEATURES } from './visitorFeatures.ts'

/** All that a ranker may read, in the order of the rows that new ones learn from. */
export const FEATURES: readonly Feature[] = [...BUNDLE_FEATURES, ...HISTORY_FEATURES, ...VISITOR_FEATURES]

/** `name@version` of every feature, in the order of the rows. */
export const FEATURE_IDS: readonly string[] = FEATURES.map(({ name, version }) => `${name}@${version}`)

/**
 * Feature rows of the candidates, row-major, items × features. A value that is absent or not finite becomes the feature's
 * default.
 * @param features those of a ranker that learned from others than `FEATURES`
 */
export function featureRows(
  state: QueryState,
  items: ArrayLike<number>,
  features: readonly Feature[] = FEATURES,
): Float32Array {
  const width = features.length
  const rows = new Float32Array(items.length * width)
  for (let f = 0; f < width; f++) {
    const feature = features[f]!
    for (let r = 0; r < items.length; r++) {
      const value = feature.value(state, items[r]!)
      rows[r * width + f] = value !== undefined && Number.isFinite(value) ? value : feature.default
    }
  }
  return rows
}
