import type { UserHistory } from '../../shared/domain/interaction.ts'
import type { Dataset } from '../dataset.ts'
import { seededRandom, shuffle } from '../random.ts'
import { assertQuestionsHidden, assertUsersHidden } from './assertNoLeak.ts'
import { slice } from './slice.ts'

/** One user's question: what the model may fold in, and what it should find. */
export interface FoldInQuery {
  readonly user: number
  readonly history: UserHistory
  /** Item ids; those that the catalogue lacks still count as misses. */
  readonly relevant: readonly string[]
}

/** What a split hides: the dataset to train on, and the questions. */
export interface FoldInSplit {
  readonly protocol: string
  readonly training: Dataset
  readonly queries: readonly FoldInQuery[]
}

/** Last-out: each user's last item is the question, everything before it is history and training. */
export function lastOut(dataset: Dataset): FoldInSplit {
  const last = new Set<number>()
  const queries: FoldInQuery[] = []
  for (let user = 0; user < dataset.users.length; user++) {
    const from = dataset.offsets[user]!
    const row = dataset.offsets[user + 1]! - 1
    if (row - from < 1 || !dataset.positive[row]) continue
    if (dataset.items.subarray(from, row).includes(dataset.items[row]!)) continue
    last.add(row)
    queries.push({ user, history: historyOf(dataset, from, row), relevant: [idOf(dataset, row)] })
  }
  const training = slice(dataset, (row) => !last.has(row))
  assertQuestionsHidden(training, queries)
  return { protocol: 'last-out: last item of each user', training, queries }
}

/**
 * Strong generalisation (Marlin 2004): a tenth of the users, at most 2,000, is unseen in training; of each, 80 % of the items
 * are folded in and the rest is the question.
 */
export function strongGeneralisation(dataset: Dataset, seed: number): FoldInSplit {
  const random = seededRandom(seed)
  const order = shuffle(Array.from(dataset.users.keys()), random)
  const heldOut = new Set(order.slice(0, Math.min(2000, Math.ceil(order.length / 10))))
  const queries: FoldInQuery[] = []
  for (const user of [...heldOut].sort((a, b) => a - b)) {
    const rows = Array.from(
      { length: dataset.offsets[user + 1]! - dataset.offsets[user]! },
      (_, r) => dataset.offsets[user]! + r,
    )
    if (rows.length < 2) continue
    const hidden = new Set(shuffle(rows.slice(), random).slice(0, Math.max(1, Math.floor(rows.length / 5))))
    const known = rows.filter((row) => !hidden.has(row)).map((row) => interactionOf(dataset, row))
    const seen = new Set(known.map(({ item }) => item))
    const relevant = [...hidden].filter((row) => dataset.positive[row]).map((row) => idOf(dataset, row))
    const wanted = relevant.filter((id) => !seen.has(id))
    if (wanted.length > 0) queries.push({ user, history: known, relevant: wanted })
  }
  const training = withoutUsers(dataset, heldOut)
  assertUsersHidden(training, queries)
  return { protocol: 'strong generalisation: users unseen in training, 80 % folded in', training, queries }
}

function withoutUsers(dataset: Dataset, users: ReadonlySet<number>): Dataset {
  const hidden = new Uint8Array(dataset.items.length)
  for (const user of users) hidden.fill(1, dataset.offsets[user]!, dataset.offsets[user + 1]!)
  return slice(dataset, (row) => hidden[row] === 0)
}

export function historyOf(dataset: Dataset, from: number, to: number): UserHistory {
  return Array.from({ length: to - from }, (_, h) => interactionOf(dataset, from + h))
}

export function interactionOf(dataset: Dataset, row: number) {
  return { item: idOf(dataset, row), kind: 'view' as const, at: dataset.times[row]! }
}

function idOf(dataset: Dataset, row: number): string {
  return dataset.catalogue[dataset.items[row]!]!.id
}
