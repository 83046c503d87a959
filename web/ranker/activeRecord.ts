import type { Manifest } from '../../shared/bundle/manifest.ts'
import type { Active, Installed } from './bundleStore.ts'
import type { CheckedHead } from './headCheck.ts'

/** What is being installed. */
export interface Target {
  readonly manifest: Manifest
  readonly envelope: string
  readonly hash: string
  readonly canary: boolean
}

/** The record once `present` files of the target are in the store; what was in force until now is kept beside it. */
export function installed(
  { manifest, envelope, hash }: Target,
  present: number,
  active: Active | null,
): Active {
  const previous: Installed | null =
    active && active.manifest !== hash
      ? { manifest: active.manifest, envelope: active.envelope, present: active.present }
      : (active?.previous ?? null)
  return {
    seqs: [],
    floor: 0,
    expires: 0,
    kill: false,
    ...active,
    manifest: hash,
    envelope,
    present,
    previous,
    site: manifest.site,
    refused: null,
  }
}

/**
 * The record after a head has been verified, whatever becomes of its bundle: the highest seq of each key that signed it, its
 * kill switch, and when it was first seen.
 */
export function seen(active: Active, { head, scopes, moment, now }: CheckedHead): Active {
  const scope = scopes[0]!
  const isNew = seqOf(active, scope) !== head.seq
  return {
    ...active,
    seqs: [
      ...active.seqs.filter(([name]) => !scopes.includes(name)),
      ...scopes.map((name): [string, number] => [name, head.seq]),
    ],
    // A stolen key must not be able to date its heads beyond those of the key that replaces it.
    issued: Math.max(active.issued ?? 0, Math.min(head.issued, moment)),
    since: isNew ? now : (active.since ?? now),
    kill: head.kill ?? false,
  }
}

/** The record after the bundle of a head has come into use, or was found to be in use. */
export function followed(active: Active, checked: CheckedHead, target: Target): Active {
  const { head, moment, now } = checked
  return {
    ...seen(floored(active, target), checked),
    // By the device's own clock, which later moments are read from.
    expires: head.expires - moment + now,
    canary: target.canary ? target.hash : null,
  }
}

/** A canary may be withdrawn; its floor would bar the way back. */
export function floored(active: Active, { manifest, canary }: Target): Active {
  return canary ? active : { ...active, floor: Math.max(active.floor, manifest.floor) }
}

export function seqOf(active: Active | null, scope: string): number | undefined {
  return active?.seqs.find(([name]) => name === scope)?.[1]
}
