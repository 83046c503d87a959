import type { ItemDetails } from './catalogue.ts'
import type { UserHistory } from './interaction.ts'

/** Surfaces that this version can fill. `similar` needs an item; `because` picks one from the history. */
export const SURFACES = ['for-you', 'similar', 'because', 'trending', 'popular', 'new', 'recent'] as const
export type Surface = (typeof SURFACES)[number]

/**
 * Why a slate is what it is. A closed list, shown to the page as `data-reason`:
 * - `personal`: ranked from this visitor's history, or from the item of the page
 * - `popular`: no history yet, or a surface that is the same for everybody
 * - `no-consent`: the visitor has not allowed personalisation
 * - `no-bundle`: nothing verified to rank with
 * - `ranker-failed`: the ranker threw or hung
 * - `stale`: the bundle is too old to be trusted for personal ranking
 * - `killed`: the operator has switched recommendations off
 */
export const REASONS = [
  'personal',
  'popular',
  'no-consent',
  'no-bundle',
  'ranker-failed',
  'stale',
  'killed',
] as const
export type Reason = (typeof REASONS)[number]

/** Sources that can bring an item into a slate, or move it within one. */
export const SOURCES = [
  'collaborative',
  'transitions',
  'content',
  'popular',
  'trending',
  'personal-popular',
  'fresh',
  'visitor',
] as const
export type Source = (typeof SOURCES)[number]

/**
 * One signed contribution to an item's score, in integer units of 2⁻¹⁶ of the score. `item` is the visitor's own
 * item that brought it, where there is one. All shares of an item sum to its score exactly.
 */
export interface Contribution {
  readonly source: Source
  readonly item?: string
  /** Title of `item`, where its details have arrived; the ranker thread adds it for the page. */
  readonly title?: string
  readonly share: number
}

export interface SlateItem {
  readonly item: string
  /**
   * A multiple of 2⁻¹⁶. On `for-you`, where the learned ranker fills it, log-odds: 1 / (1 + e^−score) is the probability that the
   * visitor's next positive interaction is with this item. Elsewhere comparable only within the slate.
   */
  readonly score: number
  readonly why: readonly Contribution[]
  /** Absent until the details of this item have arrived. */
  readonly details?: ItemDetails
}

/** The ordered items returned once. */
export interface Slate {
  readonly surface: Surface
  readonly items: readonly SlateItem[]
  readonly reason: Reason
  /** Hash of the manifest that ranked it, or `null` where none did. */
  readonly manifest: string | null
  /** True while some shards are still on their way, so that some of the history had no row yet. */
  readonly partial: boolean
  /** For `because` and `similar`: the item that the slate starts from. */
  readonly seed?: string
  readonly seedDetails?: ItemDetails
}

export interface RecommendOptions {
  readonly surface?: Surface
  /** Slate length, 1–100. */
  readonly k?: number
  /** The item of the page: required for `similar`. */
  readonly item?: string
  /** Items never to show. */
  readonly exclude?: readonly string[]
  /** Keep only items that carry every one of these attributes, e.g. `{ genre: 'Drama' }`. */
  readonly filter?: Readonly<Record<string, string>>
}

/** What the ranker is given: the whole of a recommendation's input. */
export interface RankQuery extends RecommendOptions {
  readonly history: UserHistory
  /** Bundle time in milliseconds, see `domain/clock.ts`. Only the pause since the latest interaction reads it. */
  readonly now: number
}

export const DEFAULT_K = 12
export const MAX_K = 100
