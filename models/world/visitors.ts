import { DAY_MS } from '../../shared/domain/clock.ts'
import { normal, pickWeighted } from './draws.ts'
import { CIRCLES } from './films.ts'
import { GENRES } from './filmWords.ts'

export interface Visitor {
  /** Chance that a session's mood is a genre; sums to 1. */
  readonly moods: Float64Array
  readonly circle: number
  /** Start of each session, ms, ascending, at least half a day apart. */
  readonly sessions: readonly number[]
}

/** Share of the moods that go to the favourites: one strong favourite, or two. */
const ONE_FAVOURITE = [0.9] as const
const TWO_FAVOURITES = [0.6, 0.32] as const
const MAX_SESSIONS = 80
/** Relative traffic by hour of the day, in UTC: quiet nights, busy evenings. */
const HOURS = [2, 1, 1, 1, 1, 1, 2, 3, 3, 3, 4, 4, 5, 5, 5, 5, 6, 8, 11, 13, 14, 13, 9, 5]

/** @param start first moment of the period, ms @param days its length */
export function inventVisitor(start: number, days: number, random: () => number): Visitor {
  const favourites = random() < 0.7 ? ONE_FAVOURITE : TWO_FAVOURITES
  const liking = GENRES.map((_, i) => 1 / (i + 8))
  const moods = new Float64Array(GENRES.length)
  let left = 1
  for (const share of favourites) {
    const genre = pickWeighted(
      liking.map((weight, i) => (moods[i]! > 0 ? 0 : weight)),
      random,
    )
    moods[genre] = share
    left -= share
  }
  const others = GENRES.length - favourites.length
  for (let i = 0; i < moods.length; i++) if (moods[i] === 0) moods[i] = left / others
  return { moods, circle: Math.floor(random() * CIRCLES), sessions: inventSessions(start, days, random) }
}

/** Many visitors come a few times, few come often (lognormal); each from a day of their own on. */
function inventSessions(start: number, days: number, random: () => number): number[] {
  const count = Math.min(MAX_SESSIONS, Math.max(1, Math.round(Math.exp(normal(random) * 0.75 + 2))))
  const firstDay = random() * random() * days * 0.8
  const taken = new Set<number>()
  for (let i = 0; i < count; i++) taken.add(Math.floor(firstDay + random() * (days - firstDay)))
  return [...taken]
    .sort((a, b) => a - b)
    .map((day) => start + day * DAY_MS + (pickWeighted(HOURS, random) + random()) * 3_600_000)
    .map(Math.floor)
}
