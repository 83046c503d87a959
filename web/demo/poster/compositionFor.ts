import type { Composition } from './composition.ts'
import { arches, lanes, mesas, peaks, waves } from './compositions/lands.ts'
import { balloons, head, keys, lens, record } from './compositions/objects.ts'
import { arrows, burst, claws, jaws, modules, windows } from './compositions/patterns.ts'
import { arm, blinds, door, keyhole, stairs, whirl } from './compositions/shadows.ts'
import { confetti, faces, fellows, grin, halves, overlap } from './compositions/shapes.ts'
import { beams, orbits, planet, poppies, tower } from './compositions/skies.ts'
import { board, compass, helmet, masks, road, saucer, umbrella } from './compositions/tales.ts'
import type { SeededRandom } from './seededRandom.ts'

type Compositions = readonly [Composition, ...Composition[]]

/** What a genre looks like. The order is that of precedence: a Western with drama in it is a Western. */
const byGenre = new Map<string, Compositions>([
  ['western', [mesas]],
  ['film-noir', [blinds, whirl, stairs]],
  ['musical', [keys, record, masks]],
  ['animation', [fellows, balloons, fellows, confetti]],
  ['horror', [jaws, claws, keyhole, tower]],
  ['sci-fi', [planet, orbits, saucer, helmet]],
  ['science fiction', [planet, orbits, saucer, helmet]],
  ['war', [beams, poppies]],
  ['music', [record, keys]],
  ['documentary', [modules, lens]],
  ['sport', [lanes]],
  ['fantasy', [tower, waves, orbits]],
  ['romance', [overlap, faces, halves, umbrella]],
  ['mystery', [keyhole, whirl, board]],
  ['history', [arches, poppies, arches]],
  ['biography', [head, arches, lens]],
  ['family', [balloons, fellows]],
  ['adventure', [peaks, waves, compass, road]],
  ['crime', [arm, blinds, windows, road]],
  ['thriller', [whirl, door, stairs, blinds, board]],
  ['action', [burst, arrows, road]],
  ['comedy', [grin, confetti, masks, umbrella]],
  ['drama', [windows, door, halves, faces, stairs, umbrella, masks, road]],
])
const ANY: Compositions = [modules, halves, confetti, lens]

/** Chooses by genre and seed: mostly the most telling genre, at times the next one, so that rows do not repeat themselves. */
export function compositionFor(genres: readonly string[], random: SeededRandom): Composition {
  const known = new Set(genres.map((genre) => genre.toLowerCase()))
  const telling = [...byGenre].filter(([genre]) => known.has(genre)).map(([, compositions]) => compositions)
  const place = telling.length > 1 && random.chance(0.34) ? 1 : 0
  return random.pick(telling[place] ?? ANY)
}
