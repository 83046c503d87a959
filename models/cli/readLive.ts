import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { verify } from '../../shared/bundle/envelope.ts'
import { evaluationOf, parseEvaluatedManifest } from '../../shared/bundle/evaluation.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { type BundleFile, type Head, type Manifest, parseHead } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { EdgeClient } from '../publish/edgeClient.ts'
import { KEY_FILES, readPins } from '../publish/keys.ts'

/** What is live on an edge. */
export interface Live {
  readonly head: Head
  /** With its evaluation, wherever that lies; null where nothing is live. */
  readonly manifest: Manifest | null
}

/** Reads and verifies head and manifest against this project's pins, as the loader built here would. */
export async function readLive(client: EdgeClient, keysDir: string): Promise<Live> {
  if (!existsSync(join(keysDir, KEY_FILES.pins))) {
    throw new ForYouError('bad_config', `There is no ${KEY_FILES.pins} to check signatures with.`, {
      hint: 'Run "foryou keys", or fetch the file from where this edge was set up.',
    })
  }
  const pins = readPins(keysDir)
  const envelope = await client.head()
  if (envelope === null) {
    throw new ForYouError('not_found', `Nothing is live on ${client.endpoint}.`, {
      hint: 'foryou publish DIR, then foryou promote DIR',
    })
  }
  const head = parseHead(await verify('head', envelope, pins))
  if (!head.active) return { head, manifest: null }
  const text = await client.document(head.active.manifest)
  if (text === null)
    throw new ForYouError('not_found', `The live manifest ${head.active.manifest} is not there.`)
  const payload = await verify('manifest', text, pins)
  if ((await sha256(payload)) !== head.active.manifest) {
    throw new ForYouError('hash_mismatch', 'The live manifest is not the one that the head names.')
  }
  const manifest = parseEvaluatedManifest(payload)
  const evaluation = await evaluationOf(manifest, (file) => liveFile(client, file))
  return { head, manifest: { ...manifest, evaluation } }
}

/** @throws ForYouError `not_found` or `hash_mismatch` where the edge does not have what its manifest names */
export async function liveFile(
  client: EdgeClient,
  { role, sha256: name }: BundleFile,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await client.blob(name)
  if (bytes && (await sha256(bytes)) === name) return bytes
  throw new ForYouError(
    bytes ? 'hash_mismatch' : 'not_found',
    `The live ${role} is not what the manifest names.`,
  )
}
