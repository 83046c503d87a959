import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { normal, pick, pickWeighted } from './draws.ts'
import { FILM_WORDS, GENRES, type Genre, NAMES, PLACES } from './filmWords.ts'

/** A film as the world knows it; only `item` becomes public. */
export interface Film {
  readonly item: CatalogueItem
  /** Indexes into GENRES, the main one first. */
  readonly genres: readonly number[]
  /** How likely it is to be chosen when all else is equal; lognormal, near 0 for films nobody found. */
  readonly appeal: number
  /** A hidden kinship of films (a school, a language, a scene) that no attribute tells. */
  readonly circle: number
  /** Film of which this one is the sequel, or −1. */
  readonly sequelOf: number
}

export const CIRCLES = 5
/** Share of films released inside the period, of films hardly anyone finds, and of films that have sequels. */
const NEW_SHARE = 0.17
const COLD_SHARE = 0.06
const SERIES_SHARE = 0.06
/** Films that were out before the period are at least from the year before. */
const LAST_OLD_YEAR = 2025
const ROMAN = ['', ' II', ' III', ' IV']

/**
 * A catalogue of invented films in the order of their ids.
 * @param start first moment of the period, ms
 * @param days length of the period
 */
export function inventFilms(count: number, start: number, days: number, random: () => number): Film[] {
  const films: Film[] = []
  const titles = new Set<string>()
  while (films.length < count) {
    const genres = inventGenres(random)
    const title = uniqueTitle(GENRES[genres[0]!]!, titles, random)
    const circle = Math.floor(random() * CIRCLES)
    const parts = random() < SERIES_SHARE ? 2 + Math.floor(random() * 3) : 1
    const appeal = Math.exp(normal(random) * 0.9 + (parts > 1 ? 0.5 : 0))
    let year = oldYear(random)
    for (let part = 0; part < parts && films.length < count; part++) {
      const isCold = parts === 1 && random() < COLD_SHARE
      const releasedAt = random() < NEW_SHARE ? fridayIn(start, days, random) : undefined
      const number = films.length
      films.push({
        item: {
          id: `f${String(number + 1).padStart(4, '0')}`,
          title: `${title}${ROMAN[part]}`,
          year: releasedAt === undefined ? year : new Date(releasedAt).getUTCFullYear(),
          ...(releasedAt === undefined ? {} : { releasedAt }),
          attributes: { genre: genres.map((genre) => GENRES[genre]!) },
        },
        genres,
        appeal: isCold ? 0.002 : appeal * 0.85 ** part,
        circle,
        sequelOf: part > 0 ? number - 1 : -1,
      })
      year += 2 + Math.floor(random() * 3)
      // What comes after a new part, or after today, has not been made yet.
      if (releasedAt !== undefined || year > LAST_OLD_YEAR) break
    }
  }
  return films
}

/** One to three genres; the first of the list are more frequent. */
function inventGenres(random: () => number): number[] {
  const weights = GENRES.map((_, i) => 1 / (i + 5))
  const genres = new Set([pickWeighted(weights, random)])
  const wanted = 1 + (random() < 0.55 ? 1 : 0) + (random() < 0.15 ? 1 : 0)
  while (genres.size < wanted) genres.add(pickWeighted(weights, random))
  return [...genres]
}

function uniqueTitle(genre: Genre, taken: Set<string>, random: () => number): string {
  for (;;) {
    const title = inventTitle(genre, random)
    if (taken.has(title)) continue
    taken.add(title)
    return title
  }
}

function inventTitle(genre: Genre, random: () => number): string {
  const adjective = word(FILM_WORDS[genre].adjectives, random)
  const noun = word(FILM_WORDS[genre].nouns, random)
  const other = word(FILM_WORDS[genre].nouns, random)
  const patterns = [
    `The ${adjective} ${noun}`,
    `${adjective} ${noun}`,
    `The ${noun} of ${word(PLACES, random)}`,
    `${word(NAMES, random)} and the ${noun}`,
    `The Last ${noun}`,
    `${word(PLACES, random)} ${noun}`,
    other === noun ? `One ${adjective} ${noun}` : `${noun} & ${other}`,
    `A ${noun} for ${word(NAMES, random)}`.replace(/^A (?=[AEIO])/, 'An '),
  ]
  return pick(patterns, random)
}

function word(words: string, random: () => number): string {
  return pick(words.split(' '), random).replaceAll('_', ' ')
}

/** 1950 to 2025, recent years more often. */
function oldYear(random: () => number): number {
  return LAST_OLD_YEAR - Math.floor(76 * random() ** 2.2)
}

/** A Friday of the period at 18:00 UTC. */
function fridayIn(start: number, days: number, random: () => number): number {
  const day = new Date(start + Math.floor(random() * days) * DAY_MS)
  const friday = day.getTime() - ((day.getUTCDay() + 2) % 7) * DAY_MS
  const inside = friday < start ? friday + 7 * DAY_MS : friday
  return Math.floor(inside / DAY_MS) * DAY_MS + 18 * 3_600_000
}
