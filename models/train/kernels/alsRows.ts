import { choleskyFactor, choleskySolve } from '../../../shared/rank/cholesky.ts'

export interface AlsRowsInput {
  /** Sparse rows of ones: row r has interacted with columns[offsets[r]] … columns[offsets[r + 1] − 1]. */
  readonly offsets: Int32Array
  readonly columns: Int32Array
  /** columns × k, row-major: the other side, fixed. */
  readonly factor: Float64Array
  /** factorᵀ · factor, k × k */
  readonly gram: Float64Array
  readonly k: number
  /** Rows of `factor` that take part: n. */
  readonly others: number
  /** α₀ and λ. */
  readonly unobserved: number
  readonly regularisation: number
  /** Out, rows × k; rows without interactions become 0. */
  readonly out: Float64Array
}

/**
 * One half of an iALS step: every row's exact least-squares solution with the other side fixed,
 * (Σ_c q_c q_cᵀ + α₀ QᵀQ + λ (|row| + α₀ n) I) p = Σ_c q_c (Rendle et al., RecSys 2022, with ν = 1).
 */
export function alsRows(input: AlsRowsInput, from: number, to: number): void {
  const { offsets, columns, factor, gram, k, others, unobserved, regularisation, out } = input
  const base = gram.map((x) => unobserved * x)
  const a = new Float64Array(k * k)
  const b = new Float64Array(k)
  for (let r = from; r < to; r++) {
    const first = offsets[r]!
    const end = offsets[r + 1]!
    if (end === first) {
      out.fill(0, r * k, r * k + k)
      continue
    }
    a.set(base)
    b.fill(0)
    for (let p = first; p < end; p++) {
      const row = columns[p]! * k
      for (let i = 0; i < k; i++) {
        const x = factor[row + i]!
        b[i]! += x
        for (let j = 0, at = i * k; j <= i; j++, at++) a[at]! += x * factor[row + j]!
      }
    }
    const ridge = regularisation * (end - first + unobserved * others)
    for (let i = 0; i < k; i++) a[i * k + i]! += ridge
    out.set(choleskySolve(choleskyFactor(a, k), k, b), r * k)
  }
}
