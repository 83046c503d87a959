import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Manifest } from '../../shared/bundle/manifest.ts'

/** A bundle folder as the build leaves it: `manifest.json`, exactly the text to sign, and `b/<sha256>` blobs. */
export async function tinyBundle(
  dir: string,
  blobs: Record<string, string>,
  changes: Partial<Manifest> = {},
): Promise<string> {
  mkdirSync(join(dir, 'b'), { recursive: true })
  const files: Manifest['files'] = []
  for (const [role, text] of Object.entries(blobs)) {
    const name = await sha256(text)
    writeFileSync(join(dir, 'b', name), text)
    files.push({ role, sha256: name, bytes: Buffer.byteLength(text) })
  }
  const to = 864e6
  const manifest: Manifest = {
    schema: 1,
    kind: 'release',
    site: 'foryou',
    version: to,
    seed: 1,
    floor: 0,
    built: to,
    asOf: to,
    trainedUntil: to,
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
      to,
    },
    forYou: 'popularity',
    profile: { decay: 0.9, historyLength: 50, popularHalfLife: -1, tableWeight: 1 },
    evaluation: null,
    files,
    ...changes,
  }
  const text = JSON.stringify(manifest)
  writeFileSync(join(dir, 'manifest.json'), text)
  return sha256(text)
}
