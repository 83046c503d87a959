import { choleskyFactor } from '../../shared/rank/cholesky.ts'

/** A · B for row-major float32 matrices, A rows × inner and B inner × columns. */
export type MatMul = (
  a: Float32Array,
  b: Float32Array,
  shape: { readonly rows: number; readonly inner: number; readonly columns: number },
) => Float32Array

/**
 * The upper half of a symmetric matrix in strips of `block` columns: strip s holds columns s·block …, each from row 0 to the
 * strip's own last one, row-major. Half the memory of the full matrix.
 */
export interface SymmetricStrips {
  readonly size: number
  readonly block: number
  readonly strips: readonly Float32Array[]
}

/** Where strip s lies: its first column, and one past its last (which is also how many rows it has). */
export function stripBounds(size: number, block: number, s: number): { first: number; end: number } {
  return { first: s * block, end: Math.min(size, (s + 1) * block) }
}

export function emptyStrips(size: number, block: number): SymmetricStrips {
  const strips = Array.from({ length: Math.ceil(size / block) }, (_, s) => {
    const { first, end } = stripBounds(size, block, s)
    return new Float32Array((end - first) * end)
  })
  return { size, block, strips }
}

/**
 * Turns a symmetric positive definite matrix into its negative inverse, in place, by block sweeps (Goodnight, The American
 * Statistician 1979): with D the k-th diagonal block,
 *
 *   A_ij ← A_ij − A_ik D⁻¹ A_kj      A_ik ← A_ik D⁻¹      A_kk ← −D⁻¹
 *
 * keeps the matrix symmetric, so only one half is stored and computed: size³ floating-point operations in all. Diagonal
 * blocks are inverted in float64, products are `matMul`'s float32.
 * @param progress called after each sweep with the share that is done
 * @throws RangeError where the matrix is not positive definite
 */
export function sweepInverse(
  { size, block, strips }: SymmetricStrips,
  matMul: MatMul,
  progress: (done: number) => void = () => {},
): void {
  for (let k = 0; k < strips.length; k++) {
    const { first, end } = stripBounds(size, block, k)
    const width = end - first
    const own = strips[k]!
    const inverse = choleskyInverse(Float64Array.from(own.subarray(first * width)), width)
    const panel = columnPanel({ size, block, strips }, k)
    const scaled = matMul(panel, Float32Array.from(inverse), { rows: size, inner: width, columns: width })
    for (const [s, strip] of strips.entries()) {
      if (s === k) continue
      const { first: from, end: to } = stripBounds(size, block, s)
      const factor = transposed(scaled.subarray(from * width, to * width), to - from, width)
      const product = matMul(panel.subarray(0, to * width), factor, {
        rows: to,
        inner: width,
        columns: to - from,
      })
      for (let p = 0; p < strip.length; p++) strip[p]! -= product[p]!
      if (s > k) strip.set(factor, first * (to - from))
    }
    own.set(scaled.subarray(0, first * width))
    for (let p = 0; p < inverse.length; p++) own[first * width + p] = -inverse[p]!
    progress((k + 1) / strips.length)
  }
}

/** Column block k as a size × width matrix; its own rows are 0, so that products leave them alone. */
function columnPanel({ size, block, strips }: SymmetricStrips, k: number): Float32Array {
  const { first, end } = stripBounds(size, block, k)
  const width = end - first
  const panel = new Float32Array(size * width)
  panel.set(strips[k]!.subarray(0, first * width))
  for (let s = k + 1; s < strips.length; s++) {
    const { first: from, end: to } = stripBounds(size, block, s)
    const rows = strips[s]!.subarray(first * (to - from), end * (to - from))
    panel.set(transposed(rows, width, to - from), from * width)
  }
  return panel
}

/** rows × columns → columns × rows */
function transposed(a: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(a.length)
  for (let r = 0, p = 0; r < rows; r++) for (let c = 0; c < columns; c++, p++) out[c * rows + r] = a[p]!
  return out
}

/**
 * Inverse of a small symmetric positive definite matrix by Cholesky: A = L·Lᵀ, A⁻¹ = L⁻ᵀ·L⁻¹.
 * @throws RangeError where the matrix is not positive definite
 */
export function choleskyInverse(a: Float64Array, n: number): Float64Array {
  const l = choleskyFactor(a, n)
  // Rows of L⁻¹, in place of L: row i = (e_i − Σ_{j<i} l_ij · row j) / l_ii
  const inverse = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    const row = inverse.subarray(i * n, i * n + n)
    row[i] = 1
    for (let j = 0; j < i; j++) {
      const x = l[i * n + j]!
      if (x !== 0) for (let c = 0, p = j * n; c <= j; c++, p++) row[c]! -= x * inverse[p]!
    }
    const scale = 1 / l[i * n + i]!
    for (let c = 0; c <= i; c++) row[c]! *= scale
  }
  const out = new Float64Array(n * n)
  for (let k = 0; k < n; k++) {
    for (let i = 0; i <= k; i++) {
      const x = inverse[k * n + i]!
      if (x !== 0) for (let j = 0, p = k * n; j <= i; j++, p++) out[i * n + j]! += x * inverse[p]!
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[j * n + i] = out[i * n + j]!
  return out
}
