import type { Bundle } from '../../bundle/openBundle.ts'
import type { Contribution } from '../../domain/slate.ts'
import type { Excluded } from '../generator.ts'
import type { Controls } from './controls.ts'
import { exploration } from './exploration.ts'
import { fillPage } from './fillPage.ts'
import { type Moment, named, scoreTerms } from './scoreTerms.ts'
import type { WhereIndex } from './whereIndex.ts'

/** What a surface has found: items by falling score. */
export interface Pool {
  readonly items: Int32Array
  /** Whole units of 2⁻¹⁶, on a logarithmic scale: log-odds, or the logarithm of what an item counts. */
  readonly scores: ArrayLike<number>
  /** 0–1 for a place in it, falling: a probability, or the share of the best. */
  relevance(place: number): number
}

/** An item on its way into a page. */
export interface Entry {
  readonly item: number
  /** Its place in the pool; −1 for what the pool did not hold. */
  readonly place: number
  /** What moved it; with the pool's score they sum to `score`. */
  readonly terms: readonly Contribution[]
  readonly score: number
}

export interface FinishQuery extends Moment {
  readonly k: number
  /** Numbers of what earlier pages have shown, in their order. */
  readonly after: readonly number[]
  /** What nothing can bring in: withdrawn, unreleased, excluded, outside the filter, hidden by the visitor. */
  readonly never: Excluded
  /** The whole catalogue, newest first; asked for only where something is explored. */
  newest(): Int32Array
}

/**
 * One page out of a pool. The order of the steps, and why:
 * 1. the minimum relevance, on the score as it was ranked: no boost makes the irrelevant relevant
 * 2. boosts, what was seen, rotation: they change what an item is worth, so they come before any choice
 * 3. pins and explored items have their slots, whatever they are worth, and count for what follows
 * 4. slot by slot the best of what is left, less its likeness to what stands above (MMR), if no cap forbids it
 *
 * With neutral controls it is the first k of the pool. Deterministic: ties go to the earlier in the pool.
 */
export function finish(
  bundle: Bundle,
  index: WhereIndex,
  pool: Pool,
  controls: Controls,
  query: FinishQuery,
): Entry[] {
  const termsOf = scoreTerms(bundle, controls, query)
  const entries: Entry[] = []
  const entryOf = new Map<number, Entry>()
  for (let place = 0; place < pool.items.length; place++) {
    const item = pool.items[place]!
    const terms = termsOf(item)
    const score = terms.reduce((sum, { share }) => sum + share, pool.scores[place]!)
    const entry = { item, place, terms, score }
    entryOf.set(item, entry)
    const relevant = controls.minRelevance === 0 || pool.relevance(place) >= controls.minRelevance
    if (relevant) entries.push(entry)
  }
  entries.sort((a, b) => b.score - a.score || a.place - b.place)
  const enter = (item: number): Entry => entryOf.get(item) ?? { item, place: -1, terms: [], score: 0 }
  const pins = pinned(bundle, controls, query)
  const explored = controls.explore ? exploration(bundle, controls.explore, query) : null
  const page = fillPage({ bundle, index, controls, query, entries, enter, pins, explored })
  return level(page)
}

export interface Placed {
  readonly entry: Entry
  /** Why it stands where its score would not have put it. */
  readonly by?: { readonly source: 'pin' | 'explore'; readonly rule?: string | undefined }
}

/** Slot (from 0) → what is pinned there. A page's pin of a slot that the site has taken moves to the next free one. */
function pinned({ numberOf }: Bundle, { pins }: Controls, { k, after, never }: FinishQuery) {
  const slots = new Map<number, { item: number; rule?: string | undefined }>()
  if (after.length > 0) return slots
  const taken = new Set<number>()
  for (const { item: id, slot, rule } of pins) {
    const item = numberOf.get(id.normalize('NFC'))
    if (item === undefined || taken.has(item) || never(item)) continue
    let free = slot - 1
    while (slots.has(free)) free++
    if (free >= k) continue
    slots.set(free, { item, rule })
    taken.add(item)
  }
  return slots
}

/**
 * What has been placed gets the score of the next item below it that has earned its own (else of the last above), so that scores
 * fall down the page; the difference is the term that placed it.
 */
function level(page: readonly Placed[]): Entry[] {
  const lastEarned = page.findLast(({ by }) => !by)?.entry.score ?? 0
  let below = lastEarned
  return page
    .toReversed()
    .map(({ entry, by }) => {
      if (!by) {
        below = entry.score
        return entry
      }
      const own = entry.place < 0 ? 0 : entry.score
      const term = { source: by.source, share: below - own, ...named(by.rule) }
      return { ...entry, score: below, terms: [...entry.terms, term] }
    })
    .reverse()
}
