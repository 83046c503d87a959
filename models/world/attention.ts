import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Film } from './films.ts'

/** Attention changes in steps of six hours, so that it can be tabulated. */
export const STEP_MS = DAY_MS / 4
const RELEASE_PEAK = 22
const RELEASE_HALF_LIFE_DAYS = 5
const WAVE_CHANCE = 0.25
const WAVE_HALF_LIFE_DAYS = 2.5

/**
 * Attention of every film at every step: nothing before its release; a jump at the release that halves every five days; and
 * waves (a prize, a broadcast, a rumour) that come without warning and fade. Row-major steps × films, includes the appeal.
 */
export function attentionTable(
  films: readonly Film[],
  start: number,
  steps: number,
  random: () => number,
): Float64Array {
  const table = new Float64Array(steps * films.length)
  films.forEach((film, i) => {
    const released = film.item.releasedAt
    const wave =
      random() < WAVE_CHANCE
        ? { at: start + random() * steps * STEP_MS, height: 5 + 15 * random() }
        : undefined
    for (let step = 0; step < steps; step++) {
      const now = start + step * STEP_MS
      if (released !== undefined && now < released) continue
      let attention = 1
      if (released !== undefined) attention += RELEASE_PEAK * fading(now - released, RELEASE_HALF_LIFE_DAYS)
      if (wave && now >= wave.at) attention += wave.height * fading(now - wave.at, WAVE_HALF_LIFE_DAYS)
      table[step * films.length + i] = film.appeal * attention
    }
  })
  return table
}

function fading(age: number, halfLifeDays: number): number {
  return 2 ** (-age / (halfLifeDays * DAY_MS))
}
