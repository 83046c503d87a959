import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Pins, SigningKey } from '../../shared/bundle/envelope.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { KEY_FILES, writeKeyFile } from './keyFiles.ts'
import { addEvent, LOADER_DAYS, loadersOut, readHistory, recordShipped, retiredKeys } from './keyHistory.ts'
import {
  activeKeys,
  cutOff,
  dropStep,
  isReady,
  type KeyRing,
  nextStep,
  type Role,
  type Signed,
  type Step,
  signingOrder,
} from './keyRing.ts'
import { deriveEdgeVariables, newKey, publicPart, readOpsKeys, readPins, readReleaseKeys } from './keys.ts'

export interface RotationOptions {
  /** ms since 1970 UTC */
  readonly now: number
  /** Days that a loader lives on after the next one. */
  readonly loaderDays?: number | undefined
  /** What visitors are served now; asked only where it decides. */
  live(): Promise<readonly Signed[]>
}

/** The keys of a role as the files have them. @throws ForYouError `bad_config` */
export function readRing(
  dir: string,
  role: Role,
  { now, loaderDays = LOADER_DAYS }: Omit<RotationOptions, 'live'>,
): KeyRing {
  const events = readHistory(dir)
  return {
    role,
    pinned: readPins(dir)[role].map(({ kid }) => kid),
    held: readHeld(dir, role).map(({ kid }) => kid),
    retired: retiredKeys(events),
    loaders: loadersOut(events, now, loaderDays),
  }
}

/**
 * Takes the next step of a rotation, or says what has to happen first. Repeated until it is through; each step may be
 * interrupted and is finished by the next call.
 * @returns what was done (`make`, `pin`, `drop`) or is to be done by others (`ship`, `wait`, `sign`)
 * @throws ForYouError `bad_config`; `network` where what is live decides and cannot be read; `conflict` where dropping the
 *   old key would leave visitors without one that they trust
 */
export async function rotate(dir: string, role: Role, options: RotationOptions): Promise<Step> {
  const ring = readRing(dir, role, options)
  let step = nextStep(ring, null)
  if (step.do === 'look') step = nextStep(ring, await options.live())
  if (step.do === 'make') await make(dir, role, options)
  if (step.do === 'pin') await pin(dir, role)
  if (step.do === 'drop') {
    refuseCutOff(ring, step.kid)
    await drop(dir, ring, step.kid, options.now)
  }
  return step
}

export interface Revoked {
  readonly role: Role
  /** Whether the pin has gone too; else what is live still needs it. */
  readonly dropped: boolean
  /** What is live and signed by no other key; absent where the edge could not be asked. */
  readonly needed?: readonly string[]
  /** The new key that stands by in its place, where one was made. */
  readonly made?: string
}

/**
 * Takes a key out of use at once, after a leak: it signs no more, and its pin goes as soon as what is live is signed by
 * another one. Repeat it to finish. A missing edge does not hold it up.
 * @param force go on although some loaders out there trust no other key
 * @throws ForYouError `not_found` where the key is not pinned; `conflict` where visitors would be cut off
 */
export async function revoke(
  dir: string,
  kid: string,
  { reason, force = false, ...options }: RotationOptions & { reason?: string | undefined; force?: boolean },
): Promise<Revoked> {
  const role = roleOf(readPins(dir), kid)
  const before = readRing(dir, role, options)
  if (signingOrder(before, kid).length === 0) {
    throw new ForYouError('conflict', `This machine holds no other ${role} key: nothing could be signed.`, {
      hint: `First "foryou keys rotate ${role}", or revoke it where the other keys lie.`,
    })
  }
  if (!force) refuseCutOff(before, kid)
  assumeShipped(dir, options.now)
  if (!before.retired.has(kid)) {
    addEvent(dir, { did: 'retired', at: options.now, kid, ...(reason !== undefined && { reason }) })
  }
  await forget(dir, before, kid)
  const made =
    activeKeys(readRing(dir, role, options)).length < 2 ? await make(dir, role, options) : undefined
  const live = await options.live().catch(() => null)
  const step = dropStep(readRing(dir, role, options), kid, live)
  if (step.do === 'drop') await unpin(dir, role, kid)
  await deriveEdgeVariables(dir)
  return {
    role,
    dropped: step.do === 'drop',
    ...(step.do === 'sign' && { needed: step.what }),
    ...(made !== undefined && { made }),
  }
}

