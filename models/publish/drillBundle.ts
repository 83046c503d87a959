import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Manifest } from '../../shared/bundle/manifest.ts'

/** A release with nothing to recommend, for rehearsals: all of its signatures, versions and floors are real. */
export async function drillBundle(dir: string, version: number): Promise<void> {
  const text = `released at ${version}`
  const name = await sha256(text)
  mkdirSync(join(dir, 'b'), { recursive: true })
  writeFileSync(join(dir, 'b', name), text)
  const none = '0'.repeat(64)
  const manifest: Manifest = {
    schema: 1,
    kind: 'release',
    site: 'drill',
    version,
    seed: 1,
    floor: 0,
    built: version,
    asOf: version,
    trainedUntil: version,
    clock: 'live',
    origins: [],
    minLoader: 1,
    featureSchema: none,
    data: {
      name: 'drill',
      fingerprint: none,
      synthetic: true,
      interactions: 0,
      users: 0,
      items: 0,
      from: 0,
      to: 0,
    },
    forYou: 'popularity',
    profile: { decay: 1, historyLength: 1, popularHalfLife: -1, tableWeight: 0 },
    evaluation: null,
    files: [{ role: 'popularity', sha256: name, bytes: text.length }],
  }
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(manifest))
}
