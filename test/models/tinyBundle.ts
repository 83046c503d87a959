import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Manifest } from '../../shared/bundle/manifest.ts'
import { tinyManifest } from '../shared/tinyManifest.ts'

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
  const text = JSON.stringify(tinyManifest({ site: 'foryou', files, ...changes }))
  writeFileSync(join(dir, 'manifest.json'), text)
  return sha256(text)
}
