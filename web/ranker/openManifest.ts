import { type Context, type Pins, verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { MAX_BUNDLE_BYTES } from '../../shared/bundle/limits.ts'
import { type Manifest, parseManifest } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'

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
