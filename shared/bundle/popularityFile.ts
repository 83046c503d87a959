import * as v from 'valibot'
import { checkBelow, decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'

/** Items that were first used after the catalogue of their bundle was made, by rising number, and the day of that. */
export interface Arrivals {
  readonly items: Uint32Array
  /** Days since 1970 UTC. */
  readonly days: Int32Array
}

export const NO_ARRIVALS: Arrivals = { items: new Uint32Array(0), days: new Int32Array(0) }

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
  /** What the catalogue could not date yet: else an item's age would be known while training and not on the device. */
  readonly arrivals: Arrivals
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

export function encodePopularity({ decayed, count, mean, arrivals, ...meta }: Popularity): ArrayBuffer {
  const { items, days } = arrivals
  return encodeFile({
    kind: 'popularity',
    meta,
    sections: { count, decayed, mean, arrivals: items, arrivalDays: days },
  })
}

export function decodePopularity(buffer: ArrayBuffer, role: string): Popularity {
  const file = decodeFile(buffer, 'popularity', role)
  const meta = file.meta(Meta)
  const count = file.section('count', 'uint16')
  if (meta.decayedMax.length !== meta.halfLives.length) file.refuse('half-lives and maxima differ in number.')
  const mean = file.section('mean', 'uint16')
  if (mean.length !== 0 && mean.length !== count.length) file.refuse('means and counts differ in number.')
  const items = file.section('arrivals', 'uint32')
  checkBelow(file, items, count.length, 'arrived item')
  return {
    ...meta,
    count,
    mean,
    arrivals: { items, days: file.section('arrivalDays', 'int32', items.length) },
    decayed: file.section('decayed', 'uint16', count.length * meta.halfLives.length),
  }
}

/** The catalogue's days, and those of what came after it. */
export function dated(firstDay: Int32Array, { arrivals: { items, days } }: Popularity): Int32Array {
  if (items.length === 0) return firstDay
  const dates = firstDay.slice()
  for (const [a, item] of items.entries()) if (item < dates.length && dates[item]! < 0) dates[item] = days[a]!
  return dates
}
