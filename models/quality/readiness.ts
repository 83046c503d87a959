import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset } from '../dataset.ts'
import { MEASURABLE } from '../evaluate/ladder.ts'
import { defaultSettings } from '../settings.ts'
import { cutsOf } from '../split/cuts.ts'
import { content, personalPopularity } from '../train/content.ts'
import type { Readiness, TimeFacts, VolumeFacts } from './dataQuality.ts'

/** Fewer items than this with enough users make no neighbourhood. */
const MIN_COLLABORATIVE_ITEMS = 50
const MIN_REPEAT_USERS = 100
/** Replayed slates that the ranker learns from at least, and what it takes to learn well. */
const MIN_SLATES = 200
const GOOD_SLATES = 2000
const MIN_STEPS = 1000
const MIN_TREND_DAYS = 7

/** What can be built from this data, in the order of the ladder, what can be shown about it, and what it would take. */
export function readinessOf(dataset: Dataset, volume: VolumeFacts, time: TimeFacts | null): Readiness[] {
  const events = time ? windowEvents(dataset) : null
  return [
    {
      what: 'popularity',
      ready: volume.interactions >= MIN_STEPS ? 'yes' : 'weak',
      why: `${count(volume.interactions, 'interaction')} of ${count(volume.users, 'user')}`,
      ...(volume.interactions >= MIN_STEPS
        ? {}
        : { takes: `about ${MIN_STEPS.toLocaleString('en')} interactions` }),
    },
    trending(time),
    fromTrainer(
      'personal popularity',
      personalPopularity.missing(dataset),
      'items have a genre, category or brand',
      'a column such as "genres" in the items file',
    ),
    fromTrainer(
      'similar by content',
      content.missing(dataset),
      'items have titles or attributes',
      'an items file (item, title, genres …) beside the interactions',
    ),
    collaborative(dataset, volume),
    transitions(dataset),
    ranker(events, time),
    evaluation(dataset, events),
  ]
}

function trending(time: TimeFacts | null): Readiness {
  const what = 'trending and new'
  if (!time) return { what, ready: 'no', why: 'there are no times', takes: 'a column "timestamp"' }
  const why = `${time.days.toFixed(1)} days of times`
  if (time.days >= MIN_TREND_DAYS) return { what, ready: 'yes', why }
  return { what, ready: 'weak', why, takes: `at least ${MIN_TREND_DAYS} days` }
}

function fromTrainer(what: string, missing: string | null, why: string, takes: string): Readiness {
  return missing === null
    ? { what, ready: 'yes', why }
    : { what, ready: 'no', why: missing.replace(/\.$/, ''), takes }
}

function collaborative(dataset: Dataset, volume: VolumeFacts): Readiness {
  const floor = defaultSettings(dataset.order).floors.itemUsers
  const users = new Int32Array(dataset.catalogue.length)
  const lastUser = new Int32Array(dataset.catalogue.length).fill(-1)
  let repeat = 0
  for (let u = 0; u < dataset.users.length; u++) {
    let distinct = 0
    for (let row = dataset.offsets[u]!; row < dataset.offsets[u + 1]!; row++) {
      const item = dataset.items[row]!
      if (lastUser[item] === u) continue
      lastUser[item] = u
      users[item]!++
      distinct++
    }
    if (distinct > 1) repeat++
  }
  const items = users.reduce((sum, n) => sum + (n >= floor ? 1 : 0), 0)
  const what = 'collaborative'
  const why = `${items} of ${volume.items} items have at least ${floor} users, ${count(repeat, 'user')} more than one item`
  if (items >= MIN_COLLABORATIVE_ITEMS && repeat >= MIN_REPEAT_USERS) return { what, ready: 'yes', why }
  const takes = `${MIN_COLLABORATIVE_ITEMS} such items and ${MIN_REPEAT_USERS} such users`
  return { what, ready: items >= 2 && repeat >= 2 ? 'weak' : 'no', why, takes }
}

function transitions({ order, offsets, times }: Dataset): Readiness {
  const what = 'transitions (what follows what)'
  if (order === 'none')
    return {
      what,
      ready: 'no',
      why: 'the interactions have no order',
      takes: 'times, or items in the order they were taken',
    }
  let steps = 0
  for (let u = 0; u + 1 < offsets.length; u++) {
    for (let row = offsets[u]! + 1; row < offsets[u + 1]!; row++) if (times[row]! > times[row - 1]!) steps++
  }
  const why = `${count(steps, 'step')} from one moment of a user to the next`
  if (steps >= MIN_STEPS) return { what, ready: 'yes', why }
  return {
    what,
    ready: steps > 0 ? 'weak' : 'no',
    why,
    takes: `about ${MIN_STEPS.toLocaleString('en')} steps`,
  }
}

interface WindowEvents {
  /** Successes with an earlier history in the days that teach the ranker. */
  readonly replayed: number
  /** Successes in the days that are ranked, their users and days. */
  readonly queries: number
  readonly users: number
  readonly days: number
}

/** Counts, with the default cuts, what replay and evaluation would have to work with: first meetings of a user and an item. */
function windowEvents(dataset: Dataset): WindowEvents {
  const { replayFrom, cut, testEnd } = cutsOf(dataset, defaultSettings('time'))
  const lastUser = new Int32Array(dataset.catalogue.length).fill(-1)
  const days = new Set<number>()
  let [replayed, queries, users] = [0, 0, 0]
  for (let u = 0; u < dataset.users.length; u++) {
    let asked = false
    const start = dataset.offsets[u]!
    for (let row = start; row < dataset.offsets[u + 1]!; row++) {
      const [item, at] = [dataset.items[row]!, dataset.times[row]!]
      const isNew = lastUser[item] !== u
      lastUser[item] = u
      if (!isNew || !dataset.positive[row]) continue
      if (at >= replayFrom && at < cut && dataset.times[start]! < at) replayed++
      if (at < cut || at >= testEnd) continue
      queries++
      days.add(Math.floor(at / DAY_MS))
      if (!asked) users++
      asked = true
    }
  }
  return { replayed, queries, users, days: days.size }
}

function ranker(events: WindowEvents | null, time: TimeFacts | null): Readiness {
  const what = 'ranker'
  if (!events || !time)
    return {
      what,
      ready: 'no',
      why: 'without times no moment can be replayed',
      takes: 'a column "timestamp"',
    }
  const why = `${count(events.replayed, 'success', 'successes')} of users with a history in the days before the cut`
  if (events.replayed >= GOOD_SLATES) return { what, ready: 'yes', why }
  const takes = `${GOOD_SLATES.toLocaleString('en')} to learn well, ${MIN_SLATES} at the very least`
  return { what, ready: events.replayed >= MIN_SLATES ? 'weak' : 'no', why, takes }
}

function evaluation({ order }: Dataset, events: WindowEvents | null): Readiness {
  const what = 'evaluation on later days'
  if (!events) {
    const other = order === 'sequence' ? 'last items out' : 'strong generalisation (users left out)'
    return {
      what,
      ready: 'no',
      why: `there are no times; ${other} serves instead`,
      takes: 'a column "timestamp"',
    }
  }
  const why = `${count(events.queries, 'query', 'queries')} of ${count(events.users, 'user')} on ${count(events.days, 'day')} after the cut`
  const { queries, users, days } = MEASURABLE
  if (events.queries >= queries && events.users >= users && events.days >= days)
    return { what, ready: 'yes', why }
  return {
    what,
    ready: 'weak',
    why,
    takes: `${queries} queries of ${users} users on ${days} days: until then nothing is measurable, and popularity ships`,
  }
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`
}
