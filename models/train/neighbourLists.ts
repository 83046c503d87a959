import type { InteractionMatrix } from './interactionMatrix.ts'

/** Sparse lists of the strongest targets per source item, each list by falling weight, ties by target. */
export interface NeighbourLists {
  /** items + 1 */
  readonly offsets: Int32Array
  readonly targets: Int32Array
  readonly weights: Float64Array
}

export interface NeighbourOptions {
  /** Targets kept per source. */
  readonly length: number
  /** Damping of the source's popularity, D^-source. */
  readonly source: number
  /** Damping of the target's popularity, D^-target. */
  readonly target: number
  /** Damping of long histories, |u|^-user. */
  readonly user: number
  /** Distinct users a pair needs: the privacy floor. */
  readonly minPairUsers: number
}

/**
 * Normalised co-occurrence S = D^-source · Xᵀ · diag(|u|^-user) · X · D^-target without its diagonal, pruned to the
 * strongest targets of each *source* (a row is what one history item votes for). With source = target = ½ and user = 0 it
 * is the cosine of item-kNN; long histories and popular items are damped as in GF-CF (Shen et al., CIKM 2021).
 * Never forms items × items: one dense accumulator row at a time.
 */
export function neighbourLists(matrix: InteractionMatrix, options: NeighbourOptions): NeighbourLists {
  const { items } = matrix
  const { length, minPairUsers } = options
  const degree = (i: number) => matrix.itemOffsets[i + 1]! - matrix.itemOffsets[i]!
  const sourceScale = Float64Array.from(
    { length: items },
    (_, i) => Math.max(1, degree(i)) ** -options.source,
  )
  const targetScale = Float64Array.from(
    { length: items },
    (_, i) => Math.max(1, degree(i)) ** -options.target,
  )
  const userScale = Float64Array.from(
    { length: matrix.users },
    (_, u) => Math.max(1, matrix.userOffsets[u + 1]! - matrix.userOffsets[u]!) ** -options.user,
  )

  const offsets = new Int32Array(items + 1)
  const targets: number[] = []
  const weights: number[] = []
  const sums = new Float64Array(items)
  const pairUsers = new Int32Array(items)
  const touched = new Int32Array(items)
  for (let i = 0; i < items; i++) {
    let count = 0
    for (let p = matrix.itemOffsets[i]!; p < matrix.itemOffsets[i + 1]!; p++) {
      const u = matrix.itemUsers[p]!
      const scale = userScale[u]!
      for (let r = matrix.userOffsets[u]!; r < matrix.userOffsets[u + 1]!; r++) {
        const j = matrix.userItems[r]!
        if (pairUsers[j]!++ === 0) touched[count++] = j
        sums[j]! += scale
      }
    }
    const kept: number[] = []
    for (let t = 0; t < count; t++) {
      const j = touched[t]!
      if (j !== i && pairUsers[j]! >= minPairUsers) {
        sums[j]! *= sourceScale[i]! * targetScale[j]!
        kept.push(j)
      }
    }
    kept.sort((a, b) => sums[b]! - sums[a]! || a - b)
    for (const j of kept.slice(0, length)) {
      targets.push(j)
      weights.push(sums[j]!)
    }
    for (let t = 0; t < count; t++) {
      sums[touched[t]!] = 0
      pairUsers[touched[t]!] = 0
    }
    offsets[i + 1] = targets.length
  }
  return { offsets, targets: Int32Array.from(targets), weights: Float64Array.from(weights) }
}
