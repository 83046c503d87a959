import { ForYouError } from '../../shared/domain/errors.ts'
import type { Dataset } from '../dataset.ts'
import { type InteractionMatrix, interactionMatrix } from './interactionMatrix.ts'
import {
  emptyStrips,
  type MatMul,
  type SymmetricStrips,
  stripBounds,
  sweepInverse,
} from './symmetricInverse.ts'
import type { Referee, Trainer } from './trainer.ts'

/** More items than this take gigabytes and many minutes: 6 · items² bytes and items³ operations. */
export const MAX_REFEREE_ITEMS = 12_000
/** Columns of a strip: large enough for dense products to pay, small enough for float64 inverses between them. */
const BLOCK = 256

/**
 * EASE, the full item–item regression, as the offline referee: with G = XᵀX and P = (G + λI)⁻¹,
 *
 *   B_ij = −P_ij / P_jj,  B_jj = 0,  score_j = Σ_h w_h B_hj
 *
 * A float for every pair of items is no bundle, but it says how much a small model gives away. Histories count whole: the
 * cap that keeps one user from dominating a product does not make a referee better.
 */
export const ease: Trainer = {
  name: 'ease',
  rung: 'collaborative',
  formula: 'score_j = Σ_h w_h B_hj, B = I − P · diag(1 / diag P), P = (XᵀX + λI)⁻¹',
  source: 'Steck, Embarrassingly Shallow Autoencoders for Sparse Data, WWW 2019',
  offline: true,
  missing(dataset, settings) {
    const items = knownItems(wholeMatrix(dataset, settings?.floors.itemUsers ?? 1)).length
    return items <= MAX_REFEREE_ITEMS
      ? null
      : `${dataset.name} has ${items} items: EASE, the referee, needs a number for every pair and stops at ${MAX_REFEREE_ITEMS}.`
  },
  train() {
    throw new ForYouError(
      'internal',
      'EASE computes on WebAssembly: await prepare(), and train with what it gives.',
    )
  },
  async prepare() {
    const { denseMatMul } = await import('./denseMatMul.ts')
    const matMul = await denseMatMul()
    return {
      ...ease,
      train(dataset, settings) {
        const lacks = ease.missing(dataset, settings)
        if (lacks) throw new ForYouError('bad_data', lacks)
        const matrix = wholeMatrix(dataset, settings.floors.itemUsers)
        return { trainer: 'ease', referee: easeReferee(matrix, settings.ease.regularisation, matMul) }
      },
    }
  },
}

/**
 * @param lambda λ > 0
 * @param matMul dense float32 products
 */
export function easeReferee(matrix: InteractionMatrix, lambda: number, matMul: MatMul): Referee {
  const known = knownItems(matrix)
  const position = new Int32Array(matrix.items).fill(-1)
  for (const [p, item] of known.entries()) position[item] = p
  // Scaled to a diagonal of ones, so that float32 keeps its digits whatever the popularity of the items.
  const scale = Float64Array.from(known, (item) => Math.sqrt(degree(matrix, item) + lambda))
  const gram = scaledGram(matrix, known, position, scale)
  sweepInverse(gram, matMul)
  const weights = itemWeights(gram, scale)
  const n = known.length
  return {
    score(items, historyWeights) {
      const sums = new Float64Array(n)
      for (const [h, item] of items.entries()) {
        const row = position[item]!
        if (row < 0) continue
        const weight = historyWeights[h]!
        for (let j = 0, p = row * n; j < n; j++, p++) sums[j]! += weight * weights[p]!
      }
      const scores = new Float64Array(matrix.items)
      for (let j = 0; j < n; j++) scores[known[j]!] = sums[j]!
      return scores
    },
  }
}

function wholeMatrix(dataset: Dataset, minItemUsers: number): InteractionMatrix {
  return interactionMatrix(dataset, minItemUsers, Number.POSITIVE_INFINITY)
}

function knownItems(matrix: InteractionMatrix): Int32Array {
  return Int32Array.from({ length: matrix.items }, (_, i) => i).filter((i) => degree(matrix, i) > 0)
}

function degree({ itemOffsets }: InteractionMatrix, item: number): number {
  return itemOffsets[item + 1]! - itemOffsets[item]!
}

/** S⁻¹ (XᵀX + λI) S⁻¹ with S = diag(√(G_ii + λ)), upper half: one row of it is Σ over the users of an item. */
function scaledGram(
  matrix: InteractionMatrix,
  known: Int32Array,
  position: Int32Array,
  scale: Float64Array,
): SymmetricStrips {
  const n = known.length
  const gram = emptyStrips(n, BLOCK)
  const counts = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    counts.fill(0)
    for (let p = matrix.itemOffsets[known[i]!]!; p < matrix.itemOffsets[known[i]! + 1]!; p++) {
      const user = matrix.itemUsers[p]!
      for (let r = matrix.userOffsets[user]!; r < matrix.userOffsets[user + 1]!; r++)
        counts[position[matrix.userItems[r]!]!]!++
    }
    for (let s = Math.floor(i / BLOCK); s < gram.strips.length; s++) {
      const { first, end } = stripBounds(n, BLOCK, s)
      const width = end - first
      for (let j = first; j < end; j++)
        gram.strips[s]![i * width + j - first] = counts[j]! / (scale[i]! * scale[j]!)
    }
    const s = Math.floor(i / BLOCK)
    const { first, end } = stripBounds(n, BLOCK, s)
    gram.strips[s]![i * (end - first) + i - first] = 1
  }
  return gram
}

/** B, n × n, from the swept strips: B_ij = −P_ij / P_jj; strips hold −S P S. */
function itemWeights({ size: n, block, strips }: SymmetricStrips, scale: Float64Array): Float32Array {
  const diagonal = Float64Array.from({ length: n }, (_, j) => {
    const { first, end } = stripBounds(n, block, Math.floor(j / block))
    return strips[Math.floor(j / block)]![j * (end - first) + j - first]!
  })
  const weights = new Float32Array(n * n)
  for (const [s, strip] of strips.entries()) {
    const { first, end } = stripBounds(n, block, s)
    for (let i = 0, p = 0; i < end; i++) {
      for (let j = first; j < end; j++, p++) {
        if (i >= j) continue // the lower half of the diagonal block mirrors the upper
        weights[i * n + j] = (-strip[p]! * scale[j]!) / (diagonal[j]! * scale[i]!)
        weights[j * n + i] = (-strip[p]! * scale[i]!) / (diagonal[i]! * scale[j]!)
      }
    }
  }
  return weights
}
