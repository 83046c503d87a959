import type { Settings } from '../settings.ts'
import { type InteractionMatrix, interactionMatrix } from './interactionMatrix.ts'
import { type NeighbourLists, neighbourLists } from './neighbourLists.ts'
import { similarOrder } from './similarOrder.ts'
import { type Threads, withThreads } from './threads.ts'
import type { ItemTable, Trainer } from './trainer.ts'
import { truncatedSvd } from './truncatedSvd.ts'

/** Histories that the scales of table and neighbours are compared on. */
const SCALE_SAMPLE = 200

/**
 * One item table + short neighbour lists. With c = (degree + λ)^−½ and V the top right singular vectors of X·diag(c),
 * low-rank EASE is score = (w·c) V Vᵀ c^−p: the same table on both sides. Lists keep what low rank cannot: the long tail.
 */
export const tableAndNeighbours: Trainer = {
  name: 'table-neighbours',
  rung: 'collaborative',
  formula: 'score_i = τ · Σ_h w_h c_h ⟨v_h, v_i⟩ c_i^−p + Σ_h w_h · S_hi',
  source:
    'low-rank EASE (Steck, WWW 2019) by truncated SVD + normalised co-occurrence (GF-CF, Shen et al., CIKM 2021)',
  missing: (dataset) =>
    dataset.items.length >= 100
      ? null
      : `${dataset.name} has ${dataset.items.length} interactions to train on: too few for table and neighbours.`,
  train(dataset, settings, random) {
    const { itemUsers, pairUsers } = settings.floors
    const matrix = interactionMatrix(dataset, itemUsers)
    return withThreads((threads) => {
      const options = { ...settings.neighbours, minPairUsers: pairUsers }
      const neighbours = neighbourLists(matrix, options, threads)
      const ships = settings.tableWeight > 0
      const { table, places } = itemTable(matrix, settings, random, threads)
      if (!ships) return { trainer: 'table-neighbours', neighbours, places, tableWeight: 0 }
      const tableWeight = settings.tableWeight * scaleRatio(matrix, table, neighbours)
      return { trainer: 'table-neighbours', neighbours, table, places, tableWeight }
    })
  },
}

export function itemTable(
  matrix: InteractionMatrix,
  settings: Settings,
  random: () => number,
  threads: Threads,
): { table: ItemTable; places: Int32Array } {
  const { dims, scaleShrinkage, outputExponent } = settings
  const degree = Float64Array.from(
    { length: matrix.items },
    (_, i) => matrix.itemOffsets[i + 1]! - matrix.itemOffsets[i]!,
  )
  const c = degree.map((d) => 1 / Math.sqrt(d + scaleShrinkage))
  const { vectors, values } = truncatedSvd(matrix, c, dims, random, threads)
  // Strong dimensions say most about which items are alike.
  const alike = vectors.map((x, p) => x * values[p % dims]! ** 2)
  for (let i = 0; i < matrix.items; i++) {
    const output = degree[i]! > 0 ? c[i]! ** -outputExponent : 0
    for (let d = 0; d < dims; d++) vectors[i * dims + d]! *= output
  }
  const table = {
    dims,
    rows: vectors,
    inputScale: c.map((x) => x ** (1 + outputExponent)),
    hasRow: Uint8Array.from(degree, (d) => (d > 0 ? 1 : 0)),
    levels: settings.tableLevels,
  }
  return { table, places: similarOrder(alike, dims) }
}

/** Typical best neighbour vote over typical best table score, so that the weight between them means the same on any data. */
function scaleRatio(matrix: InteractionMatrix, table: ItemTable, neighbours: NeighbourLists): number {
  const { dims } = table
  const step = Math.max(1, Math.floor(matrix.users / SCALE_SAMPLE))
  let votes = 0
  let scores = 0
  const sums = new Float64Array(matrix.items)
  for (let u = 0; u < matrix.users; u += step) {
    const items = matrix.userItems.subarray(matrix.userOffsets[u]!, matrix.userOffsets[u + 1]!)
    const query = new Float64Array(dims)
    sums.fill(0)
    for (const h of items) {
      for (let d = 0; d < dims; d++) query[d]! += table.inputScale[h]! * table.rows[h * dims + d]!
      for (let e = neighbours.offsets[h]!; e < neighbours.offsets[h + 1]!; e++)
        sums[neighbours.targets[e]!]! += neighbours.weights[e]!
    }
    votes += sums.reduce((best, x) => Math.max(best, x), 0)
    let best = 0
    for (let i = 0; i < matrix.items; i++) {
      if (!table.hasRow[i]) continue
      let dot = 0
      for (let d = 0; d < dims; d++) dot += query[d]! * table.rows[i * dims + d]!
      best = Math.max(best, dot)
    }
    scores += best
  }
  return scores > 0 && votes > 0 ? votes / scores : 1
}
