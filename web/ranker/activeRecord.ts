import type { Manifest } from '../../shared/bundle/manifest.ts'
import type { Active, Installed } from './bundleStore.ts'
import type { CheckedHead } from './headCheck.ts'

/** What is being installed. */
export interface Target {
  readonly manifest: Manifest
  readonly envelope: string
  readonly hash: string
}

/** The record once `present` files of the target are in the store; what was in force until now is kept beside it. */
export function record({ manifest, envelope, hash }: Target, present: number, active: Active | null): Active {
  const previous: Installed | null =
    active && active.manifest !== hash
      ? { manifest: active.manifest, envelope: active.envelope, present: active.present }
      : (active?.previous ?? null)
  return {
    manifest: hash,
    envelope,
    present,
    previous,
    site: manifest.site,
    seqs: active?.seqs ?? [],
    floor: active?.floor ?? 0,
    expires: 0,
    kill: false,
    refused: active?.refused ?? null,
  }
}

/** The record after a head has been seen: highest seq of its scope, its expiry, the highest floor. */
export function seen(active: Active, { head, scope }: CheckedHead, floor = 0): Active {
  return {
    ...active,
    seqs: [...active.seqs.filter(([name]) => name !== scope), [scope, head.seq]],
    expires: head.expires,
    kill: head.kill ?? false,
    floor: Math.max(active.floor, floor),
  }
}
