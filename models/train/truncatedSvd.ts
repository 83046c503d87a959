import type { InteractionMatrix } from './interactionMatrix.ts'
import { sharedFloat64 } from './sharedArrays.ts'
import type { Threads } from './threads.ts'

/**
 * Top right singular vectors of A = X·diag(c) by randomised subspace iteration with a final Rayleigh–Ritz step
 * (Halko, Martinsson, Tropp 2011, algorithms 4.4 and 5.1). Only sums, products and square roots: the same bits on every
 * machine.
 * @param c column scales, items
 * @param dims how many vectors
 * @returns items × dims row-major (`vectors`), and the singular values, largest first
 */
export function truncatedSvd(
  matrix: InteractionMatrix,
  c: Float64Array,
  dims: number,
  random: () => number,
  threads: Threads,
  { oversample = 12, iterations = 5 } = {},
): { vectors: Float64Array; values: Float64Array } {
  const { items, users } = matrix
  const k = Math.min(dims + oversample, items, Math.max(users, 1))
  const scales = sharedFloat64(items)
  scales.set(c)
  const q = sharedFloat64(items * k)
  for (let p = 0; p < q.length; p++) q[p] = random() * 2 - 1
  const projected = sharedFloat64(users * k)
  /** projected = X·diag(c)·q */
  const project = () => {
    const [offsets, columns] = [matrix.userOffsets, matrix.userItems]
    const input = { offsets, columns, columnScale: scales, factor: q, k, out: projected }
    threads.run('multiplyRows', input, users)
  }
  /** q = diag(c)·Xᵀ·projected */
  const lift = () => {
    const [offsets, columns] = [matrix.itemOffsets, matrix.itemUsers]
    const input = { offsets, columns, rowScale: scales, factor: projected, k, out: q }
    threads.run('multiplyRows', input, items)
  }
  for (let round = 0; round < iterations; round++) {
    orthonormalise(q, items, k)
    project()
    lift()
  }
  orthonormalise(q, items, k)
  orthonormalise(q, items, k) // twice: Cholesky loses digits on nearly dependent columns
  project()
  const { vectors: rotation, values } = symmetricEigen(gram(projected, users, k), k)

  const kept = Math.min(dims, k)
  const vectors = new Float64Array(items * dims)
  for (let i = 0; i < items; i++) {
    for (let j = 0; j < k; j++) {
      const x = q[i * k + j]!
      if (x === 0) continue
      for (let d = 0; d < kept; d++) vectors[i * dims + d]! += x * rotation[j * k + d]!
    }
  }
  fixSigns(vectors, items, dims)
  return {
    vectors,
    values: Float64Array.from({ length: dims }, (_, d) => (d < k ? Math.sqrt(Math.max(0, values[d]!)) : 0)),
  }
}

/** aᵀa of a rows × k matrix, k × k */
export function gram(a: Float64Array, rows: number, k: number): Float64Array {
  const g = new Float64Array(k * k)
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < k; i++) {
      const x = a[r * k + i]!
      if (x === 0) continue
      for (let j = i, b = r * k + i; j < k; j++, b++) g[i * k + j]! += x * a[b]!
    }
  }
  for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) g[i * k + j] = g[j * k + i]!
  return g
}

/** Makes the columns of a orthonormal in place by Gram–Cholesky; columns that depend on earlier ones become 0. */
export function orthonormalise(a: Float64Array, rows: number, k: number): void {
  const g = gram(a, rows, k)
  const lower = new Float64Array(k * k)
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = g[i * k + j]!
      for (let t = 0; t < j; t++) sum -= lower[i * k + t]! * lower[j * k + t]!
      if (i === j) lower[i * k + i] = sum > 1e-12 * g[i * k + i]! ? Math.sqrt(sum) : 0
      else lower[i * k + j] = lower[j * k + j]! > 0 ? sum / lower[j * k + j]! : 0
    }
  }
  for (let r = 0; r < rows; r++) {
    const row = r * k
    for (let j = 0; j < k; j++) {
      let x = a[row + j]!
      for (let t = 0; t < j; t++) x -= a[row + t]! * lower[j * k + t]!
      a[row + j] = lower[j * k + j]! > 0 ? x / lower[j * k + j]! : 0
    }
  }
}

/**
 * Eigenvectors (columns) and eigenvalues of a symmetric k × k matrix by cyclic Jacobi rotations, largest value first
 * (Golub & Van Loan, Matrix Computations, 8.5).
 */
export function symmetricEigen(
  matrix: Float64Array,
  k: number,
): { vectors: Float64Array; values: Float64Array } {
  const a = matrix.slice()
  const v = new Float64Array(k * k)
  for (let i = 0; i < k; i++) v[i * k + i] = 1
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0
    let diagonal = 0
    for (let i = 0; i < k; i++) {
      diagonal += a[i * k + i]! ** 2
      for (let j = 0; j < i; j++) off += a[i * k + j]! ** 2
    }
    if (off <= 1e-22 * diagonal) break
    for (let p = 0; p < k; p++) for (let q = p + 1; q < k; q++) rotate(a, v, k, p, q)
  }
  const order = Array.from({ length: k }, (_, i) => i).sort((x, y) => a[y * k + y]! - a[x * k + x]! || x - y)
  const vectors = new Float64Array(k * k)
  for (let r = 0; r < k; r++) for (let d = 0; d < k; d++) vectors[r * k + d] = v[r * k + order[d]!]!
  return { vectors, values: Float64Array.from(order, (i) => a[i * k + i]!) }
}

function rotate(a: Float64Array, v: Float64Array, k: number, p: number, q: number): void {
  const apq = a[p * k + q]!
  if (apq === 0) return
  const theta = (a[q * k + q]! - a[p * k + p]!) / (2 * apq)
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const cos = 1 / Math.sqrt(t * t + 1)
  const sin = t * cos
  for (let i = 0; i < k; i++) {
    const x = a[i * k + p]!
    const y = a[i * k + q]!
    a[i * k + p] = cos * x - sin * y
    a[i * k + q] = sin * x + cos * y
  }
  for (let i = 0; i < k; i++) {
    const x = a[p * k + i]!
    const y = a[q * k + i]!
    a[p * k + i] = cos * x - sin * y
    a[q * k + i] = sin * x + cos * y
    const vx = v[i * k + p]!
    const vy = v[i * k + q]!
    v[i * k + p] = cos * vx - sin * vy
    v[i * k + q] = sin * vx + cos * vy
  }
}

/** An eigenvector's sign is arbitrary: the entry of the largest magnitude becomes positive. */
function fixSigns(vectors: Float64Array, rows: number, dims: number): void {
  for (let d = 0; d < dims; d++) {
    let peak = 0
    for (let r = 0; r < rows; r++) {
      if (Math.abs(vectors[r * dims + d]!) > Math.abs(peak)) peak = vectors[r * dims + d]!
    }
    if (peak < 0) for (let r = 0; r < rows; r++) vectors[r * dims + d]! *= -1
  }
}
