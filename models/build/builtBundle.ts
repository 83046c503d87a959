import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { evaluationOf, parseEvaluatedManifest } from '../../shared/bundle/evaluation.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Manifest } from '../../shared/bundle/manifest.ts'
import { type Bundle, openBundle } from '../../shared/bundle/openBundle.ts'
import { ForYouError } from '../../shared/domain/errors.ts'

/** A bundle as it is built: the exact text that will be signed, and the bytes of every role. */
export interface BuiltBundle {
  readonly manifest: Manifest
  /** JSON of the manifest: its SHA-256 is the bundle's name. */
  readonly payload: string
  readonly hash: string
  readonly blobs: ReadonlyMap<string, ArrayBuffer>
}

export async function builtBundle(
  manifest: Manifest,
  blobs: ReadonlyMap<string, ArrayBuffer>,
): Promise<BuiltBundle> {
  const payload = JSON.stringify(manifest)
  return { manifest, payload, hash: await sha256(payload), blobs }
}

export function open({ manifest, hash, blobs }: BuiltBundle): Bundle {
  return openBundle(manifest, hash, blobs)
}

/**
 * Writes `manifest.json` and `b/<sha256>` into a folder, in place of an earlier bundle.
 * @throws ForYouError `bad_usage` where the folder holds something else
 */
export async function writeBundle(bundle: BuiltBundle, folder: string): Promise<void> {
  const there = await readdir(folder).catch((): string[] => [])
  if (there.length > 0 && !there.includes('manifest.json')) {
    throw new ForYouError('bad_usage', `${folder} holds something that is no bundle; it would be lost.`, {
      hint: 'Name another folder with --out.',
    })
  }
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, 'b'), { recursive: true })
  for (const { role, sha256: name } of bundle.manifest.files) {
    await writeFile(join(folder, 'b', name), new Uint8Array(bundle.blobs.get(role)!))
  }
  await writeFile(join(folder, 'manifest.json'), bundle.payload)
}

/**
 * Reads a bundle folder back and checks every hash. Its manifest has the evaluation, wherever that lay.
 * @throws ForYouError `not_found`, `parse_error` or `hash_mismatch`
 */
export async function readBundle(folder: string): Promise<BuiltBundle> {
  let payload: string
  try {
    payload = await readFile(join(folder, 'manifest.json'), 'utf8')
  } catch (cause) {
    const hint =
      'Make one with: foryou train --data NAME --out DIR (then give DIR/evaluation or DIR/release).'
    throw new ForYouError('not_found', `${folder} holds no bundle (no manifest.json).`, { cause, hint })
  }
  const manifest = parseEvaluatedManifest(payload)
  const blobs = new Map<string, ArrayBuffer>()
  for (const { role, sha256: name } of manifest.files) {
    const bytes = Uint8Array.from(await readBlob(folder, name))
    if ((await sha256(bytes)) !== name)
      throw new ForYouError('hash_mismatch', `${folder}/b/${name} is damaged.`)
    blobs.set(role, bytes.buffer)
  }
  const evaluation = await evaluationOf(manifest, ({ role }) => blobs.get(role)!)
  return { manifest: { ...manifest, evaluation }, payload, hash: await sha256(payload), blobs }
}

async function readBlob(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, 'b', name))
  } catch (cause) {
    throw new ForYouError('not_found', `${folder}/b/${name} is missing: the bundle is not whole.`, { cause })
  }
}
