import type { Dataset } from '../dataset.ts'
import { seededRandom, shuffle } from '../random.ts'
import { assertItemsHidden, assertTargetsUnseen } from './assertNoLeak.ts'
import { type FoldInQuery, type FoldInSplit, interactionOf } from './foldInSplits.ts'
import { slice } from './slice.ts'

/** Share of the items that is hidden from training altogether. */
const HIDDEN_SHARE = 0.1
const MAX_USERS = 2000

export interface ColdItemSplit extends FoldInSplit {
  /** 1 by dataset item index where nothing of the item was trained on. */
  readonly cold: Uint8Array
}

/**
 * Item cold start: a seeded tenth of the items that anybody chose is hidden from training with all of its interactions, as if
 * it came to the catalogue tomorrow. Who chose one of them is asked (at most 2,000 users, seeded): the other items are the
 * history, where there is an order only those before the first hidden choice.
 * @throws ForYouError `leak` where training holds a hidden item or a history what it asks for
 */
export function coldItemSplit(dataset: Dataset, seed: number): ColdItemSplit {
  const random = seededRandom(seed)
  const cold = coldItems(dataset, random)
  const all = Array.from(dataset.users.keys()).flatMap((user) => question(dataset, user, cold) ?? [])
  const queries = shuffle(all, random)
    .slice(0, MAX_USERS)
    .sort((a, b) => a.user - b.user)
  const training = slice(dataset, (row) => cold[dataset.items[row]!] === 0)
  assertItemsHidden(training, cold)
  for (const query of queries) assertTargetsUnseen(query)
  const hidden = cold.reduce((sum, one) => sum + one, 0)
  return {
    protocol: `cold items: ${hidden} items hidden from training`,
    training,
    queries,
    cold,
  }
}

function coldItems(dataset: Dataset, random: () => number): Uint8Array {
  const chosen = new Uint8Array(dataset.catalogue.length)
  for (const [row, item] of dataset.items.entries()) if (dataset.positive[row]) chosen[item] = 1
  const candidates = Array.from(chosen.keys()).filter((item) => chosen[item] === 1)
  const cold = new Uint8Array(dataset.catalogue.length)
  const hidden = shuffle(candidates, random).slice(
    0,
    Math.max(1, Math.floor(candidates.length * HIDDEN_SHARE)),
  )
  for (const item of hidden) cold[item] = 1
  return cold
}

function question(dataset: Dataset, user: number, cold: Uint8Array): FoldInQuery | null {
  const rows = Array.from(
    { length: dataset.offsets[user + 1]! - dataset.offsets[user]! },
    (_, r) => dataset.offsets[user]! + r,
  )
  const wanted = rows.filter((row) => cold[dataset.items[row]!] === 1 && dataset.positive[row])
  if (wanted.length === 0) return null
  const until = dataset.order === 'none' ? rows.at(-1)! + 1 : wanted[0]!
  const known = rows.filter((row) => row < until && cold[dataset.items[row]!] === 0)
  if (known.length === 0) return null
  const relevant = new Set(wanted.map((row) => dataset.catalogue[dataset.items[row]!]!.id))
  return { user, history: known.map((row) => interactionOf(dataset, row)), relevant: [...relevant] }
}
