const [DASH, SLASH, COLON, SPACE, T, Z] = Array.from('-/: TZ', (character) => character.charCodeAt(0))
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const DAY_MS = 86_400_000

/**
 * `YYYY-MM-DD`, alone or with `HH:MM:SS` behind a T or a space, with or without Z, in `bytes[start … end − 1]`, as ms since 1970
 * UTC. Else NaN: then the slower way may still read it.
 */
export function parseIsoBytes(bytes: Uint8Array, start: number, end: number): number {
  const stop = end - start > 10 && bytes[end - 1] === Z ? end - 1 : end
  const length = stop - start
  if (length !== 10 && length !== 19) return Number.NaN
  const [first, second] = [bytes[start + 4], bytes[start + 7]]
  if ((first !== DASH && first !== SLASH) || (second !== DASH && second !== SLASH)) return Number.NaN
  const year = 100 * two(bytes, start) + two(bytes, start + 2)
  const date = daysSince1970(year, two(bytes, start + 5), two(bytes, start + 8)) * DAY_MS
  if (length === 10) return date
  const between = bytes[start + 10]
  if (between !== T && between !== SPACE) return Number.NaN
  if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return Number.NaN
  const [hour, minute, seconds] = [two(bytes, start + 11), two(bytes, start + 14), two(bytes, start + 17)]
  if (!(hour < 24 && minute < 60 && seconds < 60)) return Number.NaN
  return date + ((hour * 60 + minute) * 60 + seconds) * 1000
}

/** A number of two digits, NaN where they are none. */
function two(bytes: Uint8Array, at: number): number {
  const [tens, ones] = [bytes[at]! - 0x30, bytes[at + 1]! - 0x30]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : Number.NaN
}

/** Days of the Gregorian calendar, NaN where there is no such day. */
function daysSince1970(year: number, month: number, day: number): number {
  // Years of two digits mean something else to `Date`.
  if (!(year >= 100 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (day > DAYS[month - 1]! + (leap && month === 2 ? 1 : 0)) return Number.NaN
  // Years that begin in March have the leap day at their end.
  const y = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468
}
