import type { CandidateFacts, Evaluation, Reliability } from '../../shared/bundle/evaluation.ts'
import { GENERATORS, type GeneratorName } from '../../shared/bundle/generators.ts'
import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import { featureRows } from '../../shared/features/features.ts'
import {
  type Candidates,
  candidateSource,
  candidates,
  type Turn,
  turnsOf,
} from '../../shared/rank/candidates.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import { queryScores, queryState, rankState } from '../../shared/rank/queryState.ts'
import { SCORE_UNITS, scoreRows } from '../../shared/rank/scoreCandidates.ts'
import type { RankerDay } from '../train/replayedSlates.ts'
import { firstVisits } from './firstVisits.ts'

/** All that is examined besides the ladder, on its days. */
export function examined(
  bundle: Bundle,
  days: readonly RankerDay[],
  seed: number,
): Pick<Evaluation, 'candidates' | 'reliability' | 'firstVisits'> {
  return { ...examineRanker(bundle, days), firstVisits: firstVisits(bundle, days, seed) }
}

/** Queries that are asked, at even distances. */
const QUERIES = 1500
/** Probabilities are told apart by factors of two from here on. */
const LEAST = 0.001

/**
 * What the ranker is made of, on days that it never saw: whether its candidates hold what was chosen, thanks to whom, and
 * whether its scores are the probabilities that they claim to be.
 * @param bundle with a learned ranker; `null` comes back without one
 */
export function examineRanker(
  bundle: Bundle,
  days: readonly RankerDay[],
): { candidates: CandidateFacts; reliability: Reliability } | null {
  const { ranker } = bundle
  if (!ranker) return null
  const network = plainNetwork(ranker.network)
  const asked = days.flatMap(({ events }) => events).filter(({ history }) => history.length > 0)
  const every = Math.max(1, Math.ceil(asked.length / QUERIES))
  const recall = new RecallCounter()
  const bins = new ProbabilityBins()
  let n = 0
  for (const day of days) {
    const today = withPopularity(bundle, day.popularity)
    const state = rankState(today)
    const source = candidateSource(state)
    const { budget } = source.plan
    const unbounded = { ...source, plan: { ...source.plan, budget: Number.POSITIVE_INFINITY } }
    for (const { history, target, at } of day.events) {
      if (history.length === 0 || n++ % every !== 0) continue
      const view = historyView(today, history, at)
      const chosen = today.numberOf.get(target) ?? -1
      const excluded = (item: number) => view.seen.has(item)
      const scores = queryScores(state, view)
      // Asked once, without a budget: the budget's own candidates are the first of these.
      const whole = candidates(unbounded, scores, excluded)
      const found = { ...whole, items: firstItems(whole, source.turns, budget) }
      recall.add(found, whole, source, chosen)
      const rows = featureRows(queryState(state, view, scores, found), found.items)
      bins.add(scoreRows(rows, ranker, network), found.items.indexOf(chosen))
    }
  }
  return { candidates: recall.finish(), reliability: bins.finish() }
}

/** Who finds what is chosen: each generator alone, all together, and all but one. */
class RecallCounter {
  #queries = 0
  #found = 0
  #size = 0
  readonly #alone = new Map<GeneratorName, number>()
  readonly #without = new Map<GeneratorName, number>()
  #plan: {
    readonly budget: number
    readonly quotas: Readonly<Partial<Record<GeneratorName, number>>>
  } | null = null
  readonly #turns = new Map<GeneratorName, readonly Turn[]>()

  add(
    found: Candidates,
    whole: Candidates,
    { plan }: ReturnType<typeof candidateSource>,
    chosen: number,
  ): void {
    if (!this.#plan) {
      this.#plan = plan
      for (const name of GENERATORS)
        this.#turns.set(name, turnsOf({ ...plan, quotas: { ...plan.quotas, [name]: 0 } }))
    }
    this.#queries++
    this.#size += found.items.length
    if (found.items.includes(chosen)) this.#found++
    if (!whole.items.includes(chosen)) return
    for (const name of GENERATORS) {
      if (whole.brought[name].includes(chosen)) add(this.#alone, name)
      if (firstItems(whole, this.#turns.get(name)!, plan.budget).includes(chosen)) add(this.#without, name)
    }
  }

  finish(): CandidateFacts {
    const share = (hits: number) => (this.#queries > 0 ? hits / this.#queries : 0)
    const recall = share(this.#found)
    const budget = this.#plan?.budget ?? 0
    return {
      queries: this.#queries,
      budget: Number.isFinite(budget) ? budget : null,
      mean: share(this.#size),
      recall,
      generators: GENERATORS.map((name) => ({
        name,
        quota: this.#plan?.quotas[name] ?? 0,
        alone: share(this.#alone.get(name) ?? 0),
        loss: recall - share(this.#without.get(name) ?? 0),
      })),
    }
  }
}

function add(counts: Map<GeneratorName, number>, name: GeneratorName): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** The first `budget` distinct items of these turns, in rising order. */
function firstItems({ brought }: Candidates, turns: readonly Turn[], budget: number): Int32Array {
  const union = new Set<number>()
  for (const { generator, place } of turns) {
    if (union.size >= budget) break
    const next = brought[generator][place]
    if (next !== undefined) union.add(next)
  }
  return Int32Array.from(union).sort()
}

/** Candidates by the probability that was promised. */
class ProbabilityBins {
  readonly #bins = new Map<number, { rows: number; promised: number; chosen: number }>()
  #first = { promised: 0, chosen: 0 }
  #queries = 0

  /** @param chosen position of the chosen item among the candidates, −1 where they lack it */
  add(units: Int32Array, chosen: number): void {
    this.#queries++
    const probabilities = Array.from(units, (score) => 1 / (1 + Math.exp(-score / SCORE_UNITS)))
    for (const [c, p] of probabilities.entries()) {
      const at = Math.max(0, Math.ceil(Math.log2(p / LEAST)))
      const bin = this.#bins.get(at) ?? { rows: 0, promised: 0, chosen: 0 }
      this.#bins.set(at, bin)
      bin.rows++
      bin.promised += p
      if (c === chosen) bin.chosen++
    }
    const first = [...probabilities.keys()].sort((a, b) => units[b]! - units[a]! || a - b).slice(0, 10)
    this.#first.promised += first.reduce((sum, c) => sum + probabilities[c]!, 0)
    if (first.includes(chosen)) this.#first.chosen++
  }

  finish(): Reliability {
    const bins = [...this.#bins].sort(([a], [b]) => a - b)
    const rows = bins.reduce((sum, [, bin]) => sum + bin.rows, 0)
    const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0)
    return {
      queries: this.#queries,
      rows,
      error: bins.reduce(
        (sum, [, { promised, chosen }]) => sum + share(Math.abs(promised - chosen), rows),
        0,
      ),
      bins: bins.map(([at, bin]) => ({
        upTo: Math.min(1, LEAST * 2 ** at),
        rows: bin.rows,
        promised: share(bin.promised, bin.rows),
        observed: share(bin.chosen, bin.rows),
      })),
      firstTen: {
        promised: share(this.#first.promised, this.#queries),
        observed: share(this.#first.chosen, this.#queries),
      },
    }
  }
}
