import { ForYouError } from '../../shared/domain/errors.ts'
import { MAX_K, type RecommendOptions, SURFACES } from '../../shared/domain/slate.ts'

/** @throws ForYouError `bad_usage` at once, whether or not there is a bundle yet */
export function checkOptions({ surface = 'for-you', k = 1, item }: RecommendOptions): void {
  if (!SURFACES.includes(surface)) throw new ForYouError('bad_usage', `There is no surface "${surface}".`)
  if (!Number.isInteger(k) || k < 1 || k > MAX_K) {
    throw new ForYouError('bad_usage', `k must be a whole number from 1 to ${MAX_K}, not ${k}.`)
  }
  if (surface === 'similar' && !item)
    throw new ForYouError('bad_usage', 'The surface "similar" needs an item.')
}
