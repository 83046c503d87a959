import { BUNDLE_FEATURES } from './bundleFeatures.ts'
import type { Feature } from './feature.ts'
import { HISTORY_FEATURES } from './historyFeatures.ts'
import type { QueryState } from './queryState.ts'
import { VISITOR_FEATURES } from './visitorFeatures.ts'

/** All that a ranker may read, in the order of the rows that new ones learn from. */
export const FEATURES: readonly Feature[] = [...BUNDLE_FEATURES, ...HISTORY_FEATURES, ...VISITOR_FEATURES]

/** `name@version` of every feature, in the order of the rows. */
export const FEATURE_IDS: readonly string[] = FEATURES.map(({ name, version }) => `${name}@${version}`)

/** The same for every version that can be computed: bundles of before are read as well. */
export const COMPUTED: ReadonlyMap<string, Feature> = new Map(
  FEATURES.flatMap((feature) =>
    [feature.version, ...(feature.earlier ?? [])].map(
      (version) => [`${feature.name}@${version}`, feature] as const,
    ),
  ),
)

/**
 * Feature rows of the candidates, row-major, items × features. A value that is absent or not finite becomes the feature's
 * default. What is the same for every visitor is computed once an item and bundle, what is the same for every item once a
 * query.
 * @param features those of a ranker that learned from others than `FEATURES`
 */
export function featureRows(
  state: QueryState,
  items: ArrayLike<number>,
  features: readonly Feature[] = FEATURES,
): Float32Array {
  const width = features.length
  const rows = new Float32Array(items.length * width)
  for (const [f, feature] of features.entries()) {
    const of = reader(feature, state)
    for (let r = 0, p = f; r < items.length; r++, p += width) rows[p] = of(items[r]!)
  }
  return rows
}

/** A feature of one query, item by item. */
function reader(feature: Feature, state: QueryState): (item: number) => number {
  const compute = (item: number) => {
    const value = feature.value(state, item)
    return value !== undefined && Number.isFinite(value) ? value : feature.default
  }
  if (feature.source === 'visitor') {
    const same = compute(-1)
    return () => same
  }
  if (feature.sees.includes('history') || feature.sees.includes('now')) return compute
  const kept = state.kept(feature.name)
  return (item) => {
    if (Number.isNaN(kept[item])) kept[item] = compute(item)
    return kept[item]!
  }
}
