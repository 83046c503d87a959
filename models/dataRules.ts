/** What happens where a rule is broken: `fail` refuses, `warn` says so, `off` does not look. */
export type Severity = 'fail' | 'warn' | 'off'

export interface Rule {
  readonly limit: number
  readonly severity: Severity
}

/** Limits on data, one for each thing that `foryou validate` measures. Shares are between 0 and 1. */
export interface DataRules {
  /** Rows that cannot be used, of all rows. */
  readonly maxBadShare: Rule
  /** Rows that repeat user, item and moment, of all rows; only where there are times. */
  readonly maxDuplicateShare: Rule
  /** Rows later than tomorrow, of all rows. */
  readonly maxFutureShare: Rule
  /** Ratings outside their scale, of all ratings. */
  readonly maxOutOfRangeShare: Rule
  /** Interactions whose item the items file lacks. */
  readonly maxUnknownItemShare: Rule
  /** Items of the items file that nobody touched, of all its items. */
  readonly maxUnseenItemShare: Rule
  /** Interactions of users who look like programs. */
  readonly maxBotShare: Rule
  /** Items whose id or title looks wrongly decoded, or whose id differs from another's in case alone. */
  readonly maxGarbledShare: Rule
  /** The greatest population stability index between the last two periods. */
  readonly maxDrift: Rule
  /** Days between the last interaction and now. */
  readonly maxAgeDays: Rule
  readonly minUsers: Rule
  readonly minItems: Rule
  readonly minInteractions: Rule
  /** Lowest and highest rating that can be meant; told from the ratings where it is left out. */
  readonly ratingRange: readonly [low: number, high: number] | undefined
}

export type RuleName = Exclude<keyof DataRules, 'ratingRange'>

/**
 * What is wrong fails: such rows teach the model something that nobody did. What is merely little, or moves, warns: popularity
 * serves anyway, and catalogues of films and fashion change from month to month by nature.
 */
export const DEFAULT_RULES: DataRules = {
  maxBadShare: { limit: 0.01, severity: 'fail' },
  maxDuplicateShare: { limit: 0.1, severity: 'fail' },
  maxFutureShare: { limit: 0.001, severity: 'fail' },
  maxOutOfRangeShare: { limit: 0.001, severity: 'fail' },
  maxUnknownItemShare: { limit: 0.1, severity: 'fail' },
  maxUnseenItemShare: { limit: 0.95, severity: 'warn' },
  maxBotShare: { limit: 0.1, severity: 'fail' },
  maxGarbledShare: { limit: 0.01, severity: 'warn' },
  maxDrift: { limit: 1, severity: 'warn' },
  maxAgeDays: { limit: 30, severity: 'off' },
  minUsers: { limit: 50, severity: 'warn' },
  minItems: { limit: 20, severity: 'warn' },
  minInteractions: { limit: 1000, severity: 'warn' },
  ratingRange: undefined,
}

/** Share of bad rows at which reading already stops: what only warns stops nothing. */
export function badShareLimit({ maxBadShare }: DataRules): number {
  return maxBadShare.severity === 'fail' ? maxBadShare.limit : 1
}

/** A rule as the configuration gives it: a limit alone keeps the severity, a severity alone keeps the limit. */
export type GivenRules = {
  readonly [K in RuleName]?:
    | number
    | { readonly limit?: number | undefined; readonly severity?: Severity | undefined }
    | undefined
} & { readonly ratingRange?: readonly [number, number] | undefined }

/** Defaults, overridden by what is given. */
export function dataRules({ ratingRange, ...given }: GivenRules = {}): DataRules {
  const rules: Record<string, Rule> = {}
  for (const [name, rule] of Object.entries(given)) {
    if (rule === undefined) continue
    const fallback = DEFAULT_RULES[name as RuleName]
    const own = typeof rule === 'number' ? { limit: rule } : rule
    // A rule that is off by default is wanted once it is given a limit.
    const severity = own.severity ?? (fallback.severity === 'off' ? 'fail' : fallback.severity)
    rules[name] = { limit: own.limit ?? fallback.limit, severity }
  }
  return { ...DEFAULT_RULES, ...rules, ratingRange }
}
