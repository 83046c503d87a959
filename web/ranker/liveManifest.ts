import { type Pins, verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { MAX_BUNDLE_BYTES, MAX_MANIFEST_BYTES } from '../../shared/bundle/limits.ts'
import { type ActiveManifest, type Manifest, parseManifest } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { routes } from '../../shared/domain/routes.ts'
import type { Active } from './bundleStore.ts'
import { download } from './download.ts'
import type { CheckedHead } from './headCheck.ts'
import type { Platform } from './platform.ts'

/** The contract version of this code; a manifest may ask for a newer one. */
const LOADER_VERSION = 1

export interface ManifestSource {
  readonly platform: Pick<Platform, 'now' | 'fetch' | 'online'>
  readonly endpoint: string
  readonly pins: Pins
}

/**
 * The manifest that a head names, kept or fetched, with everything checked that decides whether it may be installed.
 * @throws ForYouError `expired`, `wrong_site`, `rollback_refused`, `bundle_version`, `bundle_value` or as `openManifest`
 */
export async function liveManifest(
  { platform, endpoint, pins }: ManifestSource,
  active: Active | null,
  live: ActiveManifest,
  { head, moment }: CheckedHead,
): Promise<{ manifest: Manifest; envelope: string }> {
  if (live.notAfter < moment) throw new ForYouError('expired', 'The live bundle is past its last day.')
  const envelope =
    active?.manifest === live.manifest
      ? active.envelope
      : await fetchManifest(platform, endpoint + routes.manifest(live.manifest))
  const manifest = await openManifest(envelope, live.manifest, pins)
  if (manifest.site !== head.site) {
    throw new ForYouError('wrong_site', `The manifest is of site "${manifest.site}", not "${head.site}".`)
  }
  if (manifest.kind !== 'release') throw new ForYouError('bundle_value', 'The bundle is not a release.')
  if (manifest.minLoader > LOADER_VERSION) {
    throw new ForYouError('bundle_version', `The bundle needs loader ${manifest.minLoader}.`)
  }
  if (manifest.version < Math.max(active?.floor ?? 0, manifest.floor)) {
    throw new ForYouError('rollback_refused', 'The manifest is below the floor.')
  }
  return { manifest, envelope }
}

async function fetchManifest(platform: ManifestSource['platform'], url: string): Promise<string> {
  const { bytes } = await download(platform, url, MAX_MANIFEST_BYTES)
  return new TextDecoder().decode(bytes)
}

/**
 * Verifies a signed manifest that is known by its hash, fetched or kept.
 * @throws ForYouError `bundle_oversize`, `parse_error`, `sign_error` or `hash_mismatch`
 */
export async function openManifest(envelope: string, hash: string, pins: Pins): Promise<Manifest> {
  const payload = await verify('manifest', envelope, pins)
  if ((await sha256(payload)) !== hash) {
    throw new ForYouError('hash_mismatch', 'The manifest is not the one that the head names.')
  }
  const manifest = parseManifest(payload)
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)
  if (total > MAX_BUNDLE_BYTES) throw new ForYouError('bundle_oversize', `The bundle has ${total} bytes.`)
  return manifest
}
