import { type Context, type Pins, verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { type Head, type Manifest, parseHead, parseManifest } from '../../shared/bundle/manifest.ts'
import { type Bundle, openBundle } from '../../shared/bundle/openBundle.ts'
import { type Overlay, parseOverlay } from '../../shared/bundle/overlay.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { RulesDocument } from '../../shared/domain/rules.ts'
import { type ContentEncoder, parseEncoder } from '../train/contentEncoder.ts'
import type { EdgeClient } from './edgeClient.ts'
import { liveRules } from './liveRules.ts'

/** The items that visitors get at the moment: the live bundle's, and what an overlay says of them. */
export interface LiveItems {
  readonly head: Head
  readonly manifest: Manifest
  /** Catalogue, content, popularity and details of the live bundle, nothing laid over them. */
  readonly bundle: Bundle
  /** `null` where the head names none. */
  readonly overlay: Overlay | null
  /** Bytes of its signed document, 0 without one. */
  readonly overlayBytes: number
  /** Weighs the content of further items; `null` in bundles without one. */
  encoder(): Promise<ContentEncoder | null>
  /** The site's rules, `null` without any. @throws ForYouError where they are not what the head names */
  rules(): Promise<RulesDocument | null>
}

/** Files that say what there is; those that only rank are left where they are. */
const NEEDED = /^((catalogue|content|details)\/|popularity$|delta(\.popularity)?$)/
const PARALLEL = 4

/**
 * Reads what is live, each part verified against the pins as a visitor would.
 * @param kept blobs that were fetched before, by hash; what is fetched now is added
 * @param needed roles of the files that are fetched
 * @throws ForYouError `not_found` where nothing is live, `sign_error`, `hash_mismatch`
 */
export async function readLiveItems(
  client: EdgeClient,
  pins: Pins,
  kept = new Map<string, ArrayBuffer>(),
  needed = NEEDED,
): Promise<LiveItems> {
  const envelope = await client.head()
  const head = envelope === null ? null : parseHead(await verify('head', envelope, pins))
  if (!head?.active) {
    throw new ForYouError('not_found', `Nothing is live on ${client.endpoint}.`, {
      hint: 'foryou publish DIR, then foryou promote DIR',
    })
  }
  const manifest = parseManifest((await document(client, 'manifest', head.active.manifest, pins)).payload)
  const said = head.overlay ? await document(client, 'overlay', head.overlay, pins) : null
  const wanted = manifest.files.filter(({ role }) => needed.test(role))
  const blobs = new Map<string, ArrayBuffer>()
  for (let from = 0; from < wanted.length; from += PARALLEL) {
    const some = wanted.slice(from, from + PARALLEL)
    const bytes = await Promise.all(some.map((file) => blob(client, file.sha256, kept)))
    for (const [i, { role }] of some.entries()) blobs.set(role, bytes[i]!)
  }
  return {
    head,
    manifest,
    overlay: said && parseOverlay(said.payload),
    overlayBytes: said?.bytes ?? 0,
    // As if these were all its files: what is appended to a base waits for every file that ranks.
    bundle: openBundle({ ...manifest, files: wanted }, head.active.manifest, blobs),
    rules: () => liveRules(client, head),
    async encoder() {
      const file = manifest.files.find(({ role }) => role === 'encoder')
      return file ? parseEncoder(new TextDecoder().decode(await blob(client, file.sha256, kept))) : null
    },
  }
}

async function document(client: EdgeClient, context: Context, name: string, pins: Pins) {
  const envelope = await client.document(name)
  if (envelope === null) throw new ForYouError('not_found', `The live ${context} ${name} is not there.`)
  const payload = await verify(context, envelope, pins)
  if ((await sha256(payload)) === name) return { payload, bytes: Buffer.byteLength(envelope) }
  throw new ForYouError('hash_mismatch', `The live ${context} is not the one that was named.`)
}

async function blob(client: EdgeClient, name: string, kept: Map<string, ArrayBuffer>): Promise<ArrayBuffer> {
  const known = kept.get(name)
  if (known) return known
  const bytes = await client.blob(name)
  if (bytes === null) throw new ForYouError('not_found', `Blob ${name} of the live bundle is not there.`)
  if ((await sha256(bytes)) !== name) {
    throw new ForYouError('hash_mismatch', `Blob ${name} of the live bundle is damaged.`)
  }
  const own = Uint8Array.from(bytes).buffer // a Buffer is a part of a larger one
  kept.set(name, own)
  return own
}
