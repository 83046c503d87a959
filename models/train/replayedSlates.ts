import {
  GENERATORS,
  type GeneratorName,
  type ListGenerator,
  type PersonalGenerator,
} from '../../shared/bundle/generators.ts'
import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import type { CandidatePlan, RankerFile } from '../../shared/bundle/rankerFile.ts'
import { FEATURE_IDS, FEATURES, featureRows } from '../../shared/features/features.ts'
import { quantilesOf } from '../../shared/rank/calibrate.ts'
import { candidateSource, candidates } from '../../shared/rank/candidates.ts'
import { scoreValue } from '../../shared/rank/generator.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { queryScores, queryState, rankState } from '../../shared/rank/queryState.ts'
import { shuffle } from '../random.ts'
import type { Settings } from '../settings.ts'
import type { ReplayDay, ReplayEvent } from '../split/replay.ts'
import { chooseQuotas } from './chooseQuotas.ts'
import { evenly } from './evenly.ts'

/** A day of replayed slates and the popularity blob that its visitors would have had. */
export interface RankerDay extends ReplayDay {
  readonly popularity: ArrayBuffer
}

/** One slate as it was at its moment: what the ranker learns from, and what is written down. */
export interface ReplayedSlate {
  readonly event: ReplayEvent
  /** Moment of the popularity that it saw, ms since 1970 UTC. */
  readonly popularityAt: number
  /** Whether the candidates held the chosen item. */
  readonly hit: boolean
  /** How many candidates there were. */
  readonly found: number
  /** Item numbers: the chosen one first, if it is there, then sampled candidates of the same slate. */
  readonly items: readonly number[]
  /** items × features, before any scaling */
  readonly rows: Float32Array
}

export interface Replay {
  readonly quantiles: RankerFile['quantiles']
  /** The candidates that are replayed, chosen on these very events. */
  readonly plan: CandidatePlan
  /** How many events are replayed. */
  readonly events: number
  /** Bundle with the calibration of these slates and nothing learned yet; popularity is that of the bundle. */
  readonly bundle: Bundle
  /** The slates in the order of their moments, those without what was chosen only where asked for. To be read once. */
  readonly slates: Iterable<ReplayedSlate>
}

/** Slates whose scores the calibration is measured on. */
const CALIBRATION_SLATES = 400

/**
 * Replays slates at their moment: generators that were fitted before the window, popularity as of the last midnight,
 * histories strictly earlier, and the candidates that would have been ranked.
 * @param bundle decoded generators, fitted strictly before the first day
 * @param missesOf users whose slates are given even where the candidates lack what was chosen
 */
export function replayedSlates(
  bundle: Bundle,
  days: readonly RankerDay[],
  settings: Settings,
  random: () => number,
  missesOf: (user: number) => boolean = () => false,
): Replay {
  const sampled = thin(days, settings.maxSlates, random)
  const plan = chooseQuotas(bundle, sampled)
  const quantiles = calibration(bundle, plan, sampled, random)
  const calibrated = { ...bundle, ranker: unlearned(quantiles, plan) }
  return {
    quantiles,
    plan,
    events: sampled.reduce((sum, day) => sum + day.events.length, 0),
    bundle: calibrated,
    slates: slatesOf(calibrated, sampled, settings.ranker.negatives, random, missesOf),
  }
}

function* slatesOf(
  bundle: Bundle,
  days: readonly RankerDay[],
  negatives: number,
  random: () => number,
  missesOf: (user: number) => boolean,
): Generator<ReplayedSlate> {
  for (const day of days) {
    const today = withPopularity(bundle, day.popularity)
    const state = rankState(today)
    const source = candidateSource(state)
    for (const event of day.events) {
      const chosen = today.numberOf.get(event.target) ?? -1
      const view = historyView(today, event.history, event.at)
      const scores = queryScores(state, view)
      const found = candidates(source, scores, (item) => view.seen.has(item))
      const hit = found.items.includes(chosen)
      if (!hit && !missesOf(event.user)) continue
      const items = hit
        ? [chosen, ...drawn(found.items, chosen, negatives, random)]
        : evenly(found.items, negatives)
      const rows = featureRows(queryState(state, view, scores, found), items)
      yield { event, popularityAt: today.popularity.asOf, hit, found: found.items.length, items, rows }
    }
  }
}

/** Other candidates than the chosen one, drawn without putting back. */
function drawn(items: Int32Array, chosen: number, wanted: number, random: () => number): number[] {
  return shuffle(Array.from(items.filter((item) => item !== chosen)), random).slice(0, wanted)
}

function unlearned(quantiles: RankerFile['quantiles'], plan: CandidatePlan): RankerFile {
  const none = new Float32Array(FEATURES.length)
  const network = { inputs: FEATURES.length, hidden: 0, w1: none, b1: none, w2: none, b2: 0 }
  return {
    features: FEATURE_IDS,
    low: none,
    high: none,
    mean: none,
    spread: none,
    quantiles,
    candidates: plan,
    network,
  }
}

/** Quantiles of what each generator says of the candidates of some histories. */
function calibration(
  bundle: Bundle,
  plan: CandidatePlan,
  days: readonly RankerDay[],
  random: () => number,
): RankerFile['quantiles'] {
  const state = rankState(bundle)
  const source = candidateSource(state, plan)
  const histories = shuffle(
    days.flatMap((day) => day.events.map((event) => event.history)),
    random,
  )
  const raw = new Map<GeneratorName, number[]>(GENERATORS.map((name) => [name, []]))
  for (const history of histories.slice(0, CALIBRATION_SLATES)) {
    const view = historyView(bundle, history)
    const scores = queryScores(state, view)
    const found = candidates(source, scores, (item) => view.seen.has(item))
    for (const [generator, values] of raw) {
      const scored = scores[generator as PersonalGenerator] ?? state.lists[generator as ListGenerator]
      if (scored) for (const item of found.items) values.push(scoreValue<GeneratorName>(scored.of(item)))
    }
  }
  return Object.fromEntries([...raw].map(([name, values]) => [name, quantilesOf(Float64Array.from(values))]))
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
