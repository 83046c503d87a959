import { ForYouError } from '../../shared/domain/errors.ts'
import { DrillSite } from './drillSite.ts'
import { LOADER_DAYS } from './keyHistory.ts'
import type { Role, Step } from './keyRing.ts'
import { ensureKeys, readOpsKeys, readPins, readReleaseKeys } from './keys.ts'
import { type Revoked, revoke, rotate } from './rotateKeys.ts'

export type { DrillRow } from './drillSite.ts'

/** More steps than any rotation has. */
const MAX_STEPS = 12
/** Two loaders, two days of nights apart, as a site has them. */
const NIGHTS_BEFORE = 2

export interface DrillOptions {
  /** An empty folder; keys of the rehearsal's own are made in it. */
  readonly dir: string
  /** When it begins, ms since 1970 UTC. */
  readonly now: number
  readonly loaderDays?: number | undefined
}

/**
 * Rehearses a rotation by the very code that rotates real keys: on keys made for it, with a real (folder) edge, nightly
 * releases, and a visitor of every loader that is still out there.
 * @returns what every visitor said at every moment
 */
export async function rehearseRotation(role: Role, options: DrillOptions) {
  const site = await newSite(options)
  const [oldest] = readPins(site.keys)[role]
  for (let i = 0; i < MAX_STEPS; i++) {
    const step = await rotate(site.keys, role, site.options)
    await site.look(`keys rotate ${role}: ${toldOf(step)}`)
    if (step.do === 'wait') await site.waitUntil(step.until)
    else await shipped(site)
    if (step.do === 'drop') return finish(site, role, oldest!.kid)
  }
  throw new ForYouError('internal', `The rotation of ${role} keys does not end.`)
}

/** Rehearses what comes after a leak of the key that signs. */
export async function rehearseLeak(role: Role, options: DrillOptions) {
  const site = await newSite(options)
  const leaked = (role === 'ops' ? readOpsKeys : readReleaseKeys)(site.keys)[0]!.kid
  await site.change('kill', { on: true })
  await site.look('kill: personal slates are off')
  let done: Revoked = await revoke(site.keys, leaked, site.options)
  await site.look('keys revoke')
  await shipped(site)
  if (!done.dropped) {
    await site.change('refresh', {})
    await site.look('refresh: the head is signed by the other key')
    done = await revoke(site.keys, leaked, site.options)
    await site.look('keys revoke, again')
    await shipped(site)
  }
  await finish(site, role, leaked)
  await site.change('kill', { on: false })
  await site.look('kill --off')
  return { rows: site.rows, gone: leaked, pinned: readPins(site.keys)[role].map(({ kid }) => kid) }
}

async function newSite({ dir, now, loaderDays = LOADER_DAYS }: DrillOptions): Promise<DrillSite> {
  await ensureKeys(dir)
  const site = new DrillSite(dir, now, loaderDays)
  site.deploy()
  await site.nightly()
  await site.look('deploy and first release')
  await site.waitUntil(now + NIGHTS_BEFORE * 86_400_000)
  return site
}

async function shipped(site: DrillSite): Promise<void> {
  site.deploy()
  await site.look('deploy')
  await site.nightly()
  await site.look('publish and promote')
}

async function finish(site: DrillSite, role: Role, gone: string) {
  await site.nightly('now')
  await site.look('publish --floor now and promote')
  return { rows: site.rows, gone, pinned: readPins(site.keys)[role].map(({ kid }) => kid) }
}

function toldOf(step: Step): string {
  switch (step.do) {
    case 'make':
    case 'pin':
      return 'a new key is pinned'
    case 'ship':
      return 'ship first'
    case 'wait':
      return 'wait for old loaders'
    case 'sign':
    case 'look':
      return 'sign by keys that stay first'
    case 'drop':
      return 'the oldest key is dropped'
  }
}
