import type { Rule } from './rules.ts'

/**
 * Those that hold at a moment: `from` ≤ now < `until`.
 * @param now the visitor's own clock, not that of the bundle: a weekend is a weekend, however old the data, ms
 */
export function rulesAt(rules: readonly Rule[], now: number): readonly Rule[] {
  return rules.filter(
    ({ from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }) => from <= now && now < until,
  )
}
