const ZERO = 0x30
const NINE = 0x39
const DOT = 0x2e
const MINUS = 0x2d
/** 10⁰ … 10¹⁵: exact as doubles, and so is a whole number of as many digits. */
const POWERS = Float64Array.from({ length: 16 }, (_, exponent) => 10 ** exponent)

/**
 * A plain decimal number of at most 15 digits in `bytes[start … end − 1]`, else NaN: then slower ways may still read it. Exact:
 * numerator and power of ten are doubles without error, so their quotient is the nearest double (Clinger 1990).
 */
export function parseDecimal(bytes: Uint8Array, start: number, end: number): number {
  let pos = start
  const negative = bytes[pos] === MINUS
  if (negative) pos++
  let digits = 0
  let value = 0
  let fraction = -1
  for (; pos < end; pos++) {
    const byte = bytes[pos]!
    if (byte >= ZERO && byte <= NINE) {
      value = value * 10 + (byte - ZERO)
      digits++
    } else if (byte === DOT && fraction < 0) fraction = digits
    else return Number.NaN
  }
  if (digits === 0 || digits > 15) return Number.NaN
  if (fraction >= 0) value /= POWERS[digits - fraction]!
  return negative ? -value : value
}
