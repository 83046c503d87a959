import type { Rung } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { fitStage, openStage, type Stage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { type MetricMeans, rankQueries } from '../evaluate/rankQueries.ts'
import { refereeRanker } from '../evaluate/refereeRanker.ts'
import { brotliBytes } from '../evaluate/rungCosts.ts'
import { embeddingsNote, withEmbeddings } from '../ingest/embeddings/readEmbeddings.ts'
import { readLists } from '../ingest/readLists.ts'
import { defaultSettings, NO_FLOORS, PRIVACY_FLOORS, type Settings } from '../settings.ts'
import { type FoldInQuery, historyOf } from '../split/foldInSplits.ts'
import { TRAINERS } from '../train/registry.ts'
import { tableAndNeighbours } from '../train/tableAndNeighbours.ts'
import { readyTrainer, type Trainer } from '../train/trainer.ts'
import { chooseListSettings } from './chooseListSettings.ts'

export interface ListsInput {
  readonly train: string
  readonly test: string
  readonly model: string
  readonly slates?: string
  /** Item vectors, and the ids of their rows where the file does not name them. */
  readonly embeddings?: { readonly file: string; readonly ids?: string }
  progress(step: string): void
}

/** Name of the row whose model keeps the privacy floors, beside the one without. */
export const withFloors = (model: string) =>
  `${model}, floors ${PRIVACY_FLOORS.itemUsers}/${PRIVACY_FLOORS.pairUsers}`

/**
 * Given files: trains on one, ranks for the users of the other, training items masked. Whatever is chosen, is chosen on a
 * per-user cut of the training file. Nothing of this is published, so the model has no privacy floors; the same model with
 * them stands beside it.
 * @returns by model its metrics, `bytes` (Brotli, with ids and scales, without titles), `trainSeconds` and, where settings
 *   were chosen, `choiceSeconds`
 */
export async function evaluateLists(input: ListsInput): Promise<Record<string, MetricMeans>> {
  const training = await readTraining(input)
  const test = await readLists(input.test)
  const trainer = listTrainer(input.model, training)
  input.progress(`training ${trainer.name} on ${training.items.length} interactions`)
  const start = performance.now()
  const settings = await chosenSettings(training, trainer, input)
  const choiceSeconds = (performance.now() - start) / 1000
  const ready = await readyTrainer(trainer)
  const queries = listQueries(training, test)
  const ranked = (settings: Settings, rungs: readonly Rung[], slates?: string) => {
    const stage = fitStage(training, settings, 0, { trainers: [ready] })
    input.progress(`ranking for ${test.users.length} users`)
    return rankedRows({ training, stage, trainer, rungs, queries, slates })
  }
  const rows = await ranked(settings, rungsFor(trainer.rung), input.slates)
  if (choosesSettings(trainer)) {
    input.progress('the same with the privacy floors')
    const floored = await ranked({ ...settings, floors: PRIVACY_FLOORS }, [trainer.rung])
    rows.set(trainer.name, { ...rows.get(trainer.name)!, choiceSeconds })
    rows.set(withFloors(trainer.name), floored.get(trainer.name)!)
  }
  return Object.fromEntries(rows)
}

async function readTraining({ train, embeddings, progress }: ListsInput): Promise<Dataset> {
  const training = await readLists(train)
  if (!embeddings) return training
  const own = await withEmbeddings(training, embeddings.file, embeddings.ids)
  progress(embeddingsNote(own.embeddings!))
  return own
}

/** Model → metrics and costs of one fitted stage. */
async function rankedRows(fitted: {
  training: Dataset
  stage: Stage
  trainer: Trainer
  rungs: readonly Rung[]
  queries: readonly (FoldInQuery & { readonly name?: string })[]
  slates: string | undefined
}): Promise<Map<string, MetricMeans>> {
  const { training, stage, trainer, rungs, queries, slates } = fitted
  const bundle = await openStage(training, stage, trainer.rung)
  const trainSeconds = stage.trainSeconds[trainer.name] ?? 0
  if (stage.referee) {
    const rank = refereeRanker(stage.referee, bundle, training)
    const means = await rankQueries(bundle, queries, ['popularity'], slates, { name: trainer.name, rank })
    return new Map(
      Object.entries(means).map(([name, m]) => [name, name === trainer.name ? { ...m, trainSeconds } : m]),
    )
  }
  const means = await rankQueries(bundle, queries, rungs, slates)
  return new Map(
    Object.entries(means).map(([model, metrics], r) => {
      const bytes = modelBytes(stage.blobs, rungs[r]!)
      const last = r === rungs.length - 1
      return [last ? trainer.name : model, { ...metrics, bytes, ...(last ? { trainSeconds } : {}) }]
    }),
  )
}

function modelBytes(blobs: ReadonlyMap<string, ArrayBuffer>, rung: Rung): number {
  const needs = rung === 'popularity' ? /^(catalogue\/|popularity$)/ : /\//
  return [...blobs].reduce((sum, [role, blob]) => sum + (needs.test(role) ? brotliBytes(blob) : 0), 0)
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
export function listQueries(training: Dataset, test: Dataset): (FoldInQuery & { readonly name: string })[] {
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

const choosesSettings = (trainer: Trainer) => trainer.name === tableAndNeighbours.name

function rungsFor(rung: Rung): Rung[] {
  return rung === 'popularity' ? ['popularity'] : ['popularity', rung]
}
