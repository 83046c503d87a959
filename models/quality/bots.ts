import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset } from '../dataset.ts'
import type { BotFacts, Suspect, TimeFacts } from './dataQuality.ts'
import { MAX_FAULTS } from './faults.ts'

/** Different moments in 60 seconds: what comes in one moment is a basket, not haste. */
const PER_MINUTE = 30
/** Interactions in one day of UTC. */
const PER_DAY = 1000
/** Share of all items that anybody touched, where there are enough items for it to mean anything. */
const CATALOGUE_SHARE = 0.5
const MIN_ITEMS = 200
/** So many gaps, nearly all of them the same: a timer. */
const MIN_GAPS = 50
const REGULAR_SHARE = 0.9
const TOLERANCE = 0.01
const MINUTE_MS = 60_000

const RULES = [
  `more than ${PER_MINUTE} different moments within a minute`,
  `more than ${PER_DAY.toLocaleString('en')} interactions in one day (UTC)`,
  `more than ${100 * CATALOGUE_SHARE} % of all items, of at least ${MIN_ITEMS}`,
  `at least ${MIN_GAPS} gaps between moments, ${100 * REGULAR_SHARE} % of them within ${100 * TOLERANCE} % of their middle one`,
]

/**
 * Users who look like programs, by four rules that anybody can check by hand; nobody is left out because of them. Linear, but
 * for sorting the gaps of long histories.
 * @param items items with an interaction
 */
export function botsOf(dataset: Dataset, time: TimeFacts | null, items: number): BotFacts {
  const { users, offsets, lines } = dataset
  const lastUser = new Int32Array(dataset.catalogue.length).fill(-1)
  const suspects: Suspect[] = []
  let interactions = 0
  for (let u = 0; u < users.length; u++) {
    const [from, to] = [offsets[u]!, offsets[u + 1]!]
    const why = hurry(dataset, time, from, to) ?? breadth(dataset, lastUser, u, items)
    if (!why) continue
    interactions += to - from
    const user = users[u]!
    suspects.push({ user, interactions: to - from, why, line: lines?.[from] ?? 0, value: `${user}: ${why}` })
  }
  suspects.sort((a, b) => b.interactions - a.interactions || (a.user < b.user ? -1 : 1))
  return {
    users: suspects.length,
    interactions,
    share: interactions / (dataset.items.length || 1),
    rules: RULES,
    suspects: suspects.slice(0, 2 * MAX_FAULTS),
  }
}

function hurry({ times }: Dataset, time: TimeFacts | null, from: number, to: number): string | undefined {
  if (!time || to - from <= PER_MINUTE) return undefined
  let dayStart = from
  for (let row = from; row < to; row++) {
    while (Math.floor(times[dayStart]! / DAY_MS) !== Math.floor(times[row]! / DAY_MS)) dayStart++
    if (row - dayStart + 1 > PER_DAY) {
      const day = new Date(times[row]!).toISOString().slice(0, 10)
      return `more than ${PER_DAY.toLocaleString('en')} interactions on ${day}`
    }
  }
  const moments = times.subarray(from, to).filter((at, i) => i === 0 || at !== times[from + i - 1])
  for (let end = PER_MINUTE; end < moments.length; end++) {
    if (moments[end]! - moments[end - PER_MINUTE]! < MINUTE_MS) {
      const at = new Date(moments[end - PER_MINUTE]!).toISOString().slice(0, 19)
      return `more than ${PER_MINUTE} moments in the minute from ${at}Z`
    }
  }
  // Dates alone come every day by nature.
  return time.resolution === 'day' ? undefined : regular(moments)
}

function regular(moments: Float64Array): string | undefined {
  if (moments.length <= MIN_GAPS) return undefined
  const gaps = moments.slice(1).map((at, i) => at - moments[i]!)
  const middle = gaps.slice().sort()[(gaps.length - 1) >> 1]!
  const same = gaps.filter((gap) => Math.abs(gap - middle) <= TOLERANCE * middle).length
  if (same < REGULAR_SHARE * gaps.length) return undefined
  return `${same} of ${gaps.length} gaps are ${middle / 1000} s`
}

function breadth(dataset: Dataset, lastUser: Int32Array, u: number, items: number): string | undefined {
  if (items < MIN_ITEMS || dataset.offsets[u + 1]! - dataset.offsets[u]! <= CATALOGUE_SHARE * items) {
    return undefined
  }
  let distinct = 0
  for (let row = dataset.offsets[u]!; row < dataset.offsets[u + 1]!; row++) {
    if (lastUser[dataset.items[row]!] !== u) distinct++
    lastUser[dataset.items[row]!] = u
  }
  return distinct > CATALOGUE_SHARE * items ? `touched ${distinct} of ${items} items` : undefined
}
