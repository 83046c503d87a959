import type { Rung } from '../../shared/bundle/manifest.ts'
import { encodeRanker } from '../../shared/bundle/rankerFile.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { fitStage, openStage, type Stage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { rankQueries } from '../evaluate/rankQueries.ts'
import type { Progress } from '../progress.ts'
import { seededRandom, shuffle } from '../random.ts'
import type { Settings } from '../settings.ts'
import { lastSteps } from '../split/lastSteps.ts'
import type { ReplayEvent } from '../split/replay.ts'
import { trainRanker } from '../train/ranker.ts'
import type { Fitted } from './fitUntil.ts'
import { rungsOf } from './trainBundles.ts'

/** Users whose replayed steps the ranker never learns from: they say whether it is worth shipping. */
const HELD_OUT = { share: 0.2, users: 2000 }
/** At most this share of a mean sequence is replayed. */
const REPLAYED_SHARE = 20

export interface FittedSequences extends Fitted {
  /** The rung with the highest NDCG@10 for users that the ranker did not learn from. */
  readonly best: Rung
}

/**
 * Generators on whole sequences, and a ranker without times: the last steps of each sequence are replayed after generators
 * that never saw them, and the same network learns from the slates as on data with times. Held-out users choose the best rung.
 */
export async function fitSequences(
  dataset: Dataset,
  settings: Settings,
  progress: Progress,
  { details = false } = {},
): Promise<FittedSequences> {
  const stage = fitStage(dataset, settings, 0, { details })
  const start = performance.now()
  const random = seededRandom(settings.seed)
  const steps = stepsOf(dataset, settings.maxSlates)
  const { earlier, events } = lastSteps(dataset, steps)
  progress(`learning to rank from the last ${steps === 1 ? 'step' : `${steps} steps`} of each sequence`)
  const early = fitStage(earlier, settings, 0)
  const { learn, ask } = splitUsers(events, random)
  const ranker = await rankerFrom(earlier, early, learn, settings, random)
  const fitted = {
    stage: { ...stage, trainSeconds: { ...stage.trainSeconds, ranker: (performance.now() - start) / 1000 } },
    ...ranker,
    notes: [...stage.missing, ...ranker.notes],
  }
  return { ...fitted, best: await bestRung(earlier, early, fitted.ranker, ask, progress) }
}

async function rankerFrom(
  earlier: Dataset,
  early: Stage,
  events: readonly ReplayEvent[],
  settings: Settings,
  random: () => number,
) {
  try {
    const bundle = await openStage(earlier, early, 'popularity')
    const popularity = early.blobs.get('popularity')!
    const days = [{ midnight: 0, events, popularity }]
    const { ranker, slates, candidateRecall } = await trainRanker(bundle, days, settings, random)
    return { ranker: encodeRanker(ranker), slates, candidateRecall, notes: [] }
  } catch (error) {
    if (errorCode(error) !== 'bad_data') throw error
    const notes = [`No ranker: ${(error as Error).message}`]
    return { ranker: null, slates: 0, candidateRecall: 0, notes }
  }
}

/** Steps a sequence that are replayed: as few as give the slates that are wanted, and few beside a mean sequence. */
function stepsOf({ items, users }: Dataset, slates: number): number {
  const most = Math.max(1, Math.floor(items.length / users.length / REPLAYED_SHARE))
  return Math.min(most, Math.max(1, Math.ceil(slates / users.length)))
}

function splitUsers(events: readonly ReplayEvent[], random: () => number) {
  const users = shuffle([...new Set(events.map(({ user }) => user))], random)
  const heldOut = new Set(users.slice(0, Math.min(HELD_OUT.users, Math.floor(HELD_OUT.share * users.length))))
  return {
    learn: events.filter(({ user }) => !heldOut.has(user)),
    ask: events.filter(({ user }) => heldOut.has(user)),
  }
}

async function bestRung(
  earlier: Dataset,
  early: Stage,
  ranker: ArrayBuffer | null,
  events: readonly ReplayEvent[],
  progress: Progress,
): Promise<Rung> {
  const bundle = await openStage(earlier, early, 'popularity', ranker ?? undefined)
  const rungs = rungsOf(bundle)
  const queries = events.map(({ user, history, target }) => ({ user, history, relevant: [target] }))
  const means = Object.entries(await rankQueries(bundle, queries, rungs))
  const worth = means.map(([, metrics]) => metrics['ndcg@10'] ?? 0)
  progress(
    `validation NDCG@10 of held-out users: ${means.map(([model], r) => `${model} ${worth[r]!.toFixed(4)}`).join(', ')}`,
  )
  return rungs.reduce((best, rung, r) => (worth[r]! > worth[rungs.indexOf(best)]! ? rung : best))
}
