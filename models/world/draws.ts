/** A standard normal number (Box–Muller). */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

export function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)]!
}

/** An index with a chance proportional to its weight. At least one weight is positive. */
export function pickWeighted(weights: ArrayLike<number>, random: () => number): number {
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i]!
  let left = random() * total
  let last = -1
  for (let i = 0; i < weights.length; i++) {
    if (weights[i]! <= 0) continue
    last = i
    left -= weights[i]!
    if (left < 0) break
  }
  // Rounding may leave a rest beyond the last weight: then it is the last one.
  return last
}
