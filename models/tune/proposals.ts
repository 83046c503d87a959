import type { OrderOf } from '../dataset.ts'
import { seededRandom } from '../random.ts'
import { searchSpace, settingAt, withSetting } from '../searchSpace.ts'
import type { Settings } from '../settings.ts'

/** Spread of a step on a setting's scale. */
const STEP = 0.25

/**
 * Settings to try, each a function of seed and number alone, so that neither the order in which trials end nor an interruption
 * changes what is tried. Every other one is drawn from the whole space; the rest change one to four settings of a good one.
 * @param parents settings that are good already; the first is the base that dimensions outside the space keep
 */
export function proposal(
  order: OrderOf,
  parents: readonly Settings[],
  number: number,
  everywhere = number % 2 === 0,
): Settings {
  const base = parents[0]!
  const space = searchSpace(order)
  const random = seededRandom(base.seed * 1_000_003 + number)
  if (everywhere)
    return space.reduce((settings, { path, at }) => withSetting(settings, path, at(random())), base)
  let settings = parents[Math.floor(random() * parents.length)]!
  const changes = 1 + Math.floor(random() * 4)
  for (let c = 0; c < changes; c++) {
    const { path, at, positionOf } = space[Math.floor(random() * space.length)]!
    const position = positionOf(settingAt(settings, path)) + STEP * gaussian(random)
    settings = withSetting(settings, path, at(reflected(position)))
  }
  return settings
}

/** Box & Muller 1958. */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Back into 0–1 from beyond its ends. */
function reflected(position: number): number {
  const folded = Math.abs(position) % 2
  return folded > 1 ? 2 - folded : folded
}

/** What is not as in the base, as `path value`. */
export function changesFrom(base: Settings, settings: Settings, order: OrderOf): string[] {
  return searchSpace(order).flatMap(({ path }) => {
    const value = settingAt(settings, path)
    return value === settingAt(base, path) ? [] : [`${path} ${value}`]
  })
}
