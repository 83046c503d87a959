/** Width of a text at font size 1, as the browser would set it. */
export type Measure = (text: string) => number

export interface TitleLines {
  readonly lines: readonly string[]
  readonly size: number
}

export interface Setting {
  readonly width: number
  readonly height: number
  /** Distance of lines in font sizes. */
  readonly leading: number
  /** Font size that is still in good taste. */
  readonly largest: number
  readonly measure: Measure
}

/** A word longer than this is parted by hyphens where the title would else stand smaller than this share of the largest size. */
const LONG_WORD = 13
const HYPHEN_BELOW = 0.4

/**
 * Breaks a title into the lines that let it stand largest in a box. Every number of lines is tried; for each one the
 * narrowest column that holds the words is found, which balances the lines.
 */
export function titleLines(title: string, box: Setting): TitleLines {
  const words = breakable(title)
  const set = largestOf(words, box)
  const parts = words.flatMap((word) => (word.length > LONG_WORD ? parted(word) : word))
  if (parts.length === words.length || set.size >= box.largest * HYPHEN_BELOW) return set
  const hyphenated = largestOf(parts, box)
  return hyphenated.size > set.size ? hyphenated : set
}

function largestOf(
  words: readonly string[],
  { width, height, leading, largest, measure }: Setting,
): TitleLines {
  let best: TitleLines = { lines: [words.join(' ')], size: 0 }
  for (let count = 1; count <= Math.min(6, words.length); count++) {
    const lines = balanced(words, count, measure)
    const widest = Math.max(...lines.map(measure), 0.1)
    const size = Math.min(largest, width / widest, height / (1 + (lines.length - 1) * leading))
    // A further line has to earn its place.
    if (size > best.size * 1.06) best = { lines, size }
  }
  return best
}

/** Words; scripts that write without spaces, and very long words, break between graphemes. */
function breakable(title: string): string[] {
  const words = title.trim().split(/\s+/u)
  if (words.length > 1 || !/[\u2e80-\u9fff\uac00-\ud7af\u0e00-\u0eff]/u.test(title)) return words
  return [...new Intl.Segmenter(undefined, { granularity: 'word' }).segment(title)].map(
    (part) => part.segment,
  )
}

/** Equal parts of at most about ten letters; a title is no place for a dictionary of syllables. */
function parted(word: string): string[] {
  const letters = [...new Intl.Segmenter().segment(word)].map((part) => part.segment)
  const count = Math.ceil(letters.length / 10)
  const size = Math.ceil(letters.length / count)
  return Array.from({ length: count }, (_, i) => {
    const part = letters.slice(i * size, (i + 1) * size).join('')
    return i < count - 1 ? `${part}\u2010` : part
  })
}

function balanced(words: readonly string[], count: number, measure: Measure): string[] {
  const glue = words.length > 1 && /[\u2e80-\u9fff\u0e00-\u0eff]/u.test(words.join('')) ? '' : ' '
  let low = Math.max(...words.map(measure))
  let high = measure(words.join(glue))
  let lines = fill(words, high, glue, measure)
  for (let step = 0; step < 12; step++) {
    const middle = (low + high) / 2
    const attempt = fill(words, middle, glue, measure)
    if (attempt.length > count) low = middle
    else {
      high = middle
      lines = attempt
    }
  }
  return lines
}

function fill(words: readonly string[], width: number, glue: string, measure: Measure): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    const joined = last === undefined ? word : `${last}${glue}${word}`
    if (last !== undefined && !last.endsWith('\u2010') && measure(joined) <= width + 1e-6)
      lines[lines.length - 1] = joined
    else lines.push(word)
  }
  return lines
}
