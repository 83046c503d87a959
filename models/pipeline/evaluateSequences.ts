import { fitStage, openStage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { type MetricMeans, rankQueries } from '../evaluate/rankQueries.ts'
import { readSequences } from '../ingest/readLists.ts'
import { seededRandom, shuffle } from '../random.ts'
import { defaultSettings, type Settings } from '../settings.ts'
import { lastOut } from '../split/foldInSplits.ts'

export interface SequencesInput {
  readonly file: string
  readonly slates?: string
  progress(step: string): void
}

/** Weights a step back that validation chooses among. */
const DECAYS = [0.5, 0.7, 0.8, 0.9, 1]
const TABLE_WEIGHTS = [0, 0.1, 0.3]
const VALIDATION_USERS = 3000
/** Fewer users than this choose nothing. */
const MIN_VALIDATION_USERS = 100

/** Leave-one-out on ordered sequences: the last item is the test, the one before it validation, every item a candidate. */
export async function evaluateSequences({
  file,
  slates,
  progress,
}: SequencesInput): Promise<Record<string, MetricMeans>> {
  const dataset = await readSequences(file)
  const test = lastOut(dataset)
  const settings = {
    ...defaultSettings('sequence'),
    ...(await validatedForSequences(test.training, progress)),
  }
  progress(`ranking for ${test.queries.length} users`)
  const bundle = await openStage(test.training, fitStage(test.training, settings, 0), 'collaborative')
  const queries = test.queries.map((query) => ({ ...query, name: dataset.users[query.user]! }))
  return rankQueries(bundle, queries, ['popularity', 'collaborative'], slates)
}

/** Decay and table weight with the best NDCG@10 on the item before the last. Defaults where there is nobody to ask. */
export async function validatedForSequences(
  training: Dataset,
  progress: (step: string) => void,
): Promise<Pick<Settings, 'decay' | 'tableWeight'>> {
  const settings = defaultSettings('sequence')
  const validation = lastOut(training)
  const users = shuffle(validation.queries.slice(), seededRandom(settings.seed)).slice(0, VALIDATION_USERS)
  let best = { decay: settings.decay, tableWeight: settings.tableWeight, ndcg: -1 }
  if (users.length < MIN_VALIDATION_USERS) return { decay: settings.decay, tableWeight: settings.tableWeight }
  progress('choosing decay and table weight on the item before the last')
  const stage = fitStage(validation.training, { ...settings, tableWeight: 1 }, 0)
  for (const decay of DECAYS) {
    for (const tableWeight of TABLE_WEIGHTS) {
      const profile = { ...stage.profile, decay, tableWeight: stage.profile.tableWeight * tableWeight }
      const bundle = await openStage(validation.training, { ...stage, profile }, 'collaborative')
      const ndcg = (await rankQueries(bundle, users, ['collaborative']))['table-neighbours']!['ndcg@10']!
      if (ndcg > best.ndcg) best = { decay, tableWeight, ndcg }
    }
  }
  progress(
    `decay ${best.decay}, table weight ${best.tableWeight} (validation NDCG@10 ${best.ndcg.toFixed(4)})`,
  )
  return { decay: best.decay, tableWeight: best.tableWeight }
}
