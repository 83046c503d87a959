import { verify } from '../bundle/envelope.ts'
import { sha256 } from '../bundle/hash.ts'
import { MAX_OVERLAY_BYTES } from '../bundle/limits.ts'
import { parseOverlay } from '../bundle/overlay.ts'
import { ForYouError } from '../domain/errors.ts'
import type { ManifestRules } from './checkManifest.ts'

/**
 * What must hold before an overlay is stored or named by a head: signed by a pinned release key, named by the hash of its
 * payload, of this site.
 * @throws ForYouError `too_large`, `sign_error`, `hash_mismatch`, `parse_error` or `wrong_site`
 */
export async function checkOverlay(
  { site, pins }: ManifestRules,
  name: string,
  envelope: string,
): Promise<void> {
  const bytes = new TextEncoder().encode(envelope).length
  if (bytes > MAX_OVERLAY_BYTES) {
    throw new ForYouError('too_large', `The overlay has ${bytes} bytes; ${MAX_OVERLAY_BYTES} are allowed.`)
  }
  const payload = await verify('overlay', envelope, pins)
  if ((await sha256(payload)) !== name) {
    throw new ForYouError('hash_mismatch', `The overlay sent as ${name} has another hash.`)
  }
  const overlay = parseOverlay(payload)
  if (overlay.site === site) return
  throw new ForYouError(
    'wrong_site',
    `The overlay is for site "${overlay.site}"; this edge serves "${site}".`,
  )
}
