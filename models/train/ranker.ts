import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import type { NetworkWeights, RankerFile } from '../../shared/bundle/rankerFile.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { FEATURE_IDS, FEATURES, featureRows } from '../../shared/features/features.ts'
import { quantilesOf } from '../../shared/rank/calibrate.ts'
import { candidateLists, candidates } from '../../shared/rank/candidates.ts'
import { GENERATORS, type GeneratorName, scoreValue } from '../../shared/rank/generator.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { queryScores, queryState, rankState } from '../../shared/rank/queryState.ts'
import { scaleRows } from '../../shared/rank/scoreCandidates.ts'
import { shuffle } from '../random.ts'
import type { Settings } from '../settings.ts'
import type { ReplayDay } from '../split/replay.ts'
import { fitNetwork } from './fitNetwork.ts'

/** A day of replayed slates and the popularity blob that its visitors would have had. */
export interface RankerDay extends ReplayDay {
  readonly popularity: ArrayBuffer
}

/** Slates whose scores the calibration is measured on. */
const CALIBRATION_SLATES = 400
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
  const quantiles = calibration(bundle, days, random)
  const identity = new Float32Array(FEATURES.length)
  const unscaled: RankerFile = {
    features: FEATURE_IDS,
    low: identity,
    high: identity,
    mean: identity,
    spread: identity,
    quantiles,
    network: { inputs: FEATURES.length, hidden: 0, w1: identity, b1: identity, w2: identity, b2: 0 },
  }
  const sampled = thin(days, settings.maxSlates, random)
  const { training, events } = collectSlates({ ...bundle, ranker: unscaled }, sampled, settings, random)
  if (training.slates < MIN_SLATES) {
    throw new ForYouError(
      'bad_data',
      `Only ${training.slates} replayed slates hold the chosen item; ${MIN_SLATES} are needed.`,
    )
  }
  const scales = scalesOf(training)
  scaleRows(training.rows, { ...unscaled, ...scales })
  const network: NetworkWeights = await fitNetwork(training, settings.ranker, random)
  return {
    ranker: { features: FEATURE_IDS, ...scales, quantiles, network },
    slates: training.slates,
    candidateRecall: events > 0 ? training.slates / events : 0,
  }
}

function calibration(
  bundle: Bundle,
  days: readonly RankerDay[],
  random: () => number,
): RankerFile['quantiles'] {
  const state = rankState(bundle)
  const lists = candidateLists(state)
  const histories = shuffle(
    days.flatMap((day) => day.events.map((event) => event.history)).filter((h) => h.length > 0),
    random,
  )
  const raw: Record<GeneratorName, number[]> = {
    collaborative: [],
    transitions: [],
    content: [],
    'personal-popularity': [],
  }
  for (const history of histories.slice(0, CALIBRATION_SLATES)) {
    const view = historyView(bundle, history)
    const scores = queryScores(state, view)
    const found = candidates(lists, scores, (item) => view.seen.has(item))
    for (const generator of GENERATORS) {
      const scored = scores[generator]
      if (scored)
        for (const item of found.items) raw[generator].push(scoreValue<GeneratorName>(scored.of(item)))
    }
  }
  return {
    collaborative: quantilesOf(Float64Array.from(raw.collaborative)),
    transitions: quantilesOf(Float64Array.from(raw.transitions)),
    content: quantilesOf(Float64Array.from(raw.content)),
    'personal-popularity': quantilesOf(Float64Array.from(raw['personal-popularity'])),
  }
}

function collectSlates(bundle: Bundle, days: readonly RankerDay[], settings: Settings, random: () => number) {
  const width = settings.ranker.negatives + 1
  const parts: Float32Array[] = []
  const lengths: number[] = []
  const weights: number[] = []
  let events = 0
  for (const day of days) {
    const today = withPopularity(bundle, day.popularity)
    const state = rankState(today)
    const lists = candidateLists(state)
    for (const { history, target, at, weight = 1 } of day.events) {
      events++
      const chosen = today.numberOf.get(target) ?? -1
      const view = historyView(today, history, at)
      const scores = queryScores(state, view)
      const found = candidates(lists, scores, (item) => view.seen.has(item))
      if (!found.items.includes(chosen)) continue
      const others = shuffle(Array.from(found.items.filter((item) => item !== chosen)), random)
      const slate = [chosen, ...others.slice(0, width - 1)]
      const rows = new Float32Array(width * FEATURES.length)
      rows.set(featureRows(queryState(state, view, scores, found), slate))
      parts.push(rows)
      lengths.push(slate.length)
      weights.push(weight)
    }
  }
  const rows = new Float32Array(parts.length * width * FEATURES.length)
  for (const [s, part] of parts.entries()) rows.set(part, s * part.length)
  const training: TrainingSlates = {
    slates: parts.length,
    width,
    rows,
    lengths: Int32Array.from(lengths),
    ...(weights.some((weight) => weight !== 1) ? { weights: Float32Array.from(weights) } : {}),
  }
  return { training, events }
}

/** Keeps about `limit` events with a history, evenly over the days: without a history the ranker is not asked. */
function thin(days: readonly RankerDay[], limit: number, random: () => number): RankerDay[] {
  const asked = days.map((day) => ({
    ...day,
    events: day.events.filter(({ history }) => history.length > 0),
  }))
  const share = limit / asked.reduce((sum, day) => sum + day.events.length, 0)
  if (share >= 1) return asked
  return asked.map((day) => ({ ...day, events: day.events.filter(() => random() < share) }))
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
