/**
 * The part that opens a verified bundle and ranks with it: decoding, generators, features, network and reasons, and the
 * golden cases that check them.
 */
export { openBundle } from '../../shared/bundle/openBundle.ts'
export { lackedFeature } from '../../shared/features/featureSchema.ts'
export { checkGolden, decodeGolden, goldenOf } from '../../shared/rank/golden.ts'
export { createPlainRecommender } from '../../shared/rank/plainRecommender.ts'
