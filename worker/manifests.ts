import { type Pins, verify } from '../shared/bundle/envelope.ts'
import { parseEvaluatedManifest } from '../shared/bundle/evaluation.ts'
import { sha256 } from '../shared/bundle/hash.ts'
import { MAX_BUNDLE_BYTES } from '../shared/bundle/limits.ts'
import type { Manifest } from '../shared/bundle/manifest.ts'
import { ForYouError } from '../shared/domain/errors.ts'
import type { Store } from './store.ts'

export interface ManifestRules {
  readonly site: string
  readonly pins: Pins
}

/** Files whose presence one request can check: the platform allows 1,000 look-ups, some are needed elsewhere. */
const MAX_CHECKED_FILES = 900
const LISTED = 8

/**
 * Everything that must hold before a manifest is stored or goes live: signed by a pinned release key, named by the hash
 * of its payload, of this site, a release, and complete.
 * @throws ForYouError `sign_error`, `hash_mismatch`, `parse_error`, `wrong_site`, `too_large`, or `conflict` listing
 *   the blobs that are missing
 */
export async function checkManifest(
  store: Pick<Store, 'sizes'>,
  { site, pins }: ManifestRules,
  name: string,
  envelope: string,
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
  await checkFiles(store, manifest)
  return manifest
}

async function checkFiles(store: Pick<Store, 'sizes'>, { files }: Manifest): Promise<void> {
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
  const sizes = await store.sizes(names)
  const wrong = files.filter((file) => sizes.get(file.sha256) !== file.bytes)
  if (wrong.length === 0) return
  const listed = wrong.slice(0, LISTED).map(({ role, sha256, bytes }) => {
    const size = sizes.get(sha256)
    return `${role} (${sha256}, ${size === undefined ? 'missing' : `${size} instead of ${bytes} bytes`})`
  })
  const more = wrong.length > LISTED ? ` and ${wrong.length - LISTED} more` : ''
  throw new ForYouError('conflict', `The bundle is not complete: ${listed.join(', ')}${more}.`, {
    hint: 'Publish again: what is missing is uploaded, what is there is left alone.',
  })
}
