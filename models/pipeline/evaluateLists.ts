import type { Rung } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { fitStage, openStage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { type MetricMeans, rankQueries } from '../evaluate/rankQueries.ts'
import { refereeRanker } from '../evaluate/refereeRanker.ts'
import { readLists } from '../ingest/readLists.ts'
import { defaultSettings, NO_FLOORS, type Settings } from '../settings.ts'
import { type FoldInQuery, historyOf } from '../split/foldInSplits.ts'
import { TRAINERS } from '../train/registry.ts'
import { readyTrainer, type Trainer } from '../train/trainer.ts'
import { chooseListSettings } from './chooseListSettings.ts'

export interface ListsInput {
  readonly train: string
  readonly test: string
  readonly model: string
  readonly slates?: string
  progress(step: string): void
}

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
  const stage = fitStage(training, settings, 0, { trainers: [await readyTrainer(trainer)] })
  const bundle = await openStage(training, stage, trainer.rung)
  input.progress(`ranking for ${test.users.length} users`)
  const queries = listQueries(training, test)
  if (!stage.referee) return rankQueries(bundle, queries, rungsFor(trainer.rung), input.slates)
  const rank = refereeRanker(stage.referee, bundle, training)
  return rankQueries(bundle, queries, ['popularity'], input.slates, { name: trainer.name, rank })
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
  const settings = { ...defaultSettings(training.order), floors: NO_FLOORS }
  if (trainer.name !== 'table-neighbours') return settings
  return { ...settings, ...(await chooseListSettings(training, settings, input.progress)) }
}

function rungsFor(rung: Rung): Rung[] {
  return rung === 'popularity' ? ['popularity'] : ['popularity', rung]
}
