import { DAY_MS } from '../../shared/domain/clock.ts'
import type { DataRules, RuleName } from '../dataRules.ts'
import type { DataQuality, Fault, RuleResult } from './dataQuality.ts'
import { MAX_FAULTS } from './faults.ts'

type Facts = Omit<DataQuality, 'rules' | 'ok' | 'verdict' | 'readiness'> & {
  readonly repeatedLines: readonly number[]
}

interface Measured {
  readonly actual: number | null
  readonly text: string
  readonly faults?: readonly Fault[]
  readonly count?: number
}

/** Every rule with what was measured; those that are off are left out. */
export function checkRules(facts: Facts, rules: DataRules, now: number): RuleResult[] {
  const measured = measure(facts, now)
  return (Object.keys(measured) as RuleName[]).flatMap((rule) => {
    const { limit, severity } = rules[rule]
    if (severity === 'off') return []
    const { actual, text, faults = [], count = 0 } = measured[rule]
    const broken = actual !== null && (rule.startsWith('min') ? actual < limit : actual > limit)
    return [{ rule, severity, limit, actual, broken, text, faults: faults.slice(0, MAX_FAULTS), count }]
  })
}

function measure(facts: Facts, now: number): Record<RuleName, Measured> {
  const { rejected, rows, examples, volume, time, values, bots, match, text, drift } = facts
  const bad = badRows(rejected)
  const future = rejected['time in the future'] ?? 0
  const repeated = facts.order === 'time' ? (rejected.repeated ?? 0) : null
  const garbled = text.mojibake + text.caseTwins
  const items = volume.items + (match?.unseenItems ?? 0)
  const most = drift?.drifts.reduce((a, b) => (b.psi > a.psi ? b : a))
  const skips = new Set(NOT_BAD)
  return {
    maxBadShare: {
      actual: share(bad, rows),
      text: `${of(bad, rows, 'rows')} cannot be used`,
      faults: examples.filter(({ reason }) => !skips.has(reason)).map(faultOf),
      count: bad,
    },
    maxFutureShare: {
      actual: time ? share(future, rows) : null,
      text: time ? `${of(future, rows, 'rows')} lie in the future` : 'No times',
      faults: examples.filter(({ reason }) => reason === 'time in the future').map(faultOf),
      count: future,
    },
    maxDuplicateShare: {
      actual: repeated === null ? null : share(repeated, rows),
      text:
        repeated === null
          ? 'Without times a repeat is no duplicate'
          : `${of(repeated, rows, 'rows')} repeat user, item and moment`,
      faults:
        repeated === null
          ? []
          : facts.repeatedLines.map((line) => ({ line, value: 'repeats an earlier row' })),
      count: repeated ?? 0,
    },
    maxOutOfRangeShare: {
      actual: values?.scale ? share(values.outOfRange, volume.interactions) : null,
      text: values?.scale
        ? `${of(values.outOfRange, volume.interactions, 'ratings')} lie outside ${values.scale[0]} to ${values.scale[1]}`
        : 'No scale of ratings to compare with',
      faults: values?.faults ?? [],
      count: values?.outOfRange ?? 0,
    },
    maxUnknownItemShare: {
      actual: match ? share(match.unknownInteractions, volume.interactions) : null,
      text: match
        ? `${of(match.unknownInteractions, volume.interactions, 'interactions')} are with ${match.unknownItems} items that the items file lacks`
        : 'No items file to compare with',
      faults: match?.faults ?? [],
      count: match?.unknownItems ?? 0,
    },
    maxUnseenItemShare: {
      actual: match ? share(match.unseenItems, match.catalogue) : null,
      text: match
        ? `${of(match.unseenItems, match.catalogue, 'items of the items file')} were never touched`
        : 'No items file to compare with',
    },
    maxBotShare: {
      actual: bots.share,
      text: `${of(bots.interactions, volume.interactions, 'interactions')} are of ${bots.users} users who look like programs`,
      faults: bots.suspects,
      count: bots.users,
    },
    maxGarbledShare: {
      actual: share(garbled, items),
      text: `${of(garbled, items, 'items')} look wrongly decoded, or differ from another in case alone`,
    },
    maxDrift: {
      actual: most ? most.psi : null,
      text: most
        ? `The ${most.what} moved by a PSI of ${most.psi.toFixed(2)} between the last two periods of ${drift!.days} days`
        : 'No two periods to compare',
    },
    maxAgeDays: {
      actual: time ? (now - time.last) / DAY_MS : null,
      text: time ? `The last interaction is ${((now - time.last) / DAY_MS).toFixed(1)} days old` : 'No times',
    },
    minUsers: { actual: volume.users, text: `${number(volume.users)} users` },
    minItems: { actual: volume.items, text: `${number(volume.items)} items with an interaction` },
    minInteractions: { actual: volume.interactions, text: `${number(volume.interactions)} interactions` },
  }
}

/** Reasons for which a row is left out without being bad. */
export const NOT_BAD: readonly string[] = ['repeated', 'quantity below one', 'not interested', 'impression']

function badRows(rejected: Readonly<Record<string, number>>): number {
  return Object.entries(rejected).reduce((sum, [reason, n]) => sum + (NOT_BAD.includes(reason) ? 0 : n), 0)
}

function faultOf({ line, reason, value }: DataQuality['examples'][number]): Fault {
  return { line, value: value === '' ? reason : `${reason}: ${value}` }
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

function of(part: number, whole: number, what: string): string {
  return `${number(part)} of ${number(whole)} ${what} (${(100 * share(part, whole)).toFixed(part > 0 ? 2 : 0)} %)`
}

function number(n: number): string {
  return n.toLocaleString('en')
}
