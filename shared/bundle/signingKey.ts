import * as v from 'valibot'
import { PinnedKeySchema } from './envelope.ts'

/** A private key as it is kept: the pinned part and `d`. */
export const SigningKeySchema = v.object({
  ...PinnedKeySchema.entries,
  x: v.pipe(v.string(), v.minLength(1)),
  y: v.pipe(v.string(), v.minLength(1)),
  d: v.pipe(v.string(), v.minLength(1)),
})
