import { sha256 } from '../../shared/bundle/hash.ts'
import { MAX_RULES_BYTES } from '../../shared/bundle/limits.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { publicRoutes } from '../../shared/domain/routes.ts'
import { downloadChecked } from './download.ts'
import type { CheckedHead } from './headCheck.ts'
import type { DocumentSource } from './liveManifest.ts'

/**
 * What a device keeps of the site's rules: the signed head, and the document where the head only names it. So what is kept
 * can be verified again at every load.
 * @throws as `downloadChecked`, `hash_mismatch` where the blob is another one
 */
export async function fetchRules(
  { platform, endpoint }: DocumentSource,
  { head: { rules }, envelope }: CheckedHead,
): Promise<string> {
  if (!rules || !('sha256' in rules)) return JSON.stringify([envelope])
  const name = rules.sha256
  return downloadChecked(platform, [endpoint], publicRoutes.blob(name), MAX_RULES_BYTES, async (answer) => {
    if ((await sha256(answer.bytes)) !== name)
      throw new ForYouError('hash_mismatch', 'The rules are not those that the head names.')
    return JSON.stringify([envelope, answer.text()])
  })
}
