import type { Settings } from '../settings.ts'
import { type InteractionMatrix, interactionMatrix } from './interactionMatrix.ts'
import { sharedFloat64 } from './sharedArrays.ts'
import { type Threads, withThreads } from './threads.ts'
import type { ItemTable, Trainer } from './trainer.ts'
import { gram, symmetricEigen } from './truncatedSvd.ts'

/** Standard deviation of a starting vector's length. */
const START = 0.1

/**
 * Implicit matrix factorisation: user vectors p and item vectors q that minimise
 *
 *   Σ_observed (1 − p·q)² + α₀ Σ_all (p·q)² + λ Σ_u (|I_u| + α₀ n) ‖p_u‖² + λ Σ_i (|U_i| + α₀ m) ‖q_i‖²
 *
 * by solving for one side at a time. Only the item vectors ship; a browser finds the visitor's by the very user step.
 */
export const ials: Trainer = {
  name: 'ials',
  rung: 'collaborative',
  costly: true,
  formula: 'score_i = p·q_i, p = (Σ_h w_h q_h q_hᵀ + α₀ QᵀQ + λ (Σ_h w_h + α₀ n) I)⁻¹ Σ_h w_h q_h',
  source:
    'Hu, Koren, Volinsky, ICDM 2008; unobserved weight and regularisation by frequency as in Rendle et al., Revisiting iALS, RecSys 2022',
  missing: (dataset) =>
    dataset.items.length > 0 ? null : `${dataset.name} has no interactions: there is nothing to factorise.`,
  train(dataset, settings, random) {
    const matrix = interactionMatrix(dataset, settings.floors.itemUsers)
    const rows = withThreads((threads) => itemFactors(matrix, settings, random, threads))
    const { unobserved, regularisation } = settings.ials
    const table: ItemTable = {
      dims: settings.dims,
      rows: principalAxes(rows, matrix.items, settings.dims),
      inputScale: new Float64Array(matrix.items).fill(1),
      hasRow: Uint8Array.from({ length: matrix.items }, (_, i) => (degreeOf(matrix, i) > 0 ? 1 : 0)),
      ridge: { unobserved, regularisation },
    }
    return { trainer: 'ials', table, tableWeight: 1 }
  },
}

/** @returns items × dims */
export function itemFactors(
  matrix: InteractionMatrix,
  settings: Pick<Settings, 'dims' | 'ials'>,
  random: () => number,
  threads: Threads,
): Float64Array {
  const { dims: k } = settings
  const items = sharedFloat64(matrix.items * k)
  const users = sharedFloat64(matrix.users * k)
  // Sums of uniform numbers: normal enough, and the same bits everywhere.
  for (let i = 0; i < matrix.items; i++) {
    if (degreeOf(matrix, i) === 0) continue
    for (let d = 0; d < k; d++) {
      let sum = -6
      for (let n = 0; n < 12; n++) sum += random()
      items[i * k + d] = (sum * START) / Math.sqrt(k)
    }
  }
  for (let epoch = 0; epoch < settings.ials.epochs; epoch++) {
    userStep(matrix, items, users, settings, threads)
    itemStep(matrix, users, items, settings, threads)
  }
  return items
}

/** The exact user vectors for given item vectors, users × dims into `out`. */
export function userStep(
  matrix: InteractionMatrix,
  factor: Float64Array,
  out: Float64Array,
  settings: Pick<Settings, 'dims' | 'ials'>,
  threads: Threads,
): void {
  const { userOffsets: offsets, userItems: columns, users } = matrix
  const side = otherSide(factor, matrix.items, settings, (i) => degreeOf(matrix, i) > 0)
  threads.run('alsRows', { offsets, columns, ...side, out }, users)
}

function itemStep(
  matrix: InteractionMatrix,
  factor: Float64Array,
  out: Float64Array,
  settings: Pick<Settings, 'dims' | 'ials'>,
  threads: Threads,
): void {
  const { itemOffsets: offsets, itemUsers: columns, userOffsets, items } = matrix
  const side = otherSide(factor, matrix.users, settings, (u) => userOffsets[u + 1]! > userOffsets[u]!)
  threads.run('alsRows', { offsets, columns, ...side, out }, items)
}

function otherSide(
  factor: Float64Array,
  rows: number,
  { dims, ials: { unobserved, regularisation } }: Pick<Settings, 'dims' | 'ials'>,
  takesPart: (row: number) => boolean,
) {
  let others = 0
  for (let r = 0; r < rows; r++) if (takesPart(r)) others++
  return { factor, gram: gram(factor, rows, dims), k: dims, others, unobserved, regularisation }
}

/**
 * The same vectors in the basis of their principal axes: every dot product stays, and the many small values of the last
 * axes cost few bytes.
 */
function principalAxes(rows: Float64Array, count: number, k: number): Float64Array {
  const { vectors } = symmetricEigen(gram(rows, count, k), k)
  const out = new Float64Array(rows.length)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < k; j++) {
      const x = rows[i * k + j]!
      if (x !== 0) for (let d = 0; d < k; d++) out[i * k + d]! += x * vectors[j * k + d]!
    }
  }
  return out
}

function degreeOf({ itemOffsets }: InteractionMatrix, item: number): number {
  return itemOffsets[item + 1]! - itemOffsets[item]!
}
