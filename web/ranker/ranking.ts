/** The part that ranks: generators, features, network and reasons, and the golden cases that check them. */
export { lackedFeature } from '../../shared/features/featureSchema.ts'
export { checkGolden, decodeGolden, goldenOf } from '../../shared/rank/golden.ts'
export { createRecommender } from '../../shared/rank/recommend.ts'
