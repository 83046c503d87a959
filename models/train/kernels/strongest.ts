/**
 * The `length` candidates with the greatest values above 0, ties to the lower id, by rising id.
 * @param ids candidates, `count` of them, reordered
 * @param values by id
 * @param scratch at least `count` long
 * @returns how many of the first `ids` are the chosen ones
 */
export function strongest(
  ids: Int32Array,
  count: number,
  values: Float64Array,
  length: number,
  scratch: Float64Array,
): number {
  let positive = 0
  for (let c = 0; c < count; c++) {
    const id = ids[c]!
    if (values[id]! > 0) {
      ids[c] = ids[positive]!
      ids[positive] = id
      scratch[positive++] = values[id]!
    }
  }
  if (positive > length) {
    const least = nthGreatest(scratch, positive, length)
    let above = 0
    for (let c = 0; c < positive; c++) {
      const id = ids[c]!
      if (values[id]! > least) {
        ids[c] = ids[above]!
        ids[above++] = id
      }
    }
    let level = above
    for (let c = above; c < positive; c++) {
      const id = ids[c]!
      if (values[id]! === least) {
        ids[c] = ids[level]!
        ids[level++] = id
      }
    }
    ids.subarray(above, level).sort()
    positive = length
  }
  ids.subarray(0, positive).sort()
  return positive
}

/** The n-th greatest of the first `count` values, n from 1; reorders them (quickselect, Hoare 1961). */
export function nthGreatest(values: Float64Array, count: number, n: number): number {
  let low = 0
  let high = count - 1
  const wanted = n - 1
  while (low < high) {
    const pivot = median(values[low]!, values[(low + high) >> 1]!, values[high]!)
    let i = low
    let j = high
    while (i <= j) {
      while (values[i]! > pivot) i++
      while (values[j]! < pivot) j--
      if (i <= j) {
        const swap = values[i]!
        values[i++] = values[j]!
        values[j--] = swap
      }
    }
    if (wanted <= j) high = j
    else if (wanted >= i) low = i
    else break
  }
  return values[wanted]!
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}
