import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SigningKey } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { BundleFile } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { keptBrotli } from './brotli.ts'
import type { EdgeClient } from './edgeClient.ts'
import { gatedManifest, type PublisherChoices } from './gatedManifest.ts'
import { signManifest } from './signManifest.ts'

export interface PublishOptions extends PublisherChoices {
  readonly releaseKeys: readonly SigningKey[]
  /** Progress for a person, one line at a time. */
  note?(line: string): void
}

export interface Published {
  /** Name of the manifest: SHA-256 of its payload. */
  readonly manifest: string
  readonly blobs: number
  readonly uploaded: number
  /** Brotli bytes of what was uploaded. */
  readonly wireBytes: number
  /** `name@version` of what its ranker reads. */
  readonly features: readonly string[]
}

/** Blobs on their way at once: enough to hide compression behind transfer, few enough to keep memory low. */
const PARALLEL = 3

/**
 * Publishes a bundle folder: what the edge lacks is compressed and uploaded, then the signed manifest. Nothing goes live;
 * running it again after a failure, or after a small change, uploads only what is missing.
 * @param dir with `manifest.json`, the exact text to sign, and `b/<sha256>` blobs; `.br` bodies are kept beside them
 * @throws ForYouError `not_found` or `hash_mismatch` for a damaged folder, and what the edge refuses;
 *   `gate` where the gate refused it and no reason is given
 */
export async function publishBundle(
  dir: string,
  client: EdgeClient,
  { releaseKeys, note, ...choices }: PublishOptions,
): Promise<Published> {
  const { name, payload, manifest } = await gatedManifest(dir, choices)
  if (manifest.kind !== 'release') {
    throw new ForYouError(
      'bad_usage',
      `${dir} is an evaluation bundle: it is for measuring, not for visitors.`,
      {
        hint: 'Publish the release folder that lies beside it.',
      },
    )
  }
  const envelope = await signManifest(payload, releaseKeys)
  const files = [...new Map(manifest.files.map((file) => [file.sha256, file])).values()]
  const missing = new Set(await client.missing(files.map((file) => file.sha256)))
  const queue = files.filter((file) => missing.has(file.sha256))
  const waiting = queue.values()
  let wireBytes = 0
  const work = async () => {
    for (const file of waiting) {
      const wire = await publishBlob(dir, client, file)
      wireBytes += wire
      note?.(`${file.role}: ${file.bytes} bytes, ${wire} over the wire`)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  await client.putDocument(name, 'manifest', envelope)
  const { features = [] } = manifest
  return { manifest: name, blobs: files.length, uploaded: queue.length, wireBytes, features }
}

/** Brotli first: once the identity is there, the edge counts the blob as complete. */
async function publishBlob(
  dir: string,
  client: EdgeClient,
  { role, sha256: name, bytes }: BundleFile,
): Promise<number> {
  const path = join(dir, 'b', name)
  const blob = readFile(path, 'The bundle is not complete: build it again.')
  const hash = await sha256(blob)
  if (hash !== name || blob.length !== bytes) {
    throw new ForYouError(
      'hash_mismatch',
      `${path} (${role}) is damaged: it has ${blob.length} bytes and hash ${hash}.`,
      {
        hint: 'Build the bundle again.',
      },
    )
  }
  const body = await keptBrotli(`${path}.br`, blob, name)
  await client.putBlob(name, 'br', body)
  await client.putBlob(name, 'identity', blob)
  return body.length
}

function readFile(path: string, hint: string): Buffer<ArrayBuffer> {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new ForYouError('not_found', `${path} cannot be read.`, { cause, hint })
  }
}