/** A new key, kept first and pinned then: what is interrupted in between shows, and is finished by `pin`. */
async function make(dir: string, role: Role, options: Omit<RotationOptions, 'live'>): Promise<string> {
  assumeShipped(dir, options.now)
  const ring = readRing(dir, role, options)
  const held = readHeld(dir, role)
  const made = await newKey(role)
  const [oldest] = activeKeys(ring)
  // The edge changes at once to the key that stays, if every visitor trusts it; the old one stands by until it goes.
  const stays = ({ kid }: SigningKey) => kid !== oldest && !ring.retired.has(kid) && isReady(ring, kid)
  const successor = role === 'ops' ? held.find(stays) : undefined
  const next = successor ? [successor, ...held.filter((key) => key !== successor)] : held
  writeKeyFile(dir, heldFile(role), [...next, made])
  await pin(dir, role)
  return made.kid
}

async function pin(dir: string, role: Role): Promise<void> {
  const pins = readPins(dir)
  const known = new Set(pins[role].map(({ kid }) => kid))
  const added = readHeld(dir, role).filter(({ kid }) => !known.has(kid))
  writeKeyFile(dir, KEY_FILES.pins, { ...pins, [role]: [...pins[role], ...added.map(publicPart)] })
  await deriveEdgeVariables(dir)
}

async function drop(dir: string, ring: KeyRing, kid: string, now: number): Promise<void> {
  if (!ring.retired.has(kid)) addEvent(dir, { did: 'retired', at: now, kid, reason: 'rotated' })
  await forget(dir, ring, kid)
  await unpin(dir, ring.role, kid)
  await deriveEdgeVariables(dir)
}

/** Takes the private part away, and puts those that stay in the order in which they sign. */
async function forget(dir: string, ring: KeyRing, kid: string): Promise<void> {
  const held = readHeld(dir, ring.role)
  const left = signingOrder(ring, kid).flatMap((name) => held.find((key) => key.kid === name) ?? [])
  writeKeyFile(dir, heldFile(ring.role), left)
}

async function unpin(dir: string, role: Role, kid: string): Promise<void> {
  const pins = readPins(dir)
  writeKeyFile(dir, KEY_FILES.pins, { ...pins, [role]: pins[role].filter((key) => key.kid !== kid) })
}

/** A project that has never recorded a loader may have one out all the same: the one with the pins so far. */
function assumeShipped(dir: string, now: number): void {
  if (!existsSync(join(dir, KEY_FILES.history))) recordShipped(dir, readPins(dir), now)
}

/** @throws ForYouError `conflict` where some loaders out there trust none of the keys that would sign */
function refuseCutOff(ring: KeyRing, kid: string): void {
  const order = signingOrder(ring, kid)
  const cut = cutOff(ring, ring.role === 'ops' ? order.slice(0, 1) : order)
  if (cut.length === 0) return
  const ends = cut.map(({ until }) => until ?? Number.POSITIVE_INFINITY)
  const until = Math.max(...ends)
  throw new ForYouError(
    'conflict',
    `Visitors who have the loader of ${new Date(cut[0]!.at).toISOString().slice(0, 10)} trust only ${kid} of the keys here: they would get nothing new.`,
    {
      hint: Number.isFinite(until)
        ? `Wait until ${new Date(until).toISOString().slice(0, 10)}. After a leak, --cut-off goes on all the same.`
        : 'Ship a loader that pins the others first: npm run deploy. After a leak, --cut-off goes on all the same.',
    },
  )
}

function roleOf(pins: Pins, kid: string): Role {
  const role = (['release', 'ops'] as const).find((name) => pins[name].some((key) => key.kid === kid))
  if (role) return role
  throw new ForYouError('not_found', `No key "${kid}" is pinned here.`, { hint: '"foryou keys" lists them.' })
}

const heldFile = (role: Role) => (role === 'release' ? KEY_FILES.release : KEY_FILES.ops)
const readHeld = (dir: string, role: Role): readonly SigningKey[] =>
  role === 'release' ? readReleaseKeys(dir) : readOpsKeys(dir)
