import { type Context, type Pins, verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { MAX_BUNDLE_BYTES, MAX_MANIFEST_BYTES } from '../../shared/bundle/limits.ts'
import { type Manifest, parseManifest } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { publicRoutes } from '../../shared/domain/routes.ts'
import { lackedFeature } from '../../shared/features/featureSchema.ts'
import type { Active } from './bundleStore.ts'
import { downloadChecked } from './download.ts'
import type { CheckedHead } from './headCheck.ts'
import type { Platform } from './platform.ts'

/** The contract version of this code; a manifest may ask for a newer one. */
const LOADER_VERSION = 1

export interface DocumentSource {
  readonly platform: Pick<Platform, 'now' | 'random' | 'pause' | 'fetch' | 'online'>
  readonly endpoint: string
  readonly pins: Pins
}

/** What a head says of a manifest, the active one or a canary's. */
export interface LiveManifest {
  readonly manifest: string
  readonly notAfter?: number | undefined
}

/**
 * The manifest that a head names, kept or fetched, with everything checked that decides whether it may be installed.
 * @throws ForYouError `expired`, `wrong_site`, `rollback_refused`, `bundle_version`, `bundle_value` or as `openManifest`
 */
export async function liveManifest(
  source: DocumentSource,
  active: Active | null,
  { manifest: hash, notAfter = Number.POSITIVE_INFINITY }: LiveManifest,
  { head, moment }: CheckedHead,
): Promise<{ manifest: Manifest; envelope: string }> {
  if (notAfter < moment) throw new ForYouError('expired', 'The live bundle is past its last day.')
  // What is kept may have been tampered with; it then comes anew.
  let envelope = active?.manifest === hash ? active.envelope : ''
  let manifest = await openManifest(envelope, hash, source.pins).catch(() => null)
  if (!manifest) {
    envelope = await fetchDocument(source, 'manifest', hash, MAX_MANIFEST_BYTES)
    manifest = await openManifest(envelope, hash, source.pins)
  }
  if (manifest.site !== head.site) {
    throw new ForYouError('wrong_site', `The manifest is of site "${manifest.site}", not "${head.site}".`)
  }
  if (manifest.kind !== 'release') throw new ForYouError('bundle_value', 'The bundle is not a release.')
  if (manifest.minLoader > LOADER_VERSION) {
    throw new ForYouError('bundle_version', `The bundle needs loader ${manifest.minLoader}.`)
  }
  const lacked = lackedFeature(manifest.features ?? [])
  if (lacked) throw new ForYouError('bundle_version', `The bundle's ranker reads ${lacked}.`)
  if (manifest.version < Math.max(active?.floor ?? 0, source.pins.floor ?? 0, manifest.floor)) {
    throw new ForYouError('rollback_refused', 'The manifest is below the floor.')
  }
  return { manifest, envelope }
}

/**
 * Fetches a signed document by the hash of its payload; what came wrong is asked for once more, past every cache.
 * @returns its envelope, verified
 * @throws as `openDocument` and `downloadChecked`
 */
export function fetchDocument(
  { platform, endpoint, pins }: DocumentSource,
  context: Context,
  hash: string,
  cap: number,
): Promise<string> {
  return downloadChecked(platform, [endpoint], publicRoutes.manifest(hash), cap, async ({ text }) => {
    await openDocument(context, text(), hash, pins)
    return text()
  })
}

/**
 * Verifies a signed manifest that is known by its hash, fetched or kept.
 * @throws ForYouError `bundle_oversize`, `parse_error`, `sign_error` or `hash_mismatch`
 */
export async function openManifest(envelope: string, hash: string, pins: Pins): Promise<Manifest> {
  const manifest = parseManifest(await openDocument('manifest', envelope, hash, pins))
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)
  if (!total || total > MAX_BUNDLE_BYTES)
    throw new ForYouError('bundle_oversize', `The bundle has ${total} bytes.`)
  return manifest
}

/**
 * Verifies a signed document that is known by the hash of its payload.
 * @returns the payload, which still has to be parsed
 * @throws ForYouError `bundle_oversize`, `parse_error`, `sign_error` or `hash_mismatch`
 */
export async function openDocument(
  context: Context,
  envelope: string,
  hash: string,
  pins: Pins,
): Promise<string> {
  const payload = await verify(context, envelope, pins)
  if ((await sha256(payload)) !== hash) {
    throw new ForYouError('hash_mismatch', `The ${context} is not the one that the head names.`)
  }
  return payload
}
