import * as v from 'valibot'
import { SHA256_PATTERN } from '../domain/routes.ts'

/** Fields that several schemas share. */
export const Sha256 = v.pipe(v.string(), v.regex(SHA256_PATTERN, 'must be 64 lower-case hex digits'))
export const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
