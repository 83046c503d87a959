import { type Envelope, type SigningKey, sign } from '../../shared/bundle/envelope.ts'
import { parseEvaluatedManifest } from '../../shared/bundle/evaluation.ts'
import { MAX_MANIFEST_BYTES } from '../../shared/bundle/limits.ts'
import { ForYouError } from '../../shared/domain/errors.ts'

/**
 * Signs a manifest with every release key at hand; one of them that is still pinned is enough for a reader.
 * @param payload the manifest's exact text, whose SHA-256 is its name
 * @throws ForYouError `parse_error` for what no reader would accept, `too_large` for what none would read
 */
export async function signManifest(payload: string, releaseKeys: readonly SigningKey[]): Promise<Envelope> {
  parseEvaluatedManifest(payload)
  const envelope = await sign('manifest', payload, releaseKeys)
  const length = JSON.stringify(envelope).length
  if (length <= MAX_MANIFEST_BYTES) return envelope
  throw new ForYouError(
    'too_large',
    `The signed manifest has ${length} bytes; ${MAX_MANIFEST_BYTES} are allowed.`,
  )
}
