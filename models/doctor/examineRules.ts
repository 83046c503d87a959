import { sha256 } from '../../shared/bundle/hash.ts'
import type { Head } from '../../shared/bundle/manifest.ts'
import { routes } from '../../shared/domain/routes.ts'
import { checkRules, parseRules } from '../../shared/domain/rules.ts'
import { rulesAt } from '../../shared/domain/rulesAt.ts'
import type { findingsOf } from './finding.ts'
import { failure, type Patient } from './patient.ts'

/** The site's rules, as devices will read them. */
export async function examineRules(
  { ask, now }: Patient,
  { rules }: Head,
  { good, bad }: ReturnType<typeof findingsOf>,
): Promise<void> {
  if (!rules) return
  try {
    let document: ReturnType<typeof checkRules>
    if ('sha256' in rules) {
      const answer = await ask(routes.blob(rules.sha256))
      const failed =
        failure(answer) ?? ((await sha256(answer.bytes)) === rules.sha256 ? null : 'another hash')
      if (failed) throw new Error(`the blob that the head names: ${failed}`)
      document = parseRules(answer.text)
    } else document = checkRules(rules)
    const all = document.rules.length
    good('rules', `${all}, of which ${rulesAt(document.rules, now()).length} hold now`)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    bad('rules', text, 'Devices keep the rules that they had. Set them again: foryou rules set FILE.')
  }
}
