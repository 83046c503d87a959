import { DAY_MS } from '../../shared/domain/clock.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { TimeUnit } from '../dataset.ts'
import type { BadReason } from './rejectLog.ts'

/** Half of all times must lie after this (trust F41). */
const EARLIEST_MEDIAN = Date.UTC(2000, 0, 1)
/** Earlier than this is a number in the wrong unit, not a moment: seconds read as milliseconds end in January 1970. */
const EARLIEST = Date.UTC(1971, 0, 1)

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i
const ISO =
  /^(\d{4})[-/](\d{2})[-/](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i

/** A plain decimal number, else NaN; `Number` alone would take an empty text, hexadecimal and Infinity. */
export function parseNumber(text: string): number {
  const trimmed = text.trim()
  const value = NUMBER.test(trimmed) ? Number(trimmed) : Number.NaN
  return Number.isFinite(value) ? value : Number.NaN
}

/** Whether a text is a number that nothing can be computed with: NaN, infinity, or too large to be held. */
export function isNotFinite(text: string): boolean {
  const trimmed = text.trim()
  return (
    /^[+-]?(?:nan|inf|infinity)$/i.test(trimmed) ||
    (NUMBER.test(trimmed) && !Number.isFinite(Number(trimmed)))
  )
}

/**
 * An ISO 8601 date with or without time and zone as ms since 1970; without a zone it is UTC, so that the hour that a change
 * to summer time skips or repeats never matters. Else NaN.
 */
export function parseIsoMoment(text: string): number {
  const parts = ISO.exec(text.trim())
  if (!parts) return Number.NaN
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const at = Date.UTC(year, month - 1, day, hour, minute, second)
  const back = new Date(at)
  // The 31st of February would silently become a day in March.
  if (
    back.getUTCMonth() !== month - 1 ||
    back.getUTCDate() !== day ||
    hour > 23 ||
    minute > 59 ||
    second > 59
  ) {
    return Number.NaN
  }
  return at + Number(`0.${parts[7] ?? 0}`) * 1000 - zoneOffset(parts[8])
}

function zoneOffset(zone: string | undefined): number {
  if (zone === undefined || /^(?:Z|UTC)$/i.test(zone)) return 0
  const digits = zone.slice(1).replace(':', '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0)
  return (zone[0] === '-' ? -1 : 1) * minutes * 60_000
}

/** Unit of numbers whose middle one is `median`: seconds, ms, µs and ns never overlap between 1971 and 5138. @returns factor to ms */
export function unitOf(median: number): { readonly factor: number; readonly name: TimeUnit } {
  const size = Math.abs(median)
  if (size < 1e11) return { factor: 1000, name: 'seconds' }
  if (size < 1e14) return { factor: 1, name: 'milliseconds' }
  return size < 1e17 ? { factor: 1e-3, name: 'microseconds' } : { factor: 1e-6, name: 'nanoseconds' }
}

/** Why a single moment cannot be meant: not before 1971, not later than a day from now. */
export function faultOfMoment(at: number, now: number): BadReason | undefined {
  if (at >= EARLIEST && at <= now + DAY_MS) return undefined
  return at < 0 ? 'time is negative' : at < EARLIEST ? 'time before 1971' : 'time in the future'
}

/** @throws ForYouError `bad_data` where the middle time lies before 2000 or after tomorrow */
export function assertMedian(file: string, column: string, median: number, now: number): void {
  if (median >= EARLIEST_MEDIAN && median <= now + DAY_MS) return
  const date = new Date(median)
  const shown = Number.isNaN(date.getTime()) ? String(median) : date.toISOString().slice(0, 10)
  throw new ForYouError('bad_data', `${file}: the middle time of column "${column}" would be ${shown}.`, {
    hint: 'Times must be seconds, ms or µs since 1970, or ISO dates; half of them must lie between 2000 and now.',
  })
}

/** The middle value (the lower one of two), NaN of none. Does not change `values`. Hoare's selection: linear on average. */
export function medianOf(values: Float64Array): number {
  const a = values.slice()
  const k = Math.floor((a.length - 1) / 2)
  let low = 0
  let high = a.length - 1
  while (low < high) {
    const pivot = middleOf(a[low]!, a[(low + high) >>> 1]!, a[high]!)
    let i = low
    let j = high
    while (i <= j) {
      while (a[i]! < pivot) i++
      while (a[j]! > pivot) j--
      if (i > j) break
      const swap = a[i]!
      a[i++] = a[j]!
      a[j--] = swap
    }
    if (k <= j) high = j
    else if (k >= i) low = i
    else break
  }
  return a[k] ?? Number.NaN
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}
