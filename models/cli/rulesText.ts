import type { Rule, RulesDocument, Where } from '../../shared/domain/rules.ts'
import { rulesAt } from '../../shared/domain/rulesAt.ts'
import type { RulesEffect } from '../inspect/rulesEffect.ts'
import { moment } from './changeLive.ts'
import { counted } from './counted.ts'
import { isolatedText, textTable } from './textTable.ts'

const NAME_WIDTH = 24
const WHAT_WIDTH = 44
const COLUMNS = ['name', 'kind', 'what', 'where', 'from', 'until', 'now']

/**
 * The rules as a person reads them.
 * @param now ms since 1970 UTC: says which of them hold
 */
export function rulesLines({ rules }: RulesDocument, now: number): string[] {
  if (rules.length === 0) return ['There are no rules.']
  const held = new Set(rulesAt(rules, now))
  const rows = rules.map((rule) => [
    isolatedText(rule.name, NAME_WIDTH),
    rule.kind,
    isolatedText(whatOf(rule), WHAT_WIDTH),
    rule.surfaces?.join(', ') ?? 'everywhere',
    rule.from === undefined ? '' : moment(rule.from),
    rule.until === undefined ? '' : moment(rule.until),
    held.has(rule) ? 'holds' : (rule.from ?? 0) > now ? 'to come' : 'over',
  ])
  const used = COLUMNS.map((_, c) => rows.some((row) => row[c] !== ''))
  const told = <T>(cells: readonly T[]) => cells.filter((_, c) => used[c])
  const headings = told(COLUMNS).map((heading) => ({ heading }))
  return textTable(headings, rows.map(told)).split('\n')
}

function whatOf(rule: Rule): string {
  switch (rule.kind) {
    case 'pin':
      return `${rule.item} at place ${rule.slot}`
    case 'boost':
      return rule.factor >= 1
        ? `${whereText(rule.where)} counts ${rule.factor} times`
        : `${whereText(rule.where)} counts ${Number(rule.factor.toFixed(3))} times: buried`
    case 'exclude':
      return `never ${whereText(rule.where)}`
    case 'cap':
      return `at most ${rule.max} of each ${rule.attribute}`
    case 'diversity':
      return `diversity ${rule.value}`
    case 'explore':
      return `${Math.round(rule.share * 100)} % for items of the last ${rule.maxAgeDays} days`
    case 'min-relevance':
      return `nothing below ${rule.value}`
    case 'rotate':
      return `what was shown sinks by ${rule.rate}`
    case 'seen':
      return rule.mode === 'exclude' ? 'nothing seen before' : 'seen items lower while recent'
  }
}

function whereText({ items = [], attributes = {} }: Where): string {
  const parts = Object.entries(attributes).map(([name, value]) => `${name} ${[value].flat().join(' or ')}`)
  if (items.length === 1) parts.unshift(items[0]!)
  else if (items.length > 1) parts.unshift(counted(items.length, 'item'))
  return parts.join(', ')
}

/** What a change does to slates of visitors who do not exist. */
export function effectLines({ slates, changed, k, entered, left }: RulesEffect): string[] {
  if (changed === 0) return [`Of ${slates} invented visitors none would see another slate of ${k}.`]
  const lines = (what: string, items: RulesEffect['entered']) =>
    items.map(
      ({ title, times }, i) =>
        `  ${(i === 0 ? what : '').padEnd(8)}${String(times).padStart(3)} ×  ${isolatedText(title, 60)}`,
    )
  return [
    `Of ${slates} invented visitors ${changed} would see another slate of ${k}. Most often`,
    ...lines('come in', entered),
    ...lines('go out', left),
  ]
}
