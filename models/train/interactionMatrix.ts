import type { Dataset } from '../dataset.ts'
import { seededRandom, shuffle } from '../random.ts'
import { sharedInt32 } from './sharedArrays.ts'

/** One user's history counts with at most this many of its latest items, so that nobody dominates a model. */
export const USER_CAP = 200

/**
 * Distinct user–item pairs as sparse rows both ways (CSR and its transpose). Items below the privacy floor have an empty
 * column. Rows keep the order of the history, oldest first. On shared memory, for threads.
 */
export interface InteractionMatrix {
  readonly users: number
  readonly items: number
  /** users + 1 */
  readonly userOffsets: Int32Array
  readonly userItems: Int32Array
  /** items + 1 */
  readonly itemOffsets: Int32Array
  readonly itemUsers: Int32Array
}

/**
 * @param minItemUsers distinct users that an item needs, see `settings.floors`
 * @param userCap items of one user that count
 */
export function interactionMatrix(
  dataset: Dataset,
  minItemUsers: number,
  userCap = USER_CAP,
): InteractionMatrix {
  const users = dataset.users.length
  const items = dataset.catalogue.length
  const { offsets, columns } = distinctItems(dataset, users, items)
  const degrees = new Int32Array(items)
  for (const item of columns) degrees[item]!++

  const userOffsets = sharedInt32(users + 1)
  const userItems = sharedInt32(columns.length)
  let end = 0
  for (let u = 0; u < users; u++) {
    for (const item of cappedItems(
      columns.subarray(offsets[u]!, offsets[u + 1]!),
      dataset.order,
      u,
      userCap,
    )) {
      if (degrees[item]! >= minItemUsers) userItems[end++] = item
    }
    userOffsets[u + 1] = end
  }
  return {
    users,
    items,
    userOffsets,
    userItems: userItems.subarray(0, end),
    ...transpose(users, items, userOffsets, userItems),
  }
}

/** The latest items of a long history; where there is no order, a seeded draw, never the order of the file. */
function cappedItems(
  items: Int32Array,
  order: Dataset['order'],
  user: number,
  cap: number,
): Iterable<number> {
  if (items.length <= cap) return items
  if (order !== 'none') return items.subarray(items.length - cap)
  return shuffle(Array.from(items), seededRandom(user))
    .slice(0, cap)
    .sort((a, b) => a - b)
}

/** Each user's distinct items in order of their last interaction. */
function distinctItems(dataset: Dataset, users: number, items: number) {
  const lastRow = new Int32Array(items).fill(-1)
  const offsets = new Int32Array(users + 1)
  const columns = new Int32Array(dataset.items.length)
  let end = 0
  for (let u = 0; u < users; u++) {
    const from = dataset.offsets[u]!
    const to = dataset.offsets[u + 1]!
    for (let r = from; r < to; r++) lastRow[dataset.items[r]!] = r
    for (let r = from; r < to; r++) {
      if (lastRow[dataset.items[r]!] === r) columns[end++] = dataset.items[r]!
    }
    offsets[u + 1] = end
  }
  return { offsets, columns: columns.subarray(0, end) }
}

function transpose(users: number, items: number, userOffsets: Int32Array, userItems: Int32Array) {
  const pairs = userOffsets[users]!
  const itemOffsets = sharedInt32(items + 1)
  for (let p = 0; p < pairs; p++) itemOffsets[userItems[p]! + 1]!++
  for (let i = 0; i < items; i++) itemOffsets[i + 1]! += itemOffsets[i]!
  const cursor = itemOffsets.slice(0, items)
  const itemUsers = sharedInt32(pairs)
  for (let u = 0; u < users; u++) {
    for (let p = userOffsets[u]!; p < userOffsets[u + 1]!; p++) itemUsers[cursor[userItems[p]!]!++] = u
  }
  return { itemOffsets, itemUsers }
}
