import type { RuleName, Severity } from '../dataRules.ts'
import type { OrderOf, RejectedRow, TimeUnit } from '../dataset.ts'

/** Values of a distribution at given shares: the least, quarter, middle, three quarters, 95 %, greatest. */
export interface Quantiles {
  readonly min: number
  readonly p25: number
  readonly median: number
  readonly p75: number
  readonly p95: number
  readonly max: number
}

/** A row at fault: `line` counts from 1 in the interactions file. */
export interface Fault {
  readonly line: number
  readonly value: string
}

export interface VolumeFacts {
  readonly users: number
  /** Items with an interaction. */
  readonly items: number
  readonly interactions: number
  /** Interactions that count as a success. */
  readonly successes: number
  /** Distinct user–item pairs of all possible ones. */
  readonly density: number
  readonly perUser: Quantiles
  readonly perItem: Quantiles
}

export interface TimeFacts {
  /** ms since 1970 UTC */
  readonly first: number
  readonly last: number
  readonly days: number
  readonly unit: TimeUnit | null
  /** How the unit was told, one sentence. */
  readonly told: string
  /** The finest step that the times make. */
  readonly resolution: 'millisecond' | 'second' | 'minute' | 'hour' | 'day'
}

export interface ValueFacts {
  readonly measure: 'rating' | 'quantity'
  readonly min: number
  readonly median: number
  readonly mean: number
  readonly max: number
  /** The scale that ratings seem to be on, or were said to be on; `null` for quantities. */
  readonly scale: readonly [low: number, high: number] | null
  readonly outOfRange: number
  readonly faults: readonly Fault[]
}

/** A user who does what people do not do. */
export interface Suspect extends Fault {
  readonly user: string
  readonly interactions: number
  /** Which rule, with the number that broke it. */
  readonly why: string
}

export interface BotFacts {
  readonly users: number
  readonly interactions: number
  /** Of all interactions. */
  readonly share: number
  /** The rules in words. */
  readonly rules: readonly string[]
  /** The busiest first. */
  readonly suspects: readonly Suspect[]
}

export interface MatchFacts {
  /** Items of the items file. */
  readonly catalogue: number
  /** Items of the log that it lacks. */
  readonly unknownItems: number
  readonly unknownInteractions: number
  readonly faults: readonly Fault[]
  /** Items of the file that nobody touched. */
  readonly unseenItems: number
  readonly unseenExamples: readonly string[]
}

export interface ImpressionFacts {
  readonly impressions: number
  readonly slates: number
  readonly withPosition: number
  readonly withPropensity: number
  /** Impressions that were followed by an interaction with the item within a day. */
  readonly answered: number
  /** Chance of each position to be looked at, compared with the first; `null` where that cannot be told. */
  readonly examined: readonly number[] | null
}

export interface TextFacts {
  readonly notUtf8: number
  readonly nul: number
  readonly bom: boolean
  /** Different ids with white space around them. */
  readonly trimmed: number
  /** Different ids that were not in Unicode NFC. */
  readonly composed: number
  readonly spellingExample: string | null
  /** Items whose id differs from another's in case alone, an example a pair. */
  readonly caseTwins: number
  readonly twinExamples: readonly (readonly [string, string])[]
  /** Items whose id or title looks like UTF-8 that was read as Latin-1, or holds a replacement character. */
  readonly mojibake: number
  readonly mojibakeExamples: readonly string[]
}

export interface CountedBin {
  readonly label: string
  readonly count: number
}

/** What the plots of a report show. */
export interface Distributions {
  /** Users by their number of interactions: 1, 2, 3–4, 5–8 … */
  readonly perUser: readonly CountedBin[]
  readonly perItem: readonly CountedBin[]
  /** Ratings or quantities; empty where there are none. */
  readonly values: readonly CountedBin[]
  /** Interactions of each `stepDays` days from a midnight on; `null` without times. */
  readonly overTime: {
    readonly from: number
    readonly stepDays: number
    readonly counts: readonly number[]
  } | null
}

/** One thing that two periods are compared in, by the population stability index. */
export interface Drift {
  readonly what: 'popularity of items' | 'activity of users' | 'ratings'
  readonly psi: number
  readonly word: 'stable' | 'moves' | 'changed'
}

export interface DriftFacts {
  readonly days: number
  /** ms since 1970 UTC, the end not included */
  readonly earlier: { readonly from: number; readonly to: number; readonly interactions: number }
  readonly later: { readonly from: number; readonly to: number; readonly interactions: number }
  readonly drifts: readonly Drift[]
  /** Items of both periods, of the items of either (Jaccard). */
  readonly commonItems: number
  /** Interactions of the later period with items of the earlier one. */
  readonly knownShare: number
}

/** What the data can support: `weak` works but cannot be shown to. */
export interface Readiness {
  readonly what: string
  readonly ready: 'yes' | 'weak' | 'no'
  readonly why: string
  /** What it would take; absent where it is ready. */
  readonly takes?: string
}

export interface RuleResult {
  readonly rule: RuleName
  readonly severity: Severity
  readonly limit: number
  /** `null` where the data has nothing to measure. */
  readonly actual: number | null
  readonly broken: boolean
  /** One sentence. */
  readonly text: string
  /** The first rows at fault; there are `count`. */
  readonly faults: readonly Fault[]
  readonly count: number
}

/** What is known about the quality of a dataset: `foryou validate --json`, and `dataQuality` of a training report. */
export interface DataQuality {
  readonly name: string
  readonly synthetic: boolean
  readonly files: readonly string[]
  readonly order: OrderOf
  readonly rows: number
  readonly used: number
  readonly rejected: Readonly<Record<string, number>>
  readonly examples: readonly RejectedRow[]
  /** What reading it made of it, one sentence each: what was left out of the items file, what the data lacks. */
  readonly notes: readonly string[]
  /** Role → column, where a table was read. */
  readonly columns: Readonly<Record<string, string>> | null
  readonly volume: VolumeFacts
  readonly time: TimeFacts | null
  readonly values: ValueFacts | null
  readonly bots: BotFacts
  readonly match: MatchFacts | null
  readonly text: TextFacts
  /** Rows of each kind, where the log tells kinds. */
  readonly kinds: Readonly<Record<string, number>> | null
  /** `null` where the log has no impressions: correction for position bias is off. */
  readonly impressions: ImpressionFacts | null
  /** `null` where there are no two periods to compare. */
  readonly drift: DriftFacts | null
  readonly distributions: Distributions
  readonly readiness: readonly Readiness[]
  readonly rules: readonly RuleResult[]
  /** Nothing that fails is broken. */
  readonly ok: boolean
  /** One sentence. */
  readonly verdict: string
}
