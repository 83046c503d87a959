import * as v from 'valibot'
import { SHA256_PATTERN } from '../domain/routes.ts'

/** Fields that several schemas share. */
export const Sha256 = v.pipe(v.string(), v.regex(SHA256_PATTERN, 'must be 64 lower-case hex digits'))
export const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
/** ms since 1970 UTC */
export const Moment = v.pipe(v.number(), v.finite(), v.minValue(0))
/** Name of a site, as it stands in everything that is signed for it. */
export const Site = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{0,62}$/))
