import { fitStage, openStage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { seededRandom, shuffle } from '../random.ts'
import type { Settings } from '../settings.ts'
import { type FoldInQuery, historyOf } from '../split/foldInSplits.ts'
import { slice } from '../split/slice.ts'
import { interactionMatrix } from '../train/interactionMatrix.ts'
import { tableAndNeighbours } from '../train/tableAndNeighbours.ts'
import { withThreads } from '../train/threads.ts'
import { chooseDamping, type ListQuestion } from './chooseDamping.ts'
import { chooseTableWeight } from './chooseTableWeight.ts'

const VALIDATION_USERS = 1200
const VALIDATION_SHARE = 0.2
/** What a table of 64 dims costs, in lists of the usual length: a tenth of them. */
const WITHOUT_TABLE = 1.1
/** Fewer users than this choose nothing. */
const MIN_VALIDATION_USERS = 100

export type ListSettings = Pick<Settings, 'tableWeight' | 'neighbours'>

/**
 * Damping and sharpening of the lists, then the table's weight, by NDCG@20 on a per-user cut of the training data: some
 * users hide a fifth of their items. The given settings where there is nobody to ask.
 */
export async function chooseListSettings(
  training: Dataset,
  given: Settings,
  progress: (step: string) => void,
): Promise<ListSettings> {
  const { kept, queries, questions } = validationCut(training, given.seed)
  if (queries.length < MIN_VALIDATION_USERS || tableAndNeighbours.missing(kept) !== null)
    return { tableWeight: given.tableWeight, neighbours: given.neighbours }
  progress(`choosing settings on ${queries.length} users of the training data, a fifth of each hidden`)
  const { itemUsers, pairUsers } = given.floors
  const { damping, ndcg } = withThreads((threads) =>
    chooseDamping(
      interactionMatrix(kept, itemUsers),
      questions,
      given.neighbours,
      pairUsers,
      threads,
      progress,
    ),
  )
  const { source, target, user, sharpening } = damping
  progress(
    `chosen: damping of sources ${source}, targets ${target}, users ${user}, sharpening ${sharpening} (${ndcg.toFixed(4)})`,
  )
  const settings = { ...given, neighbours: damping, tableWeight: 1 }
  const stage = fitStage(kept, settings, 0, { trainers: [tableAndNeighbours] })
  const bundle = await openStage(kept, stage, 'collaborative')
  const best = chooseTableWeight(bundle, queries, given.tableWeight)
  progress(`table weight ${best.tableWeight} (validation NDCG@20 ${best.ndcg.toFixed(4)})`)
  // A table that does not ship leaves its bytes to the lists.
  const length = Math.round(damping.length * (best.tableWeight === 0 ? WITHOUT_TABLE : 1))
  return { tableWeight: best.tableWeight, neighbours: { ...damping, length } }
}

/** Hides a fifth of the items of some users. */
function validationCut(
  training: Dataset,
  seed: number,
): {
  kept: Dataset
  queries: FoldInQuery[]
  questions: ListQuestion[]
} {
  const random = seededRandom(seed)
  const users = shuffle(Array.from(training.users.keys()), random)
    .slice(0, VALIDATION_USERS)
    .sort((a, b) => a - b)
  const hidden = new Uint8Array(training.items.length)
  const relevant = new Map<number, number[]>()
  for (const user of users) {
    const from = training.offsets[user]!
    const rows = shuffle(
      Array.from({ length: training.offsets[user + 1]! - from }, (_, r) => from + r),
      random,
    )
    const cut = rows.slice(0, Math.floor(rows.length * VALIDATION_SHARE))
    if (cut.length === 0) continue
    for (const row of cut) hidden[row] = 1
    relevant.set(
      user,
      cut.map((row) => training.items[row]!),
    )
  }
  const kept = slice(training, (row) => hidden[row] === 0)
  const queries = [...relevant].map(([user, items]) => ({
    user,
    history: historyOf(kept, kept.offsets[user]!, kept.offsets[user + 1]!),
    relevant: items.map((i) => training.catalogue[i]!.id),
  }))
  const questions = [...relevant].map(([user, items]) => ({
    history: kept.items.slice(kept.offsets[user]!, kept.offsets[user + 1]!),
    relevant: new Set(items),
  }))
  return { kept, queries, questions }
}
