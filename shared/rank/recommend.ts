import type { Bundle } from '../bundle/openBundle.ts'
import type { RankQuery, Slate } from '../domain/slate.ts'
import type { Network } from './network.ts'

/** Ranks with a bundle. Offline evaluation, publishing and the browser all come through here. */
export interface Recommender {
  recommend(query: RankQuery): Slate
}

export declare function createRecommender(bundle: Bundle, network?: Network): Recommender
