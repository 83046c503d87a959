import { type Pins, verify } from '../bundle/envelope.ts'
import { parseEvaluatedManifest } from '../bundle/evaluation.ts'
import { sha256 } from '../bundle/hash.ts'
import { MAX_BUNDLE_BYTES } from '../bundle/limits.ts'
import type { Manifest } from '../bundle/manifest.ts'
import { DAY_MS } from '../domain/clock.ts'
import { ForYouError } from '../domain/errors.ts'
import type { DeliveryStore } from './deliveryStore.ts'

export interface ManifestRules {
  readonly site: string
  readonly pins: Pins
}

/** Files whose presence one request can check: the platform allows 1,000 look-ups, some are needed elsewhere. */
const MAX_CHECKED_FILES = 900
const LISTED = 8
/** What is not named by a head of the last 30 days or 10 versions is collected after this age (trust P6). */
export const KEPT_MS = 30 * DAY_MS
/** What is published anew must be younger than this, so that none of it can be collected before it goes live. */
export const FRESH_MS = KEPT_MS - DAY_MS

/**
 * Everything that must hold before a manifest is stored or goes live: signed by a pinned release key, named by the hash
 * of its payload, of this site, a release, and complete.
 * @param freshSince ms since 1970 UTC: blobs stored before count as missing
 * @throws ForYouError `sign_error`, `hash_mismatch`, `parse_error`, `wrong_site`, `too_large`, or `conflict` listing
 *   the blobs that are missing
 */
export async function checkManifest(
  store: Pick<DeliveryStore, 'blobs'>,
  { site, pins }: ManifestRules,
  name: string,
  envelope: string,
  freshSince = 0,
): Promise<Manifest> {
  const payload = await verify('manifest', envelope, pins)
  const hash = await sha256(payload)
  if (hash !== name) {
    throw new ForYouError('hash_mismatch', `The manifest sent as ${name} has the hash ${hash}.`)
  }
  const manifest = parseEvaluatedManifest(payload)
  if (manifest.site !== site) {
    throw new ForYouError(
      'wrong_site',
      `The manifest is for site "${manifest.site}"; this edge serves "${site}".`,
      {
        hint: 'Set SITE in wrangler.toml and the "site" of the bundle to the same name.',
      },
    )
  }
  if (manifest.kind !== 'release') {
    throw new ForYouError(
      'bad_data',
      'An evaluation bundle is for measuring; only a release bundle can be published.',
    )
  }
  await checkFiles(store, manifest, freshSince)
  return manifest
}

async function checkFiles(
  store: Pick<DeliveryStore, 'blobs'>,
  { files }: Manifest,
  freshSince: number,
): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total > MAX_BUNDLE_BYTES) {
    throw new ForYouError('too_large', `The bundle has ${total} bytes; ${MAX_BUNDLE_BYTES} are allowed.`)
  }
  const names = [...new Set(files.map((file) => file.sha256))]
  if (names.length > MAX_CHECKED_FILES) {
    throw new ForYouError(
      'too_large',
      `The bundle has ${names.length} blobs; ${MAX_CHECKED_FILES} are allowed.`,
    )
  }
  const stored = await store.blobs(names)
  const wrong = files.filter((file) => {
    const blob = stored.get(file.sha256)
    return blob?.bytes !== file.bytes || blob.uploaded < freshSince
  })
  if (wrong.length === 0) return
  const listed = wrong.slice(0, LISTED).map(({ role, sha256, bytes }) => {
    const size = stored.get(sha256)?.bytes
    const state =
      size === undefined ? 'missing' : size === bytes ? 'too old' : `${size} instead of ${bytes} bytes`
    return `${role} (${sha256}, ${state})`
  })
  const more = wrong.length > LISTED ? ` and ${wrong.length - LISTED} more` : ''
  throw new ForYouError('conflict', `The bundle is not complete: ${listed.join(', ')}${more}.`, {
    hint: 'Publish again: what is missing is uploaded, what is there is left alone.',
  })
}
