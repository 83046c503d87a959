/** Round numbers that divide an axis, and how many digits they need. */
export interface Ticks {
  readonly values: readonly number[]
  /** Digits after the point that tell all values apart. */
  readonly digits: number
}

/**
 * Round values within [low, high], in steps of 1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph
 * labels", Graphics Gems, 1990).
 * @param about how many are wanted, roughly
 */
export function linearTicks(low: number, high: number, about = 5): Ticks {
  const span = high - low
  if (!(span > 0) || !Number.isFinite(span)) return { values: Number.isFinite(low) ? [low] : [0], digits: 2 }
  const rough = span / Math.max(1, about)
  const power = Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find((f) => f * 10 ** power >= rough * 0.999) ?? 10
  const step = factor * 10 ** power
  const digits = Math.min(12, Math.max(0, factor === 10 ? -power - 1 : -power))
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  // Whole multiples, so that no sum of steps drifts away from a round number.
  const values = Array.from({ length: last - first + 1 }, (_, t) =>
    Number(((first + t) * step).toFixed(digits)),
  )
  return { values, digits }
}

/** Powers of ten within [low, high], with their 2 and 5 folds where the axis spans less than two decades. */
export function logTicks(low: number, high: number): readonly number[] {
  if (!(low > 0) || !(high >= low) || !Number.isFinite(high)) return []
  const factors = high / low < 100 ? [1, 2, 5] : [1]
  const values: number[] = []
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
    for (const factor of factors) {
      const value = factor * 10 ** power
      if (value >= low * 0.999999 && value <= high * 1.000001) values.push(value)
    }
  }
  return values
}

/** Maps a range of values to a range of pixels. A range without extent lies in the middle. */
export function scaleOf(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
): (value: number) => number {
  return high > low ? (value) => from + ((value - low) / (high - low)) * (to - from) : () => (from + to) / 2
}
