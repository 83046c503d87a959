import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import { checkRules, parseRules, type RulesDocument } from '../../shared/domain/rules.ts'
import { withMoments } from './ruleOfWords.ts'

/**
 * Reads a document of rules that a person has written, with dates as words.
 * @throws ForYouError `not_found`, or whatever is wrong with it, with the file's name
 */
export function readRules(file: string, cwd: string): RulesDocument {
  try {
    const text = readFileSync(resolve(cwd, file), 'utf8')
    return isJson(text) ? checkRules(withMoments(JSON.parse(text))) : parseRules(text)
  } catch (cause) {
    if (cause instanceof ForYouError)
      throw new ForYouError(cause.code, `${file}: ${cause.message}`, {
        cause,
        ...(cause.hint && { hint: cause.hint }),
      })
    throw new ForYouError('not_found', `${file} cannot be read.`, { cause })
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
