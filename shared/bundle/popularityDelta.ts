import { DAY_MS } from '../domain/clock.ts'
import { checkBelow, checkFinite, decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'
import { CODE_MAX, decodeCount, encodeCount, type Popularity } from './popularityFile.ts'

/**
 * The popularity of a later moment as its difference to a base. A count that nobody added to has only faded, all of them by
 * the same factor 2^(−days / half-life), which costs no byte. For the items that were used since, the growth travels:
 *
 *   count' = fade · count ± unit · (code / LEVELS)²
 *
 * Item numbers are those of the base; items that came to the catalogue since then follow behind them. Sections:
 *
 * - `moment`: asOf of the base and of the later moment in ms, number of items, then fade and unit of every counter: the
 *   half-lives, then all-time counts
 * - `gaps`: items that were used, rising, as differences
 * - `growth`: counters × used, signed codes; `mean`: their shrunken means in 256 values
 * - `arrivals`, `arrivalDays`: as in `popularityFile.ts`
 */
const LEVELS = 2047
const MEAN_STEP = CODE_MAX / 255
/** Before anything is allocated. */
const MAX_ITEMS = 2 ** 24

/**
 * @param next later than `base`, over its items and any number behind them, of the same half-lives and range of ratings
 * @returns what `applyPopularityDelta` makes `next` of, but for rounding
 */
export function encodePopularityDelta(base: Popularity, next: Popularity): ArrayBuffer {
  const items = next.count.length
  const days = Math.max(0, next.asOf - base.asOf) / DAY_MS
  const fade = [...base.halfLives.map((halfLife) => 2 ** (-days / halfLife)), 1]
  const growth = fade.map((left, c) => {
    const [before, after] = [counter(base, c), counter(next, c)]
    return Float64Array.from({ length: items }, (_, i) => {
      const grown = countOf(after, i) - left * countOf(before, i)
      return Math.abs(grown) > left * errorOf(before, i) + errorOf(after, i) ? grown : 0
    })
  })
  const unit = growth.map((values) => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0))
  const codes = growth.map((values, c) => Int16Array.from(values, (x) => rootCode(x, unit[c]!)))
  const used = Uint32Array.from({ length: items }, (_, i) => i).filter(
    (i) => i >= base.count.length || codes.some((code) => code[i] !== 0),
  )
  return encodeFile({
    kind: 'popularity-delta',
    meta: {},
    sections: {
      moment: Float64Array.of(base.asOf, next.asOf, items, ...fade, ...unit),
      gaps: used.map((item, u) => item - (used[u - 1] ?? 0)),
      growth: Int16Array.from(codes.flatMap((code) => Array.from(used, (i) => code[i]!))),
      mean: Uint8Array.from(next.mean.length > 0 ? used : [], (i) => Math.round(next.mean[i]! / MEAN_STEP)),
      arrivals: next.arrivals.items,
      arrivalDays: next.arrivals.days,
    },
  })
}

/**
 * The later popularity, over the base's items and those behind them.
 * @throws ForYouError `bundle_*` where the file is damaged, or belongs to another base
 */
export function applyPopularityDelta(base: Popularity, buffer: ArrayBuffer, role: string): Popularity {
  const file = decodeFile(buffer, 'popularity-delta', role)
  const counters = base.halfLives.length + 1
  const moment = file.section('moment', 'float64', 3 + 2 * counters)
  checkFinite(file, moment, 'factor')
  const [from, asOf = 0, items = 0] = moment
  if (from !== base.asOf || !Number.isInteger(items) || items < base.count.length || items > MAX_ITEMS)
    file.refuse('it belongs to another base.')
  let last = 0
  const used = file.section('gaps', 'uint32').map((gap) => {
    last += gap
    return last
  })
  checkBelow(file, used, items, 'item')
  const growth = file.section('growth', 'int16', counters * used.length)
  const means = file.section('mean', 'uint8', base.mean.length && used.length)
  const arrivals = file.section('arrivals', 'uint32')
  checkBelow(file, arrivals, items, 'item')

  const mean = new Uint16Array(base.mean.length && items)
  mean.set(base.mean)
  for (const [u, code] of means.entries()) mean[used[u]!] = code * MEAN_STEP
  const decayedMax: number[] = []
  const decayed = new Uint16Array(items * counters)
  for (let c = 0; c < counters; c++) {
    const before = counter(base, c)
    const values = Float64Array.from({ length: items }, (_, i) => moment[3 + c]! * countOf(before, i))
    for (const [u, item] of used.entries()) {
      const root = growth[c * used.length + u]! / LEVELS
      values[item] = Math.max(0, values[item]! + root * Math.abs(root) * moment[3 + counters + c]!)
    }
    const max = values.reduce((most, x) => Math.max(most, x), 0)
    if (!Number.isFinite(max)) file.refuse('a count is not finite.')
    decayedMax.push(max)
    decayed.set(
      values.map((x) => encodeCount(x, max)),
      c * items,
    )
  }
  return {
    ...base,
    asOf,
    countMax: decayedMax.pop()!,
    decayedMax,
    count: decayed.slice(-items),
    decayed: decayed.subarray(0, -items),
    mean,
    arrivals: { items: arrivals, days: file.section('arrivalDays', 'int32', arrivals.length) },
  }
}

interface Counter {
  readonly codes: Uint16Array
  readonly max: number
}

function counter({ halfLives, count, countMax, decayed, decayedMax }: Popularity, c: number): Counter {
  return c < halfLives.length
    ? { codes: decayed.subarray(c * count.length, (c + 1) * count.length), max: decayedMax[c]! }
    : { codes: count, max: countMax }
}

/** The count of an item, 0 for items behind the last. */
function countOf({ codes, max }: Counter, item: number): number {
  return decodeCount(codes[item] ?? 0, max)
}

/** How far its coding may be off: half a step of the root. */
function errorOf({ codes, max }: Counter, item: number): number {
  return ((codes[item] ?? 0) + 1) * (max / CODE_MAX ** 2)
}

function rootCode(x: number, unit: number): number {
  return unit > 0 ? Math.round(Math.sqrt(Math.abs(x) / unit) * LEVELS) * Math.sign(x) : 0
}
