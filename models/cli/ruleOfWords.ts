import { ForYouError } from '../../shared/domain/errors.ts'
import { parseIsoMoment } from '../ingest/moments.ts'

const NUMBERS = ['slot', 'factor', 'max', 'value', 'share', 'maxAgeDays', 'rate']
const TEXTS = ['item', 'attribute', 'mode']
const MOMENTS = ['from', 'until']

/**
 * A rule as words of a command line, not checked yet: `"Summer" boost factor=2 genre="Drama|War" until=2026-09-01`. What is no
 * field of a rule is an attribute of items.
 * @throws ForYouError `bad_usage` for a word that is no `name=value`, a number or a date that is none
 */
export function ruleOfWords(name: string, kind: string, words: readonly string[]): object {
  const rule: Record<string, unknown> = { name, kind }
  const items: string[] = []
  const attributes: Record<string, string[]> = {}
  for (const word of words) {
    const at = word.indexOf('=')
    const [key, value] = [word.slice(0, at), word.slice(at + 1)]
    if (at < 1 || value === '')
      throw new ForYouError('bad_usage', `"${word}" is not of the form name=value.`, {
        hint: 'For example: foryou rules add "Summer" boost factor=2 genre=Drama until=2026-09-01',
      })
    if (NUMBERS.includes(key)) rule[key] = numberOf(key, value)
    else if (TEXTS.includes(key)) rule[key] = value
    else if (MOMENTS.includes(key)) rule[key] = momentOf(key, value)
    else if (key === 'surfaces') rule.surfaces = value.split(',')
    else if (key === 'items') items.push(...value.split(','))
    else attributes[key] = value.split('|')
  }
  const where = {
    ...(items.length > 0 && { items }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
  }
  return Object.keys(where).length > 0 ? { ...rule, where } : rule
}

/**
 * A document as a person wrote it, with its dates as moments.
 * @returns what `checkRules` shall judge
 */
export function withMoments(document: unknown): unknown {
  const { rules } = (document ?? {}) as { rules?: unknown }
  if (!Array.isArray(rules)) return document
  const read = (rule: unknown) =>
    typeof rule === 'object' && rule !== null
      ? Object.fromEntries(
          Object.entries(rule).map(([key, value]) => [
            key,
            MOMENTS.includes(key) && typeof value === 'string' ? momentOf(key, value) : value,
          ]),
        )
      : rule
  return { ...(document as object), rules: rules.map(read) }
}

function numberOf(key: string, text: string): number {
  const number = Number(text)
  if (Number.isFinite(number)) return number
  throw new ForYouError('bad_usage', `${key} must be a number, not "${text}".`)
}

function momentOf(key: string, text: string): number {
  const moment = parseIsoMoment(text)
  if (Number.isFinite(moment)) return moment
  throw new ForYouError(
    'bad_usage',
    `"${key}" must be a date like 2026-09-01 or 2026-09-01T18:00Z, not "${text}".`,
  )
}
