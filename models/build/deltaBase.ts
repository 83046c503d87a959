import { DELTA, isDelta } from '../../shared/bundle/deltaFile.ts'
import { EVALUATION } from '../../shared/bundle/evaluation.ts'
import type { Manifest } from '../../shared/bundle/manifest.ts'
import { type Bundle, openBundle } from '../../shared/bundle/openBundle.ts'
import { type BuiltBundle, open } from './builtBundle.ts'

/** What deltas are made on: a whole training, found in its own folder or in that of a delta on it. */
export interface DeltaBase {
  /** Of the folder's bundle: site, profile and evaluation are the base's. */
  readonly manifest: Manifest
  /** Of the base itself. */
  readonly hash: string
  /** Moment that the base was trained until, ms since 1970 UTC. */
  readonly built: number
  /** The base's own files: role → bytes. */
  readonly blobs: ReadonlyMap<string, ArrayBuffer>
  readonly bundle: Bundle
  /** Items that a delta in the folder has appended, in their order, and its file; empty where the folder holds the base. */
  readonly appended: readonly string[]
  readonly items: ArrayBuffer | undefined
}

/** Files that every release makes anew. */
const REMADE = [EVALUATION, 'popular.json', 'popular.html']

export function deltaBase(built: BuiltBundle): DeltaBase {
  const { manifest, hash } = built
  const blobs = new Map([...built.blobs].filter(([role]) => !isDelta(role) && !REMADE.includes(role)))
  const bundle = openBundle(manifest, '', blobs)
  return {
    manifest,
    hash: manifest.base?.manifest ?? hash,
    built: manifest.base?.built ?? manifest.built,
    blobs,
    bundle,
    appended: open(built).ids.slice(bundle.items),
    items: built.blobs.get(DELTA.items),
  }
}
