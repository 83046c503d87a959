/** A stream of numbers that is the same for the same text on every device: a film always has the same poster. */
export interface SeededRandom {
  /** Uniform in [low, high). */
  range(low: number, high: number): number
  /** Whole number in [0, count). */
  index(count: number): number
  pick<T>(values: readonly [T, ...T[]]): T
  chance(probability: number): boolean
}

/** FNV-1a over the text, then mulberry32; good enough for pictures, never for secrets. */
export function seededRandom(seed: string): SeededRandom {
  let state = 0x811c9dc5
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 0x01000193)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
  const index = (count: number) => Math.floor(next() * count)
  return {
    range: (low, high) => low + next() * (high - low),
    index,
    pick: (values) => values[index(values.length)] ?? values[0],
    chance: (probability) => next() < probability,
  }
}
