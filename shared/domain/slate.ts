import type { ItemDetails } from './catalogue.ts'
import type { UserHistory } from './interaction.ts'
import type { Rule, Where } from './rules.ts'

/**
 * Surfaces that this version can fill. `similar` needs an item, `bought-together` one or several; `because` picks one from the
 * history, and `top-in` the attribute value that the history says most of, unless a filter names one.
 */
export const SURFACES = [
  'for-you',
  'similar',
  'because',
  'bought-together',
  'top-in',
  'trending',
  'popular',
  'new',
  'recent',
] as const
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

/** Rules and the page's control, which move an item within a slate. */
export const CONTROL_SOURCES = ['boost', 'seen', 'rotation', 'diversity', 'pin', 'explore'] as const

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
  ...CONTROL_SOURCES,
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
  /** Name of the site's rule that moved it; absent where the page's own options did. */
  readonly rule?: string
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
  /** For `top-in`: what the items are the top of, e.g. `{ attribute: 'genre', value: 'Drama' }`. */
  readonly within?: { readonly attribute: string; readonly value: string }
  /** Give it as `after` to get the next page; absent where there is none. */
  readonly next?: readonly string[]
}

/** What decides over a slate beside the visitor: the page's own control. Rules of the site say the same in `domain/rules.ts`. */
export interface ControlOptions {
  /** Items never to show. */
  readonly exclude?: readonly string[]
  readonly excludeWhere?: Where
  /** Keep only items that carry every one of these attributes, e.g. `{ genre: ['Drama', 'War'], decade: '1990s' }`. */
  readonly filter?: NonNullable<Where['attributes']>
  /** `slot` counts from 1, on the first page. */
  readonly pins?: readonly { readonly item: string; readonly slot: number }[]
  /** What matches counts `factor` times, 1/100–100; below 1 it is buried. */
  readonly boosts?: readonly { readonly where: Where; readonly factor: number }[]
  /** At the most so many items of each value of an attribute on a page, e.g. `{ genre: 3 }`. */
  readonly caps?: Readonly<Record<string, number>>
  /** What the visitor knows already is left out, or only lowered while it is recent. */
  readonly seen?: 'exclude' | 'decay'
  /** 0–1. On `for-you` the probability of an interaction where the ranker gives one, else the share of the best item. */
  readonly minRelevance?: number
  /** 0: by score alone; 1: as varied as can be. */
  readonly diversity?: number
  /** A share (0–1) of the slots for items first seen in the last `maxAgeDays`. */
  readonly explore?: { readonly share: number; readonly maxAgeDays: number }
  /** 0–1: how fast what `shown` names sinks. */
  readonly rotate?: number
  /** Item → how often earlier visits showed it without its being chosen. */
  readonly shown?: Readonly<Record<string, number>>
  /** Any number that stays the same during a visit: exploration and rotation differ from visit to visit by it. */
  readonly visit?: number
}

export interface RecommendOptions extends ControlOptions {
  readonly surface?: Surface
  /** Slate length, 1–100. */
  readonly k?: number
  /** The item of the page: required for `similar`. */
  readonly item?: string
  /** For `bought-together`: what is in the basket, the latest last. */
  readonly items?: readonly string[]
  /** `next` of the page before: nothing that it names is shown again, whatever has happened since. */
  readonly after?: readonly string[]
}

/** What the ranker is given: the whole of a recommendation's input. */
export interface RankQuery extends RecommendOptions {
  readonly history: UserHistory
  /** Bundle time in milliseconds, see `domain/clock.ts`. Only the pause since the latest interaction reads it. */
  readonly now: number
  /** Rules of the site that hold at this moment; those of other surfaces may be among them. */
  readonly rules?: readonly Rule[]
}

/** Scores are multiples of 2⁻¹⁶, so that contributions can sum to them exactly. */
export const SCORE_UNITS = 65_536

/** What any recommender understands; everything else is control, and takes the finish. */
const PLAIN = ['surface', 'k', 'item', 'items', 'exclude', 'after', 'history', 'now', 'shown', 'visit']

/** Whether something but the scores decides over a slate. */
export function isControlled(query: RecommendOptions & Partial<RankQuery>): boolean {
  const { rules, ...options } = query
  const given = Object.entries(options).some(([name, value]) => value !== undefined && !PLAIN.includes(name))
  return given || (rules?.length ?? 0) > 0
}

export const DEFAULT_K = 12
export const MAX_K = 100
