/** About `wanted` of a list, never more, at even distances. */
export function evenly<T>(list: ArrayLike<T>, wanted: number): T[] {
  const every = Math.max(1, Math.ceil(list.length / Math.max(1, wanted)))
  return Array.from({ length: Math.ceil(list.length / every) }, (_, i) => list[i * every]!)
}
