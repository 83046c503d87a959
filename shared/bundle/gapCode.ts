/**
 * Rising numbers row by row, as the gaps between them: `gap = number − previous − 1`, the first of a row counted from −1.
 * A gap below 224 is one byte. Up to 8,159, the byte 224 + ⌊(gap − 224) / 256⌋ is followed by the low byte in `extra`;
 * beyond, the byte is 255 and the gap stands in `far`. Kept apart, the streams compress well: most gaps are small once
 * similar items have near numbers (Vigna & Boldi, "The WebGraph Framework I", WWW 2004, on why).
 */
export interface GapCode {
  /** Numbers of each row. */
  readonly lengths: Uint16Array
  /** One byte for each number. */
  readonly gaps: Uint8Array
  readonly extra: Uint8Array
  readonly far: Uint32Array
}

const SHORT = 224
const FAR = 255
const FAR_FROM = SHORT + (FAR - SHORT) * 256

/**
 * @param offsets rows + 1
 * @param numbers rising inside a row
 */
export function encodeGaps(offsets: ArrayLike<number>, numbers: ArrayLike<number>): GapCode {
  const lengths = new Uint16Array(offsets.length - 1)
  const gaps = new Uint8Array(numbers.length)
  const extra: number[] = []
  const far: number[] = []
  for (let r = 0; r < lengths.length; r++) {
    const length = offsets[r + 1]! - offsets[r]!
    if (length > 0xffff) throw new RangeError(`A row of ${length} numbers is longer than 65535.`)
    lengths[r] = length
    for (let e = offsets[r]!, previous = -1; e < offsets[r + 1]!; e++) {
      const gap = numbers[e]! - previous - 1
      if (gap < 0) throw new RangeError(`Row ${r} does not rise.`)
      previous = numbers[e]!
      if (gap < SHORT) gaps[e] = gap
      else if (gap < FAR_FROM) {
        gaps[e] = SHORT + ((gap - SHORT) >> 8)
        extra.push((gap - SHORT) & 0xff)
      } else {
        gaps[e] = FAR
        far.push(gap)
      }
    }
  }
  return { lengths, gaps, extra: Uint8Array.from(extra), far: Uint32Array.from(far) }
}

/** @returns `null` where the streams do not belong together, or a number is not below `limit` */
export function decodeGaps(
  { lengths, gaps, extra, far }: GapCode,
  limit: number,
): { offsets: Uint32Array; numbers: Uint32Array } | null {
  const offsets = new Uint32Array(lengths.length + 1)
  for (let r = 0; r < lengths.length; r++) offsets[r + 1] = offsets[r]! + lengths[r]!
  if (offsets[lengths.length] !== gaps.length) return null
  const numbers = new Uint32Array(gaps.length)
  let x = 0
  let f = 0
  for (let r = 0; r < lengths.length; r++) {
    let previous = -1
    for (let e = offsets[r]!; e < offsets[r + 1]!; e++) {
      const byte = gaps[e]!
      let gap = byte
      if (byte === FAR) {
        if (f === far.length) return null
        gap = far[f++]!
      } else if (byte >= SHORT) {
        if (x === extra.length) return null
        gap = SHORT + (byte - SHORT) * 256 + extra[x++]!
      }
      previous += gap + 1
      if (previous >= limit) return null
      numbers[e] = previous
    }
  }
  return x === extra.length && f === far.length ? { offsets, numbers } : null
}
