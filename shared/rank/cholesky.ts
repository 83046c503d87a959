/**
 * Lower Cholesky factor L of a symmetric positive definite n × n matrix A = L·Lᵀ, row-major; what lies above the diagonal is
 * 0. Only sums, products and square roots: the same bits in every engine.
 * @throws RangeError where the matrix is not positive definite
 */
export function choleskyFactor(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!
      for (let t = 0, p = i * n, q = j * n; t < j; t++, p++, q++) sum -= l[p]! * l[q]!
      if (i !== j) l[i * n + j] = sum / l[j * n + j]!
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum)
      else throw new RangeError('The matrix is not positive definite.')
    }
  }
  return l
}

/** x with L·Lᵀ·x = b. */
export function choleskySolve(l: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(b)
  for (let i = 0; i < n; i++) {
    let sum = x[i]!
    for (let t = 0, p = i * n; t < i; t++, p++) sum -= l[p]! * x[t]!
    x[i] = sum / l[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i]!
    for (let t = i + 1; t < n; t++) sum -= l[t * n + i]! * x[t]!
    x[i] = sum / l[i * n + i]!
  }
  return x
}
