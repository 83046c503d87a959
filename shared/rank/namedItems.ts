/** Beside the strongest contribution, one that is weaker than this share of it is no reason. */
const LEAST = 1 / 3

/**
 * For which item of the history each item of a slate is shown, as a person would say it. What contributes most is often the
 * same for the whole slate, and then says nothing of any item; so among all that contribute at least a third of what the
 * strongest does, it is the one whose share of this item most exceeds its mean share over the items of the slate. Ties go to
 * the stronger, then to the later one.
 * @param parts items × history: what each item of the history, latest first, contributes alone; only what is positive counts
 * @returns for each item a place in the history, −1 where nothing contributes
 */
export function namedItems(parts: Float64Array, history: number): Int32Array {
  const items = history > 0 ? parts.length / history : 0
  const shares = new Float64Array(parts.length)
  const mean = new Float64Array(history)
  for (let i = 0; i < items; i++) {
    let total = 0
    for (let h = 0; h < history; h++) total += Math.max(0, parts[i * history + h]!)
    for (let h = 0; h < history; h++) {
      const share = total > 0 ? Math.max(0, parts[i * history + h]!) / total : 0
      shares[i * history + h] = share
      mean[h]! += share / items
    }
  }
  return Int32Array.from({ length: items }, (_, i) =>
    mostSpecial(shares.subarray(i * history, (i + 1) * history), mean),
  )
}

function mostSpecial(shares: Float64Array, mean: Float64Array): number {
  const strongest = shares.reduce((max, share) => Math.max(max, share), 0)
  let named = -1
  for (let h = 0; h < shares.length; h++) {
    if (shares[h] === 0 || shares[h]! < LEAST * strongest) continue
    const gain = named < 0 ? 1 : shares[h]! - mean[h]! - (shares[named]! - mean[named]!)
    if (gain > 0 || (gain === 0 && shares[h]! > shares[named]!)) named = h
  }
  return named
}
