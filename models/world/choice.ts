import { STEP_MS } from './attention.ts'
import { CIRCLES, type Film } from './films.ts'
import { GENRES } from './filmWords.ts'

/** Weight of a film whose first, second or third genre is the mood, and of one that has it not at all. */
const BY_PLACE = [1, 0.7, 0.4] as const
const OFF_MOOD = 0.006
const OWN_CIRCLE = 2.5
/** Having seen a part makes the next one this much likelier. */
const NEXT_PART = 12

/** Everything that choices depend on but for the visitor. */
export interface World {
  readonly films: readonly Film[]
  readonly start: number
  /** steps × films, see `attentionTable` */
  readonly attention: Float64Array
  /** Mood and circle → film weights: (genres × circles) × films. */
  readonly fit: Float64Array
}

/** Precomputes how well each film fits each mood and circle. */
export function fitTable(films: readonly Film[]): Float64Array {
  const fit = new Float64Array(GENRES.length * CIRCLES * films.length)
  for (let mood = 0; mood < GENRES.length; mood++) {
    for (let circle = 0; circle < CIRCLES; circle++) {
      films.forEach((film, i) => {
        const place = film.genres.indexOf(mood)
        const weight = place < 0 ? OFF_MOOD : BY_PLACE[place]!
        fit[(mood * CIRCLES + circle) * films.length + i] = weight * (film.circle === circle ? OWN_CIRCLE : 1)
      })
    }
  }
  return fit
}

/**
 * Unnormalised chance of each film to be the next one, the single definition that generator and oracle share:
 * attention(film, now) · fit(film, mood, circle) · [next part of something seen ? 12 : 1] · [unseen].
 * @param at moment of the choice, ms
 * @param seen films watched before; each is watched once
 * @param out one weight a film
 */
export function choiceWeights(
  world: World,
  state: { mood: number; circle: number; at: number; seen: Uint8Array },
  out: Float64Array,
): void {
  const n = world.films.length
  const attention = Math.floor((state.at - world.start) / STEP_MS) * n
  const fit = (state.mood * CIRCLES + state.circle) * n
  for (let i = 0; i < n; i++) {
    const previous = world.films[i]!.sequelOf
    const weight = state.seen[i] === 1 ? 0 : world.attention[attention + i]! * world.fit[fit + i]!
    out[i] = previous >= 0 && state.seen[previous] === 1 ? weight * NEXT_PART : weight
  }
}
