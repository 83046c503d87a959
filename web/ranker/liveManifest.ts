import type { Context, Pins } from '../../shared/bundle/envelope.ts'
import { MAX_MANIFEST_BYTES } from '../../shared/bundle/limits.ts'
import type { Manifest } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { publicRoutes } from '../../shared/domain/routes.ts'
import type { Active } from './bundleStore.ts'
import { downloadChecked } from './download.ts'
import type { CheckedHead } from './headCheck.ts'
import { openDocument, openManifest } from './openManifest.ts'
import type { Platform } from './platform.ts'

/** The contract version of this code; a manifest may ask for a newer one. */
const LOADER_VERSION = 1

export interface DocumentSource {
  readonly platform: Pick<Platform, 'now' | 'random' | 'pause' | 'fetch' | 'online'>
  readonly endpoint: string
  readonly pins: Pins
}

/** What knows whether this code can feed a ranker. */
export interface ManifestJudge {
  /** The first of a manifest's features that is not computed here, in words; `null` where none is lacking. */
  lacked(features: readonly string[]): Promise<string | null>
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
  source: DocumentSource & ManifestJudge,
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
  const lacked = await source.lacked(manifest.features ?? [])
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
