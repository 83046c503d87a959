import type { Loader } from './keyHistory.ts'

export type Role = 'release' | 'ops'

/** The keys of one role, by id, and who trusts them. */
export interface KeyRing {
  readonly role: Role
  /** Pinned by the loader that is built here; the oldest first. */
  readonly pinned: readonly string[]
  /** Private parts on this machine: all release keys sign, of the ops keys the first. */
  readonly held: readonly string[]
  /** Sign no more; those still pinned wait for what is live to be signed without them. */
  readonly retired: ReadonlySet<string>
  /** Loaders that visitors may have, the latest last. */
  readonly loaders: readonly Loader[]
}

/** Those that count in future. */
export function activeKeys({ pinned, retired }: KeyRing): string[] {
  return pinned.filter((kid) => !retired.has(kid))
}

/** Whether every loader out there pins the key, so that it alone would be enough for every visitor. */
export function isReady({ role, loaders }: KeyRing, kid: string): boolean {
  return loaders.every((loader) => loader[role].includes(kid))
}

/** Loaders out there that trust none of these keys: their visitors would get nothing new. */
export function cutOff({ role, loaders }: KeyRing, kids: readonly string[]): Loader[] {
  return loaders.filter((loader) => !kids.some((kid) => loader[role].includes(kid)))
}

/**
 * The order in which this machine's keys sign without one of them: for ops the first signs, so the oldest one comes first
 * that every loader trusts.
 * @param without the key that is to go
 */
export function signingOrder(ring: KeyRing, without: string): string[] {
  const left = activeKeys(ring).filter((kid) => kid !== without && ring.held.includes(kid))
  if (ring.role === 'release') return left
  const first = left.find((kid) => isReady(ring, kid))
  return first === undefined ? left : [first, ...left.filter((kid) => kid !== first)]
}

/** The next step of a rotation, which replaces the oldest key of a role by a new one. */
export type Step =
  /** Make a key and pin it beside the others. */
  | { readonly do: 'make'; readonly oldest: string }
  /** A key was made and not pinned yet: an interruption. */
  | { readonly do: 'pin'; readonly kid: string }
  /** Ship a loader that pins what is pinned here. */
  | { readonly do: 'ship' }
  /** Wait until the last visitor has a loader that pins the newest key, ms since 1970 UTC. */
  | { readonly do: 'wait'; readonly until: number; readonly kid: string }
  /** Look at what is live: without that nothing may be dropped. */
  | { readonly do: 'look'; readonly kid: string }
  /** Sign what is live by keys that stay. */
  | { readonly do: 'sign'; readonly kid: string; readonly what: readonly string[] }
  /** Take the key out of signing and pins. */
  | { readonly do: 'drop'; readonly kid: string }

/** Something that visitors are served now, and the keys whose signatures of it are good. */
export interface Signed {
  /** In words: `the head`, `the manifest …`. */
  readonly what: string
  readonly role: Role
  readonly kids: readonly string[]
}

/**
 * What comes next in the rotation of a role. Everything is read from the files and from what is live; nothing remembers
 * "where we are". The order keeps every visitor updating (trust §4a): pin, ship, wait, sign without the old key, drop it.
 * @param live what visitors are served, `null` where it is not known
 */
export function nextStep(ring: KeyRing, live: readonly Signed[] | null): Step {
  const { role, pinned, held, loaders } = ring
  const unpinned = held.find((kid) => !pinned.includes(kid))
  if (unpinned !== undefined) return { do: 'pin', kid: unpinned }
  const leaving = pinned.find((kid) => ring.retired.has(kid))
  if (leaving !== undefined) return dropStep(ring, leaving, live)
  const active = activeKeys(ring)
  const [oldest, newest] = [active[0]!, active.at(-1)!]
  const latest = loaders.at(-1)
  const shipped = latest !== undefined && pinned.every((kid) => latest[role].includes(kid))
  const exact = shipped && latest[role].length === pinned.length
  if (active.length <= 2) return latest && !exact ? { do: 'ship' } : { do: 'make', oldest }
  if (!shipped) return { do: 'ship' }
  const until = Math.max(
    0,
    ...loaders.filter((loader) => !loader[role].includes(newest)).map((loader) => loader.until ?? 0),
  )
  return until > 0 ? { do: 'wait', until, kid: newest } : dropStep(ring, oldest, live)
}

/** Dropped may be what nothing live needs: the next loader has to accept all of it by the other keys. */
export function dropStep(ring: KeyRing, kid: string, live: readonly Signed[] | null): Step {
  if (live === null) return { do: 'look', kid }
  const what = neededFor(ring, kid, live)
  return what.length > 0 ? { do: 'sign', kid, what } : { do: 'drop', kid }
}

/** What is live and would be refused by a loader that pins all keys but this one. */
export function neededFor(ring: KeyRing, kid: string, live: readonly Signed[]): string[] {
  const stay = activeKeys(ring).filter((known) => known !== kid)
  return live
    .filter(({ role, kids }) => role === ring.role && !kids.some((known) => stay.includes(known)))
    .map(({ what }) => what)
}
