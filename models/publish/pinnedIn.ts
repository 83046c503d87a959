import type { Pins } from '../../shared/bundle/envelope.ts'
import { ForYouError } from '../../shared/domain/errors.ts'

/** Ids of the keys that a built loader pins: the build writes them into it as literals, whatever quotes the minifier prefers. */
export function pinnedIn(loader: string): readonly string[] {
  const found = loader.matchAll(/["'`]?\bkid["'`]?:\s*["'`]([^"'`]{1,64})["'`]/g)
  return [...new Set(Array.from(found, ([, kid]) => kid!))]
}

/** @throws ForYouError `bad_config` where a built loader lacks one of these keys: it was built with others */
export function demandPins(loader: string, pins: Pins): void {
  const kids = pinnedIn(loader)
  const missing = [...pins.release, ...pins.ops].find(
    ({ kid, x, y }) => !(kids.includes(kid) && loader.includes(x) && loader.includes(y)),
  )
  if (!missing) return
  throw new ForYouError(
    'bad_config',
    `The built loader does not pin the key ${missing.kid}: it is of other keys.`,
    {
      hint: 'Run "npm run build" again, with the keys of this environment.',
    },
  )
}
