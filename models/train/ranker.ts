import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { NetworkWeights, RankerFile } from '../../shared/bundle/rankerFile.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { FEATURE_IDS, FEATURES } from '../../shared/features/features.ts'
import { scaleRows } from '../../shared/rank/scoreCandidates.ts'
import type { Settings } from '../settings.ts'
import { fitNetwork } from './fitNetwork.ts'
import { type RankerDay, type ReplayedSlate, replayedSlates } from './replayedSlates.ts'

/** Fewer answered slates than this are not enough to learn from. */
const MIN_SLATES = 200

/** Slates as the network sees them: the chosen item first, then sampled candidates of the same slate. */
export interface TrainingSlates {
  readonly slates: number
  readonly width: number
  /** slates × width × features */
  readonly rows: Float32Array
  /** slates: how many of the width are real */
  readonly lengths: Int32Array
  /** slates: how much each counts, 1 on average; all the same where it is left out */
  readonly weights?: Float32Array
}

/**
 * Trains the ranker on slates replayed at their moment: generators that were fitted before the window, popularity as of the
 * last midnight, histories strictly earlier, and the candidates that would have been ranked; the chosen item is the only
 * positive, other candidates of the same slate are the negatives.
 * @param bundle decoded generators, fitted strictly before the first day
 * @throws ForYouError `bad_data` where too few slates held the chosen item
 */
export async function trainRanker(
  bundle: Bundle,
  days: readonly RankerDay[],
  settings: Settings,
  random: () => number,
): Promise<{ ranker: RankerFile; slates: number; candidateRecall: number }> {
  const replay = replayedSlates(bundle, days, settings, random)
  const { quantiles, plan, events } = replay
  const training = gathered(replay.slates, settings.ranker.negatives + 1)
  if (training.slates < MIN_SLATES) {
    throw new ForYouError(
      'bad_data',
      `Only ${training.slates} replayed slates hold the chosen item; ${MIN_SLATES} are needed.`,
    )
  }
  const scales = scalesOf(training)
  scaleRows(training.rows, scales)
  const network: NetworkWeights = await fitNetwork(training, settings.ranker, random)
  return {
    ranker: { features: FEATURE_IDS, ...scales, quantiles, candidates: plan, network },
    slates: training.slates,
    candidateRecall: events > 0 ? training.slates / events : 0,
  }
}

function gathered(slates: Iterable<ReplayedSlate>, width: number): TrainingSlates {
  const parts: Float32Array[] = []
  const lengths: number[] = []
  const weights: number[] = []
  for (const { event, items, rows } of slates) {
    parts.push(rows)
    lengths.push(items.length)
    weights.push(event.weight ?? 1)
  }
  const stride = width * FEATURES.length
  const rows = new Float32Array(parts.length * stride)
  for (const [s, part] of parts.entries()) rows.set(part, s * stride)
  return {
    slates: parts.length,
    width,
    rows,
    lengths: Int32Array.from(lengths),
    ...(weights.some((weight) => weight !== 1) ? { weights: Float32Array.from(weights) } : {}),
  }
}

/** Trained range, mean and spread of every feature over the real rows of all slates. */
function scalesOf({ slates, width, rows, lengths }: TrainingSlates) {
  const inputs = FEATURES.length
  const low = new Float32Array(inputs).fill(Number.POSITIVE_INFINITY)
  const high = new Float32Array(inputs).fill(Number.NEGATIVE_INFINITY)
  const sum = new Float64Array(inputs)
  const squares = new Float64Array(inputs)
  let n = 0
  for (let s = 0; s < slates; s++) {
    n += lengths[s]!
    for (let c = 0; c < lengths[s]!; c++) {
      for (let f = 0; f < inputs; f++) {
        const x = rows[(s * width + c) * inputs + f]!
        if (x < low[f]!) low[f] = x
        if (x > high[f]!) high[f] = x
        sum[f]! += x
        squares[f]! += x * x
      }
    }
  }
  const mean = Float32Array.from(sum, (x) => x / n)
  const spread = Float32Array.from(squares, (x, f) => Math.sqrt(Math.max(0, x / n - (sum[f]! / n) ** 2)) || 1)
  return { low, high, mean, spread }
}
