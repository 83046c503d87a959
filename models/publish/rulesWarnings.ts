import type { Bundle } from '../../shared/bundle/openBundle.ts'
import type { Rule, RulesDocument, Where } from '../../shared/domain/rules.ts'

const NAMED = 3
const NOTHING = { names: [] as string[], values: [] as string[], nameOf: [] as number[] }

/**
 * What rules name that a bundle does not have, one sentence each: no reason to refuse them, for an item may come with the next
 * bundle, but most often a typing error.
 * @param bundle with its overlay
 */
export function rulesWarnings({ rules }: RulesDocument, bundle: Bundle): string[] {
  return rules.flatMap((rule) => unknownTo(rule, bundle).map((what) => `Rule "${rule.name}": ${what}.`))
}

function unknownTo(rule: Rule, bundle: Bundle): string[] {
  if (rule.kind === 'pin') return unknownItems([rule.item], bundle)
  if (rule.kind === 'cap') return unknownAttributes({ [rule.attribute]: [] }, bundle)
  if (rule.kind === 'boost' || rule.kind === 'exclude') return unknownWhere(rule.where, bundle)
  return []
}

function unknownWhere({ items = [], attributes = {} }: Where, bundle: Bundle): string[] {
  return [...unknownItems(items, bundle), ...unknownAttributes(attributes, bundle)]
}

function unknownItems(ids: readonly string[], { numberOf, withdrawn }: Bundle): string[] {
  const unknown = ids.filter((id) => !numberOf.has(id))
  const gone = ids.filter((id) => withdrawn.has(numberOf.get(id) ?? -1))
  return [
    ...(unknown.length > 0 ? [`the live catalogue has no item ${listed(unknown)}`] : []),
    ...(gone.length > 0 ? [`withdrawn and never shown: ${listed(gone)}`] : []),
  ]
}

function unknownAttributes(attributes: NonNullable<Where['attributes']>, { content }: Bundle): string[] {
  const { names, values, nameOf } = content?.vocabulary ?? NOTHING
  return Object.entries(attributes).flatMap(([name, given]) => {
    const n = names.indexOf(name)
    if (n < 0) return [`the live catalogue has no attribute "${name}"`]
    const known = new Set(values.filter((_, term) => nameOf[term] === n))
    const unknown = [given].flat().filter((value) => !known.has(value))
    return unknown.length > 0 ? [`no item has ${name} ${listed(unknown)}`] : []
  })
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMED
  const some = names.slice(0, NAMED).map((name) => `"${name}"`)
  return more > 0 ? `${some.join(', ')} and ${more} more` : some.join(', ')
}
