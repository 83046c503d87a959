import * as v from 'valibot'
import { decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'

/**
 * How popular each item was at one moment, whole catalogue, item-number order. Counts are coded by their square root in 16
 * bits, value = max · (q / 65535)²: order is never turned round (close counts may tie), and small ones keep their precision.
 */
export interface Popularity {
  /** Everything strictly before this moment is counted, ms since 1970 UTC. */
  readonly asOf: number
  /** Days; empty where the data has no times. */
  readonly halfLives: readonly number[]
  /** Largest decayed count of each half-life. */
  readonly decayedMax: readonly number[]
  /** halfLives × items */
  readonly decayed: Uint16Array
  readonly countMax: number
  readonly count: Uint16Array
  /** Shrunken mean of the ratings, 0–65535 over [meanLow, meanHigh]; empty where the data has no ratings. */
  readonly mean: Uint16Array
  readonly meanLow: number
  readonly meanHigh: number
}

const NonNegative = v.pipe(v.number(), v.finite(), v.minValue(0))
const Meta = v.object({
  asOf: NonNegative,
  halfLives: v.pipe(v.array(v.pipe(v.number(), v.finite(), v.gtValue(0))), v.maxLength(16)),
  decayedMax: v.array(NonNegative),
  countMax: NonNegative,
  meanLow: v.pipe(v.number(), v.finite()),
  meanHigh: v.pipe(v.number(), v.finite()),
})

export const CODE_MAX = 65_535

/** count → code, monotone */
export function encodeCount(count: number, max: number): number {
  return max > 0 ? Math.round(Math.sqrt(count / max) * CODE_MAX) : 0
}

/** code → count */
export function decodeCount(code: number, max: number): number {
  const root = code / CODE_MAX
  return max * root * root
}

export function encodePopularity({ decayed, count, mean, ...meta }: Popularity): ArrayBuffer {
  return encodeFile({ kind: 'popularity', meta, sections: { count, decayed, mean } })
}

export function decodePopularity(buffer: ArrayBuffer, role: string): Popularity {
  const file = decodeFile(buffer, 'popularity', role)
  const meta = file.meta(Meta)
  const count = file.section('count', 'uint16')
  if (meta.decayedMax.length !== meta.halfLives.length) file.refuse('half-lives and maxima differ in number.')
  const mean = file.section('mean', 'uint16')
  if (mean.length !== 0 && mean.length !== count.length) file.refuse('means and counts differ in number.')
  return {
    ...meta,
    count,
    mean,
    decayed: file.section('decayed', 'uint16', count.length * meta.halfLives.length),
  }
}
