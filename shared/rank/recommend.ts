import type { Bundle } from '../bundle/openBundle.ts'
import { createFinishing } from './finish/createFinishing.ts'
import type { Network } from './network.ts'
import { createPlainRecommender, type Recommender } from './plainRecommender.ts'

export type { Recommender }

/**
 * A recommender with everything in it: what evaluation, publishing and the command line use. A browser loads the finish later.
 * @param network computes the ranker's scores; the plain forward pass where none is given
 * @throws ForYouError `bundle_version` where the bundle's ranker needs features that this code lacks
 */
export function createRecommender(bundle: Bundle, network?: Network): Recommender {
  return createPlainRecommender(bundle, network, () => createFinishing)
}
