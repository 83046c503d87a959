import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset } from '../dataset.ts'
import type { Drift, DriftFacts, TimeFacts } from './dataQuality.ts'
import { powerBin } from './distributions.ts'

/** A period is the longest of these that fits three times: the two that are compared need something before them. */
const PERIODS = [28, 7, 1]
const BINS = 10
/** Items that count one by one; of the others there are too few interactions each. */
const TOP_ITEMS = 50
/** Fewer interactions in a period say nothing. */
const MIN_INTERACTIONS = 200
/** An empty bin counts as this share, else the logarithm would be infinite. */
const FLOOR = 1e-4

/**
 * How the last period differs from the one before it, by the population stability index
 * PSI = Σ_b (l_b − e_b) ln(l_b / e_b) over bins b of both periods together (Lewis 1994; below .1 is stable, above .25 changed).
 * `null` where there are no two periods with enough in them.
 */
export function driftOf(dataset: Dataset, time: TimeFacts | null): DriftFacts | null {
  const days = PERIODS.find((period) => time !== null && 3 * period <= time.days)
  if (!time || days === undefined) return null
  const to = time.last + 1
  const middle = to - days * DAY_MS
  const from = middle - days * DAY_MS
  const counts = countBoth(dataset, from, middle)
  if (Math.min(counts.earlier, counts.later) < MIN_INTERACTIONS) return null
  const ratings = dataset.measure === 'rating' ? ratingBins(dataset, from, middle) : null
  const drifts = [
    drift('popularity of items', itemBins(counts.items)),
    drift('activity of users', activityBins(counts.users)),
    ...(ratings ? [drift('ratings', ratings)] : []),
  ]
  return {
    days,
    earlier: { from, to: middle, interactions: counts.earlier },
    later: { from: middle, to, interactions: counts.later },
    drifts,
    ...overlap(counts.items, counts.later),
  }
}

/** Counts of the earlier period and of the later one. */
interface Both {
  readonly earlier: Float64Array
  readonly later: Float64Array
}

function both(length: number): Both {
  return { earlier: new Float64Array(length), later: new Float64Array(length) }
}

function countBoth({ items, times, offsets, users, catalogue }: Dataset, from: number, middle: number) {
  const perItem = both(catalogue.length)
  const perUser = both(users.length)
  let [earlier, later] = [0, 0]
  for (let u = 0; u < users.length; u++) {
    for (let row = offsets[u]!; row < offsets[u + 1]!; row++) {
      if (times[row]! < from) continue
      const isLater = times[row]! >= middle
      if (isLater) later++
      else earlier++
      const period = isLater ? 'later' : 'earlier'
      perItem[period][items[row]!]!++
      perUser[period][u]!++
    }
  }
  return { items: perItem, users: perUser, earlier, later }
}

/** Interactions with each of the items that both periods together wanted most, and with all the others. */
function itemBins({ earlier, later }: Both): Both {
  const together = earlier.map((count, item) => count + later[item]!)
  const top = Array.from(together.keys())
    .sort((a, b) => together[b]! - together[a]! || a - b)
    .slice(0, TOP_ITEMS)
  const bins = both(TOP_ITEMS + 1)
  for (const [period, counts] of [
    ['earlier', earlier],
    ['later', later],
  ] as const) {
    top.forEach((item, bin) => {
      bins[period][bin] = counts[item]!
    })
    const all = counts.reduce((sum, count) => sum + count, 0)
    bins[period][TOP_ITEMS] = all - bins[period].reduce((sum, count) => sum + count, 0)
  }
  return bins
}

/** Active users by 1, 2, 3–4, 5–8 … interactions in the period. */
function activityBins({ earlier, later }: Both): Both {
  const bins = both(BINS)
  const add = (counts: Float64Array, into: Float64Array) => {
    for (const count of counts) if (count > 0) into[Math.min(BINS - 1, powerBin(count))]!++
  }
  add(earlier, bins.earlier)
  add(later, bins.later)
  return bins
}

/** Ratings by tenths of their range. */
function ratingBins({ values, times }: Dataset, from: number, middle: number): Both {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < min) min = value
    if (value > max) max = value
  }
  const bins = both(BINS)
  for (let row = 0; row < values.length; row++) {
    if (times[row]! < from || Number.isNaN(values[row]!)) continue
    const bin = Math.min(BINS - 1, Math.floor((BINS * (values[row]! - min)) / (max - min || 1)))
    bins[times[row]! >= middle ? 'later' : 'earlier'][bin]!++
  }
  return bins
}

function drift(what: Drift['what'], { earlier, later }: Both): Drift {
  const [all, now] = [earlier, later].map((bins) => bins.reduce((sum, count) => sum + count, 0)) as [
    number,
    number,
  ]
  let psi = 0
  for (let b = 0; b < earlier.length; b++) {
    if (earlier[b] === 0 && later[b] === 0) continue
    const e = Math.max(FLOOR, earlier[b]! / all)
    const l = Math.max(FLOOR, later[b]! / now)
    psi += (l - e) * Math.log(l / e)
  }
  return { what, psi, word: psi < 0.1 ? 'stable' : psi < 0.25 ? 'moves' : 'changed' }
}

function overlap({ earlier, later }: Both, interactions: number) {
  let [common, either, known] = [0, 0, 0]
  for (let item = 0; item < earlier.length; item++) {
    const [before, after] = [earlier[item]! > 0, later[item]! > 0]
    if (before || after) either++
    if (before && after) common++
    if (before) known += later[item]!
  }
  return { commonItems: common / either, knownShare: known / interactions }
}
