import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { RankerFile } from '../../shared/bundle/rankerFile.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { FEATURE_IDS } from '../../shared/features/features.ts'
import { seededRandom } from '../random.ts'
import type { Settings } from '../settings.ts'
import { fitNetwork } from './fitNetwork.ts'
import { asLogOdds, fitProbability } from './fitProbability.ts'
import { type RankerDay, type ReplayedSlate, replayedSlates } from './replayedSlates.ts'
import { gathered, scaled, scalesOf, type TrainingSlates, tempered } from './trainingSlates.ts'

/** Fewer answered slates than this are not enough to learn from. */
const MIN_SLATES = 200
/** Share of the users whose slates the network never learns from: they say when to stop, and what a score is worth. */
const HELD_OUT = 0.1

/** Users by their number in the dataset: whether the network never learns from them. */
export function heldOutUsers({ seed }: Pick<Settings, 'seed'>): (user: number) => boolean {
  return (user) => seededRandom(seed * 1_000_003 + user)() < HELD_OUT
}

export interface TrainedRanker {
  readonly ranker: RankerFile
  /** Replayed slates that held the chosen item. */
  readonly slates: number
  /** Their share of all that were replayed. */
  readonly candidateRecall: number
  /** Slates of users that the network did not learn from, features scaled. */
  readonly heldOut: TrainingSlates
  /** What it learned from, features scaled. */
  readonly learned: TrainingSlates
}

/**
 * Trains the ranker on slates replayed at their moment: generators that were fitted before the window, popularity as of the
 * last midnight, histories strictly earlier, and the candidates that would have been ranked; the chosen item is the only
 * positive, other candidates of the same slate are the negatives. A tenth of the users is held out: their slates choose the
 * epoch that ships, and turn its scores into log-odds of being chosen next.
 * @param bundle decoded generators, fitted strictly before the first day
 * @throws ForYouError `bad_data` where too few slates held the chosen item
 */
export async function trainRanker(
  bundle: Bundle,
  days: readonly RankerDay[],
  settings: Settings,
  random: () => number,
): Promise<TrainedRanker> {
  const isHeldOut = heldOutUsers(settings)
  const replay = replayedSlates(bundle, days, settings, random, isHeldOut)
  const { learn, ask, missed } = parted(replay.slates, isHeldOut)
  const slates = learn.length + ask.length
  if (slates < MIN_SLATES) {
    throw new ForYouError(
      'bad_data',
      `Only ${slates} replayed slates hold the chosen item; ${MIN_SLATES} are needed.`,
    )
  }
  const width = settings.ranker.negatives + 1
  const training = tempered(gathered(learn, width), settings.popularityTempering)
  const scales = scalesOf(training)
  const learned = scaled(training, scales)
  const heldOut = scaled(gathered(ask, width), scales)
  const fitted = await fitNetwork(learned, settings.ranker, random, heldOut)
  const network = asLogOdds(fitted, fitProbability(fitted, heldOut, scaled(gathered(missed, width), scales)))
  const { quantiles, plan, events } = replay
  return {
    ranker: { features: FEATURE_IDS, ...scales, quantiles, candidates: plan, network },
    slates,
    candidateRecall: slates / events,
    heldOut,
    learned,
  }
}

function parted(slates: Iterable<ReplayedSlate>, isHeldOut: (user: number) => boolean) {
  const parts = { learn: [] as ReplayedSlate[], ask: [] as ReplayedSlate[], missed: [] as ReplayedSlate[] }
  for (const slate of slates) {
    const part = !slate.hit ? 'missed' : isHeldOut(slate.event.user) ? 'ask' : 'learn'
    parts[part].push(slate)
  }
  return parts
}
