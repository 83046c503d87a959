const KNOTS = 1024
/** tanh differs from ±1 by 3e-8 from here on. */
const END = 9

const knots = Float64Array.from({ length: END * KNOTS + 2 }, (_, i) => Math.tanh(i / KNOTS))

/**
 * tanh(x), linear between 1,024 knots a unit: within 1e-7 of `Math.tanh`, in which engines differ anyway, and several times
 * as fast. A network's forward pass and its reasons consist of little else.
 * @param x any number; NaN gives NaN
 */
export function tanh(x: number): number {
  const place = Math.abs(x) * KNOTS
  if (!(place < END * KNOTS)) return Math.tanh(x)
  const i = place | 0
  const y = knots[i]! + (place - i) * (knots[i + 1]! - knots[i]!)
  return x < 0 ? -y : y
}
