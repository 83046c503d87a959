import type { Impressions } from './dataset.ts'
import type { ImpressionColumns } from './interactionColumns.ts'

/**
 * Impressions by dense indexes, sorted by user, time, slate and position.
 * @param userOf user code → dense index, −1 for users without an interaction @param itemOf item code → dense index
 */
export function sortedImpressions(
  { user, item, at, slate, position, propensity }: ImpressionColumns,
  userOf: Int32Array,
  itemOf: Int32Array,
): Impressions {
  const rows = Int32Array.from(user.keys()).sort(
    (a, b) =>
      userOf[user[a]!]! - userOf[user[b]!]! ||
      at[a]! - at[b]! ||
      slate[a]! - slate[b]! ||
      position[a]! - position[b]! ||
      itemOf[item[a]!]! - itemOf[item[b]!]!,
  )
  return {
    users: rows.map((row) => userOf[user[row]!]!),
    items: rows.map((row) => itemOf[item[row]!]!),
    times: Float64Array.from(rows, (row) => at[row]!),
    slates: rows.map((row) => slate[row]!),
    positions: rows.map((row) => position[row]!),
    propensities: Float32Array.from(rows, (row) => propensity[row]!),
  }
}
