/** Numbers the values from 0 by first appearance: what resampling calls units. */
export function dense(values: Int32Array): Int32Array {
  const known = new Map<number, number>()
  return values.map((value) => {
    if (!known.has(value)) known.set(value, known.size)
    return known.get(value)!
  })
}
