import type { Embeddings } from '../dataset.ts'
import type { Trainer } from './trainer.ts'
import { gram, orthonormalise, symmetricEigen } from './truncatedSvd.ts'

/** Rounds of subspace iteration: the spectrum of embeddings falls fast. */
const ROUNDS = 10
const OVERSAMPLE = 8

/**
 * Item vectors that somebody brings along (of a text or image encoder, of another library) as the table of a bundle:
 * history and candidate are compared by their dot product. Vectors of more dims than the settings allow are turned to
 * their first principal axes, which keep as much of every dot product as that many numbers can.
 */
export const embeddings: Trainer = {
  name: 'embeddings',
  rung: 'collaborative',
  formula: 'score_i = Σ_h w_h ⟨e_h, e_i⟩, e the given vectors at unit length, in their first principal axes',
  source: 'item vectors brought along; principal axes by subspace iteration (Halko, Martinsson, Tropp 2011)',
  missing: (dataset) =>
    dataset.embeddings
      ? null
      : `${dataset.name} comes without item vectors: --embeddings FILE brings them along.`,
  train(dataset, settings, random) {
    const given = dataset.embeddings!
    const rows = settings.embeddings.unitNorm ? unitRows(given) : Float64Array.from(given.rows)
    const { rows: turned, dims } = principalRows(rows, given.dims, settings.dims, random)
    const table = {
      dims,
      rows: turned,
      inputScale: Float64Array.from(given.hasRow),
      hasRow: given.hasRow,
    }
    return { trainer: 'embeddings', table, tableWeight: 1 }
  },
}

function unitRows({ rows, dims }: Embeddings): Float64Array {
  const out = Float64Array.from(rows)
  for (let from = 0; from < out.length; from += dims) {
    const row = out.subarray(from, from + dims)
    const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0))
    if (norm > 0) for (let d = 0; d < dims; d++) row[d]! /= norm
  }
  return out
}

/**
 * Rows in the basis of the first `limit` principal axes (uncentred: dot products are what counts); as they are where they
 * have no more dims than that.
 */
export function principalRows(
  rows: Float64Array,
  dims: number,
  limit: number,
  random: () => number,
): { rows: Float64Array; dims: number } {
  if (dims <= limit) return { rows, dims }
  const count = rows.length / dims
  const k = Math.min(dims, limit + OVERSAMPLE)
  const moments = gram(rows, count, dims)
  let axes = Float64Array.from({ length: dims * k }, () => random() * 2 - 1)
  for (let round = 0; round < ROUNDS; round++) {
    orthonormalise(axes, dims, k)
    axes = product(moments, axes, dims, dims, k)
  }
  orthonormalise(axes, dims, k)
  orthonormalise(axes, dims, k) // twice: Cholesky loses digits on nearly dependent columns
  const inner = productTransposed(axes, product(moments, axes, dims, dims, k), dims, k)
  const { vectors } = symmetricEigen(inner, k)
  const kept = new Float64Array(k * limit)
  for (let j = 0; j < k; j++) for (let d = 0; d < limit; d++) kept[j * limit + d] = vectors[j * k + d]!
  return { rows: product(rows, product(axes, kept, dims, k, limit), count, dims, limit), dims: limit }
}

/** a · b, a rows × inner, b inner × columns. */
function product(a: Float64Array, b: Float64Array, rows: number, inner: number, columns: number) {
  const out = new Float64Array(rows * columns)
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < inner; i++) {
      const x = a[r * inner + i]!
      if (x !== 0) for (let c = 0; c < columns; c++) out[r * columns + c]! += x * b[i * columns + c]!
    }
  }
  return out
}

/** aᵀ · b, both rows × k. */
function productTransposed(a: Float64Array, b: Float64Array, rows: number, k: number): Float64Array {
  const out = new Float64Array(k * k)
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < k; i++) for (let j = 0; j < k; j++) out[i * k + j]! += a[r * k + i]! * b[r * k + j]!
  return out
}
