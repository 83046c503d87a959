import type { Manifest } from '../../shared/bundle/manifest.ts'

const TEN_DAYS = 10 * 86_400_000

/** A valid release manifest of next to nothing. */
export function tinyManifest(changes: Partial<Manifest> = {}): Manifest {
  return {
    schema: 1,
    kind: 'release',
    site: 'films',
    version: TEN_DAYS,
    seed: 1,
    floor: 0,
    built: TEN_DAYS,
    asOf: TEN_DAYS,
    trainedUntil: TEN_DAYS,
    clock: 'archive',
    origins: [],
    minLoader: 1,
    featureSchema: '0'.repeat(64),
    data: {
      name: 'tiny',
      fingerprint: '1'.repeat(64),
      synthetic: true,
      interactions: 3,
      users: 2,
      items: 2,
      from: 0,
      to: TEN_DAYS,
    },
    forYou: 'popularity',
    profile: { decay: 0.9, historyLength: 50, popularHalfLife: -1, tableWeight: 1 },
    evaluation: null,
    files: [],
    ...changes,
  }
}
