/**
 * Mean over queries and its standard error when queries of one user stand or fall together (cluster-robust, Liang & Zeger 1986):
 * with residual sums R_u of U users over n queries, error² = U/(U − 1) · Σ R_u² / n².
 * @param userOf query → user, dense from 0
 */
export function clusteredError(values: Float64Array, userOf: Int32Array): { ndcg: number; error: number } {
  const n = values.length
  if (n === 0) return { ndcg: 0, error: 0 }
  const mean = values.reduce((sum, x) => sum + x, 0) / n
  const residuals = new Float64Array(userOf.reduce((max, u) => Math.max(max, u + 1), 0))
  for (let q = 0; q < n; q++) residuals[userOf[q]!]! += values[q]! - mean
  const users = residuals.length
  const squares = residuals.reduce((sum, r) => sum + r * r, 0)
  return { ndcg: mean, error: users > 1 ? Math.sqrt((squares * users) / (users - 1)) / n : 0 }
}
