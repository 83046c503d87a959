import { DAY_MS } from '../domain/clock.ts'
import type { QueryState } from '../features/queryState.ts'
import type { HistoryView } from './historyView.ts'

/** What a bundle knows of an item that a history's facts are made of. */
export interface ItemFacts {
  count(item: number): number
  attention(item: number): number
  ageDays(item: number): number | undefined
  yearsBack(item: number): number | undefined
}

const NEW_DAYS = 60
/** Pauses are told in whole minutes: a slate must not waver while it is looked at. */
const MINUTE_MS = 60_000
/** Latest items that say what a visitor is after just now. */
const RECENT = 3

/** Facts about the visitor, the same for all candidates of a query. */
export function visitorState(view: HistoryView, facts: ItemFacts): QueryState['history'] {
  const items = Array.from(view.numbers)
  const attention = (item: number) => Math.log1p(facts.attention(item))
  return {
    length: view.length,
    meanLogCount: mean(items, (item) => Math.log1p(facts.count(item))) ?? 0,
    newShare:
      mean(items, (item) => ((facts.ageDays(item) ?? Number.POSITIVE_INFINITY) <= NEW_DAYS ? 1 : 0)) ?? 0,
    meanYear: mean(items, facts.yearsBack),
    latestAttention: mean(items.slice(0, 1), attention) ?? 0,
    recentAttention: mean(items.slice(0, RECENT), attention) ?? 0,
    ...visits(view),
  }
}

/** A history without times stands at 0. */
function visits({ times, now }: HistoryView) {
  const latest = times[0] ?? 0
  if (now === undefined || latest <= 0) return { pauseHours: undefined, today: undefined, week: undefined }
  const within = (moment: number, span: number) =>
    times.reduce((items, at) => items + (moment - at < span ? 1 : 0), 0)
  return {
    pauseHours: Math.floor(Math.max(0, now - latest) / MINUTE_MS) / 60,
    today: within(now, DAY_MS),
    week: within(latest, 7 * DAY_MS),
  }
}

/** Mean of what is known; `undefined` where nothing is. */
function mean(items: readonly number[], of: (item: number) => number | undefined): number | undefined {
  let sum = 0
  let known = 0
  for (const item of items) {
    const x = of(item)
    if (x === undefined) continue
    sum += x
    known++
  }
  return known > 0 ? sum / known : undefined
}
