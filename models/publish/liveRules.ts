import { sha256 } from '../../shared/bundle/hash.ts'
import type { Head } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { checkRules, parseRules, type RulesDocument } from '../../shared/domain/rules.ts'
import type { EdgeClient } from './edgeClient.ts'

/**
 * The rules that a verified head carries, or names.
 * @throws ForYouError `not_found` or `hash_mismatch` where the blob is not what the head names, `bad_data` as `checkRules`
 */
export async function liveRules(
  client: Pick<EdgeClient, 'blob'>,
  { rules }: Head,
): Promise<RulesDocument | null> {
  if (!rules) return null
  if (!('sha256' in rules)) return checkRules(rules)
  const bytes = await client.blob(rules.sha256)
  if (bytes === null) throw new ForYouError('not_found', `The live rules ${rules.sha256} are not there.`)
  if ((await sha256(bytes)) !== rules.sha256)
    throw new ForYouError('hash_mismatch', 'The live rules are not what the head names.')
  return parseRules(new TextDecoder().decode(bytes))
}
