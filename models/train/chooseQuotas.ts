import { GENERATORS, LIST_GENERATORS, PERSONAL_GENERATORS } from '../../shared/bundle/generators.ts'
import { type Bundle, withPopularity } from '../../shared/bundle/openBundle.ts'
import type { CandidatePlan } from '../../shared/bundle/rankerFile.ts'
import { DEFAULT_PLAN, turnsOf } from '../../shared/rank/candidates.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { firstOf } from '../../shared/rank/popular.ts'
import { queryScores, rankState } from '../../shared/rank/queryState.ts'
import { evenly } from './evenly.ts'
import type { RankerDay } from './replayedSlates.ts'

/** Quotas that are tried. Nobody gets less than the least: every generator stays a source of candidates. */
const TRIED = [5, 10, 20, 40, 80, 120]
const LONGEST = Math.max(...TRIED)
/** Every generator is tried again once the others have changed. */
const ROUNDS = 2
/** Events that choose, and the days that they are drawn from: each day has lists of its own. */
const EVENTS = 1000
const DAYS = 7
/** Fewer events than this choose nothing. */
const MIN_EVENTS = 200
/** Share of the events that a change must win: less is noise. */
const WORTH = 0.005

/** What every generator offers in one query, by its place among the generators, and what was chosen. */
interface Question {
  readonly offered: readonly Int32Array[]
  readonly chosen: number
}

/**
 * How many candidates each generator brings: the quotas whose union, within the budget, holds the chosen item of most
 * replayed events. Coordinate ascent from the default, one generator after the other.
 * @param days what the ranker will learn from, thinned or not
 */
export function chooseQuotas(bundle: Bundle, days: readonly RankerDay[]): CandidatePlan {
  const questions = questionsOf(bundle, days)
  const answerable = questions.filter(({ offered, chosen }) => offered.some((list) => list.includes(chosen)))
  if (questions.length < MIN_EVENTS) return DEFAULT_PLAN
  const stamps = new Int32Array(bundle.items)
  let stamp = 0
  const found = (plan: CandidatePlan) => {
    const turns = turnsOf(plan).map(({ generator, place }) => ({ g: GENERATORS.indexOf(generator), place }))
    let hits = 0
    for (const { offered, chosen } of answerable) {
      stamp++
      let left = plan.budget
      for (const { g, place } of turns) {
        const item = offered[g]![place]
        if (item === undefined || stamps[item] === stamp) continue
        if (item === chosen) hits++
        stamps[item] = stamp
        if (item === chosen || --left === 0) break
      }
    }
    return hits
  }
  let plan = DEFAULT_PLAN
  let most = found(plan)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [g, generator] of GENERATORS.entries()) {
      if (questions.every(({ offered }) => offered[g]!.length === 0)) continue
      for (const quota of TRIED) {
        const other = { ...plan, quotas: { ...plan.quotas, [generator]: quota } }
        const hits = found(other)
        if (hits < most + Math.max(1, WORTH * questions.length)) continue
        plan = other
        most = hits
      }
    }
  }
  return plan
}

function questionsOf(bundle: Bundle, days: readonly RankerDay[]): Question[] {
  const drawn = evenly(days, DAYS)
  const total = drawn.reduce((sum, { events }) => sum + events.length, 0)
  const questions: Question[] = []
  for (const day of drawn) {
    const today = withPopularity(bundle, day.popularity)
    const state = rankState(today)
    for (const { history, at, target } of evenly(day.events, (EVENTS * day.events.length) / total)) {
      const view = historyView(today, history, at)
      const chosen = today.numberOf.get(target)
      if (view.numbers.length === 0 || chosen === undefined) continue
      const excluded = (item: number) => view.seen.has(item)
      const scores = queryScores(state, view)
      const personal = PERSONAL_GENERATORS.map((name) => scores[name]?.top(LONGEST, excluded).items)
      const lists = LIST_GENERATORS.map((name) => firstOf(state.lists[name]?.items ?? [], LONGEST, excluded))
      questions.push({ offered: [...personal, ...lists].map((list) => list ?? new Int32Array(0)), chosen })
    }
  }
  return questions
}
