import type { Rung } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { fitStage, openStage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { type MetricMeans, rankQueries } from '../evaluate/rankQueries.ts'
import { readLists } from '../ingest/readLists.ts'
import { seededRandom, shuffle } from '../random.ts'
import { defaultSettings, type Settings } from '../settings.ts'
import { type FoldInQuery, historyOf } from '../split/foldInSplits.ts'
import { slice } from '../split/slice.ts'
import { TRAINERS } from '../train/registry.ts'
import type { Trainer } from '../train/trainer.ts'

export interface ListsInput {
  readonly train: string
  readonly test: string
  readonly model: string
  readonly slates?: string
  progress(step: string): void
}

/** Weights of the table beside the lists that validation chooses among. */
const TABLE_WEIGHTS = [0, 0.05, 0.1, 0.2, 0.4]
const VALIDATION_USERS = 1500
const VALIDATION_SHARE = 0.2
/** Fewer users than this choose nothing. */
const MIN_VALIDATION_USERS = 100

/**
 * Given files: trains on one, ranks for the users of the other, training items masked. Whatever is chosen, is chosen on a
 * per-user cut of the training file.
 */
export async function evaluateLists(input: ListsInput): Promise<Record<string, MetricMeans>> {
  const training = await readLists(input.train)
  const test = await readLists(input.test)
  const trainer = listTrainer(input.model, training)
  input.progress(`training ${trainer.name} on ${training.items.length} interactions`)
  const settings = await chosenSettings(training, trainer, input)
  const bundle = await openStage(
    training,
    fitStage(training, settings, 0, { trainers: [trainer] }),
    trainer.rung,
  )
  input.progress(`ranking for ${test.users.length} users`)
  return rankQueries(bundle, listQueries(training, test), rungsFor(trainer.rung), input.slates)
}

function listTrainer(name: string, training: Dataset): Trainer {
  const usable = TRAINERS.filter((trainer) => trainer.missing(training) === null)
  const trainer = usable.find((t) => t.name === name)
  if (trainer) return trainer
  const known = TRAINERS.find((t) => t.name === name)
  const why = known ? known.missing(training)! : `There is no model "${name}".`
  throw new ForYouError('bad_usage', why, {
    hint: `Models for lists: ${usable.map((t) => t.name).join(', ')}.`,
  })
}

/** Each test user's training items are the history; test items that they already contain are left in, as misses. */
function listQueries(training: Dataset, test: Dataset): FoldInQuery[] {
  const userIndex = new Map(training.users.map((id, u) => [id, u]))
  return test.users.map((id, t) => {
    const u = userIndex.get(id)
    const history = u === undefined ? [] : historyOf(training, training.offsets[u]!, training.offsets[u + 1]!)
    const rows = test.items.subarray(test.offsets[t]!, test.offsets[t + 1]!)
    return { user: t, name: id, history, relevant: Array.from(rows, (i) => test.catalogue[i]!.id) }
  })
}

async function chosenSettings(training: Dataset, trainer: Trainer, input: ListsInput): Promise<Settings> {
  const settings = defaultSettings(training.order)
  if (trainer.rung !== 'collaborative') return settings
  return { ...settings, ...(await validatedForLists(training, trainer, input.progress)) }
}

/** Table weight with the best recall@20 on a per-user cut of the training data. The default where there is nobody to ask. */
export async function validatedForLists(
  training: Dataset,
  trainer: Trainer,
  progress: (step: string) => void,
): Promise<Pick<Settings, 'tableWeight'>> {
  const settings = defaultSettings(training.order)
  const { kept, queries } = validationCut(training, settings.seed)
  if (queries.length < MIN_VALIDATION_USERS || trainer.missing(kept) !== null)
    return { tableWeight: settings.tableWeight }
  progress('choosing the weight of the table on a per-user cut of the training data')
  const stage = fitStage(kept, { ...settings, tableWeight: 1 }, 0, { trainers: [trainer] })
  let best = { tableWeight: settings.tableWeight, recall: -1 }
  for (const tableWeight of TABLE_WEIGHTS) {
    const profile = { ...stage.profile, tableWeight: stage.profile.tableWeight * tableWeight }
    const bundle = await openStage(kept, { ...stage, profile }, 'collaborative')
    const recall = (await rankQueries(bundle, queries, ['collaborative']))['table-neighbours']!['recall@20']!
    if (recall > best.recall) best = { tableWeight, recall }
  }
  progress(`table weight ${best.tableWeight} (validation recall@20 ${best.recall.toFixed(4)})`)
  return { tableWeight: best.tableWeight }
}

/** Hides a fifth of the items of some users. */
function validationCut(training: Dataset, seed: number): { kept: Dataset; queries: FoldInQuery[] } {
  const random = seededRandom(seed)
  const users = shuffle(Array.from(training.users.keys()), random)
    .slice(0, VALIDATION_USERS)
    .sort((a, b) => a - b)
  const hidden = new Uint8Array(training.items.length)
  const relevant = new Map<number, string[]>()
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
      cut.map((row) => training.catalogue[training.items[row]!]!.id),
    )
  }
  const kept = slice(training, (row) => hidden[row] === 0)
  const queries = [...relevant].map(([user, items]) => ({
    user,
    history: historyOf(kept, kept.offsets[user]!, kept.offsets[user + 1]!),
    relevant: items,
  }))
  return { kept, queries }
}

function rungsFor(rung: Rung): Rung[] {
  return rung === 'popularity' ? ['popularity'] : ['popularity', rung]
}
