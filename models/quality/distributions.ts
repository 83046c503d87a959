import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset } from '../dataset.ts'
import type { CountedBin, Distributions, TimeFacts } from './dataQuality.ts'

/** Points of a series over time, and bins of values, at the most. */
const MAX_POINTS = 120
const MAX_VALUES = 21

/** What the plots show: how interactions are spread over users, items, values and time. Linear. */
export function distributionsOf(dataset: Dataset, time: TimeFacts | null): Distributions {
  const { offsets, items, users, catalogue } = dataset
  const perUser = Float64Array.from(users, (_, u) => offsets[u + 1]! - offsets[u]!)
  const perItem = new Float64Array(catalogue.length)
  for (const item of items) perItem[item]!++
  return {
    perUser: powerBins(perUser),
    perItem: powerBins(perItem),
    values: valueBins(dataset),
    overTime: overTime(dataset, time),
  }
}

/** The bin of a count among 1, 2, 3–4, 5–8 … */
export function powerBin(count: number): number {
  return Math.ceil(Math.log2(count))
}

function powerBins(counts: Float64Array): CountedBin[] {
  const bins: number[] = []
  for (const count of counts) if (count > 0) bins[powerBin(count)] = (bins[powerBin(count)] ?? 0) + 1
  return Array.from(bins, (count = 0, b) => ({
    label: b < 2 ? String(2 ** b) : `${2 ** (b - 1) + 1}–${2 ** b}`,
    count,
  }))
}

/** Each value where there are few, else tenths of the range. */
function valueBins({ values }: Dataset): CountedBin[] {
  const counts = new Map<number, number>()
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (Number.isNaN(value)) continue
    min = Math.min(min, value)
    max = Math.max(max, value)
    if (counts.size <= MAX_VALUES) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  if (counts.size <= MAX_VALUES) {
    return [...counts].sort(([a], [b]) => a - b).map(([value, count]) => ({ label: short(value), count }))
  }
  const step = (max - min) / 10
  const bins = Array.from({ length: 10 }, (_, b) => ({
    label: `${short(min + b * step)}–${short(min + (b + 1) * step)}`,
    count: 0,
  }))
  for (const value of values) {
    if (!Number.isNaN(value)) bins[Math.min(9, Math.floor((value - min) / step))]!.count++
  }
  return bins
}

/** Interactions by day, or by so many days that there are not too many points. */
function overTime({ times }: Dataset, time: TimeFacts | null): Distributions['overTime'] {
  if (!time) return null
  const first = Math.floor(time.first / DAY_MS)
  const days = Math.floor(time.last / DAY_MS) - first + 1
  const stepDays = Math.ceil(days / MAX_POINTS)
  const counts = new Array<number>(Math.ceil(days / stepDays)).fill(0)
  for (const at of times) counts[Math.floor((Math.floor(at / DAY_MS) - first) / stepDays)]!++
  return { from: first * DAY_MS, stepDays, counts }
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}
