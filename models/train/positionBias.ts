import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset, Impressions } from '../dataset.ts'
import type { ReplayDay } from '../split/replay.ts'

/** Positions further down are rare, and count as the last of these. */
const MAX_POSITION = 50
/** An interaction belongs to the last impression of the item within this time before it. */
const WITHIN_MS = DAY_MS
const ROUNDS = 50
/** Impressions of the average item that are added to each item: with few of its own, its chance says nothing. */
const PRIOR = 10
/** Fewer answered impressions with a position are too few to estimate from. */
const MIN_CLICKS = 200
/** Propensities count as at least this much: one lucky click far down must not outweigh ten others. */
const MIN_PROPENSITY = 0.1

/** How often positions are looked at, compared with the first. */
export interface PositionBias {
  /** Position − 1 → chance of being looked at, θ₁ = 1. */
  readonly examined: Float64Array
  readonly impressions: number
  /** Impressions with an answer. */
  readonly clicks: number
  /** Row of the dataset → the impression that it answers, −1 for none. */
  readonly answers: Int32Array
}

/**
 * Position-based click model (Craswell et al., WSDM 2008): P(answer | item i, position p) = θ_p γ_i, fitted by expectation
 * maximisation (Wang et al., WSDM 2018) over counts of item and position, so that good items on top do not pass for attention.
 * Linear in impressions and interactions.
 * @param until only what happened before this moment is counted, ms since 1970 UTC
 * @returns `null` without impressions that have positions, or with too few answers
 */
export function estimatePositionBias(dataset: Dataset, until: number): PositionBias | null {
  const { impressions } = dataset
  if (!impressions) return null
  const answers = answered(dataset, impressions)
  const clicked = new Uint8Array(impressions.items.length)
  for (let row = 0; row < answers.length; row++) {
    if (answers[row]! >= 0 && dataset.times[row]! < until) clicked[answers[row]!] = 1
  }
  const cells = countCells(impressions, clicked, until)
  const clicks = cells.clicks.reduce((sum, n) => sum + n, 0)
  const shown = cells.shown.reduce((sum, n) => sum + n, 0)
  if (clicks < MIN_CLICKS || cells.positions < 2) return null
  return { examined: fitExamination(cells, clicks / shown), impressions: shown, clicks, answers }
}

/**
 * Weights of replayed events by inverse clipped propensity, 1 on average over the events: what was chosen although it stood
 * far down says more than what stood on top (Joachims et al., WSDM 2017). Events that answer no impression weigh as one that
 * was surely seen. The log's own propensity is used where it has one.
 */
export function withPositionWeights<D extends ReplayDay>(
  dataset: Dataset,
  days: readonly D[],
  { examined, answers }: PositionBias,
): D[] {
  const { propensities, positions } = dataset.impressions!
  const weightOf = (row: number): number => {
    const impression = answers[row]!
    if (impression < 0) return 1
    const known = propensities[impression]!
    const position = Math.min(positions[impression]!, examined.length)
    const propensity = Number.isNaN(known) ? (position > 0 ? examined[position - 1]! : 1) : known
    return 1 / Math.max(MIN_PROPENSITY, propensity)
  }
  let [sum, events] = [0, 0]
  for (const day of days) {
    for (const { row } of day.events) {
      sum += weightOf(row)
      events++
    }
  }
  return days.map((day) => ({
    ...day,
    events: day.events.map((event) => ({ ...event, weight: (weightOf(event.row) * events) / sum })),
  }))
}

/** Row of the dataset → the last impression of its item to its user, not later and not more than a day earlier; else −1. */
function answered({ users, offsets, items, times, order }: Dataset, impressions: Impressions): Int32Array {
  const answers = new Int32Array(items.length).fill(-1)
  let next = 0
  while (next < impressions.users.length && impressions.users[next]! < 0) next++
  for (let u = 0; u < users.length; u++) {
    const lastShown = new Map<number, number>()
    for (let row = offsets[u]!; row < offsets[u + 1]!; row++) {
      while (impressions.users[next] === u && (order !== 'time' || impressions.times[next]! <= times[row]!)) {
        lastShown.set(impressions.items[next]!, next)
        next++
      }
      const shown = lastShown.get(items[row]!)
      if (shown === undefined || (order === 'time' && times[row]! - impressions.times[shown]! > WITHIN_MS))
        continue
      answers[row] = shown
      // One impression has one answer: what follows is a second thought.
      lastShown.delete(items[row]!)
    }
    while (impressions.users[next] === u) next++
  }
  return answers
}

interface Cells {
  readonly positions: number
  readonly item: Int32Array
  readonly position: Int32Array
  readonly shown: Float64Array
  readonly clicks: Float64Array
}

/** Impressions and answers of each item at each position. */
function countCells({ items, positions, times }: Impressions, clicked: Uint8Array, until: number): Cells {
  const cellOf = new Map<number, number>()
  const [item, position, shown, clicks]: number[][] = [[], [], [], []]
  let most = 0
  for (let i = 0; i < items.length; i++) {
    if (positions[i]! < 1 || times[i]! >= until) continue
    const p = Math.min(positions[i]!, MAX_POSITION) - 1
    most = Math.max(most, p + 1)
    const key = items[i]! * MAX_POSITION + p
    let cell = cellOf.get(key)
    if (cell === undefined) {
      cell = shown!.length
      cellOf.set(key, cell)
      item!.push(items[i]!)
      position!.push(p)
      shown!.push(0)
      clicks!.push(0)
    }
    shown![cell]!++
    clicks![cell]! += clicked[i]!
  }
  return {
    positions: most,
    item: Int32Array.from(item!),
    position: Int32Array.from(position!),
    shown: Float64Array.from(shown!),
    clicks: Float64Array.from(clicks!),
  }
}

function fitExamination(cells: Cells, rate: number): Float64Array {
  const { item, position, shown, clicks, positions } = cells
  const items = item.reduce((max, i) => Math.max(max, i), -1) + 1
  let examined = new Float64Array(positions).fill(0.5)
  let wanted = new Float64Array(items).fill(Math.min(0.5, 2 * rate))
  for (let round = 0; round < ROUNDS; round++) {
    const sums = { examined: new Float64Array(positions), shown: new Float64Array(positions) }
    const own = {
      wanted: new Float64Array(items).fill(PRIOR * Math.min(0.5, 2 * rate)),
      shown: new Float64Array(items).fill(PRIOR),
    }
    for (let c = 0; c < shown.length; c++) {
      const [p, i] = [position[c]!, item[c]!]
      const [theta, gamma] = [examined[p]!, wanted[i]!]
      const unanswered = (shown[c]! - clicks[c]!) / (1 - theta * gamma)
      sums.examined[p]! += clicks[c]! + unanswered * theta * (1 - gamma)
      sums.shown[p]! += shown[c]!
      own.wanted[i]! += clicks[c]! + unanswered * gamma * (1 - theta)
      own.shown[i]! += shown[c]!
    }
    examined = sums.examined.map((sum, p) => Math.min(0.999, sum / (sums.shown[p]! || 1)))
    wanted = own.wanted.map((sum, i) => Math.min(0.999, sum / own.shown[i]!))
  }
  // Only ratios are known: an item twice as wanted, looked at half as often, answers the same.
  const first = examined[0]! || Math.max(...examined)
  return examined.map((theta) => Math.min(1, theta / first))
}
