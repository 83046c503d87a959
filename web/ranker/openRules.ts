import { type Pins, verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { checkRules, parseRules, type Rule } from '../../shared/domain/rules.ts'
import type { Said } from './saidKeeper.ts'

/** The site's rules, opened; their name is what the head says of them. */
export interface OpenedRules extends Said {
  readonly rules: readonly Rule[]
}

/**
 * @param kept as `fetchRules` makes it
 * @throws ForYouError `sign_error`, `hash_mismatch`, or `parse_error` naming the rule that cannot be read
 */
export async function openRules(kept: string, pins: Pins): Promise<OpenedRules> {
  const [envelope, text] = JSON.parse(kept) as [string, string]
  const { site, rules } = parseHead(await verify('head', envelope, pins))
  if (!rules) throw new ForYouError('parse_error', 'The kept head has no rules.')
  const inBlob = 'sha256' in rules
  if (inBlob && (await sha256(text)) !== rules.sha256)
    throw new ForYouError('hash_mismatch', 'The rules are not those that the head names.')
  try {
    return { site, name: JSON.stringify(rules), rules: (inBlob ? parseRules(text) : checkRules(rules)).rules }
  } catch (cause) {
    throw new ForYouError('parse_error', (cause as Error).message, { cause })
  }
}
