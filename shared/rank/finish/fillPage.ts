import type { Bundle } from '../../bundle/openBundle.ts'
import { SCORE_UNITS } from '../../domain/slate.ts'
import type { Controls } from './controls.ts'
import type { Exploration } from './exploration.ts'
import type { Entry, FinishQuery, Placed } from './finish.ts'
import { named } from './scoreTerms.ts'
import { similarity } from './similarity.ts'
import type { WhereIndex } from './whereIndex.ts'

/** Diversity chooses each slot's item among so many. */
const WINDOW = 100
/** At 1 relevance would count for nothing at all, and any odd item would do. */
const MOST_DIVERSE = 0.99

export interface PageParts {
  readonly bundle: Bundle
  readonly index: WhereIndex
  readonly controls: Controls
  readonly query: FinishQuery
  /** By falling score, earlier pages' among them. */
  readonly entries: readonly Entry[]
  enter(item: number): Entry
  readonly pins: ReadonlyMap<number, { readonly item: number; readonly rule?: string | undefined }>
  readonly explored: Exploration | null
}

/**
 * Fills a page from the top. Caps count whatever stands on the page, pins too, but only what is chosen by score or explored is kept
 * out by them; where they leave too little the page is shorter, for a cap that gives way is none.
 *
 * Diversity is MMR (Carbonell & Goldstein, SIGIR 1998), (1 − δ) · s − δ · S · max sim, divided by 1 − δ so that the
 * likeness is a term of the score: s − S · δ / (1 − δ) · max sim. S is how far the scores of the first 100 are apart.
 */
export function fillPage({
  bundle,
  index,
  controls,
  query,
  entries,
  enter,
  pins,
  explored,
}: PageParts): Placed[] {
  const fits = capacity(index, controls.caps)
  const page: Placed[] = []
  const taken = new Set(query.after)
  for (const { item } of pins.values()) {
    taken.add(item)
    fits.count(item)
  }
  const chooser = mmr(bundle, controls, entries, query.after)
  const place = (placed: Placed, counted = false) => {
    page.push(placed)
    taken.add(placed.entry.item)
    chooser.chose(placed.entry.item)
    if (!counted) fits.count(placed.entry.item)
  }
  const free = (item: number) => !taken.has(item) && fits.has(item)
  let fresh = 0
  for (let slot = 0; slot < query.k; slot++) {
    const pin = pins.get(slot)
    if (pin) {
      place({ entry: enter(pin.item), by: { source: 'pin', rule: pin.rule } }, true)
      continue
    }
    // What is fresh and has earned its place counts: exploring gives away no more than it must.
    const item = explored && explored.due(slot) > fresh ? explored.items.find(free) : undefined
    const placed: Placed | null =
      item === undefined
        ? chooser.next(free)
        : { entry: enter(item), by: { source: 'explore', ...named(explored?.rule) } }
    if (!placed) continue
    if (explored?.isFresh(placed.entry.item)) fresh++
    place(placed)
  }
  return page
}

function mmr(bundle: Bundle, { diversity }: Controls, entries: readonly Entry[], after: readonly number[]) {
  const { value, rule } = diversity
  const share = Math.min(value, MOST_DIVERSE)
  const spread =
    entries.length > 0 ? entries[0]!.score - entries[Math.min(WINDOW, entries.length) - 1]!.score : 0
  const penalty = (share / (1 - share)) * (spread || SCORE_UNITS)
  const alike = similarity(bundle)
  /** What stands last; what has come into the window since may be worth more, and still comes after it. */
  let last = Number.POSITIVE_INFINITY
  const chosen = [...after]
  /** Of an entry: its greatest likeness to the first `compared` of what has been chosen. */
  const known = new Map<number, { most: number; compared: number }>()

  function loss(item: number): number {
    const so = known.get(item) ?? { most: 0, compared: 0 }
    for (; so.compared < chosen.length; so.compared++)
      so.most = Math.max(so.most, alike(item, chosen[so.compared]!))
    known.set(item, so)
    return Math.round(penalty * so.most)
  }

  return {
    chose: (item: number) => void chosen.push(item),
    next(free: (item: number) => boolean): Placed | null {
      let best: Entry | null = null
      let least = 0
      let seen = 0
      for (const entry of entries) {
        if (!free(entry.item)) continue
        if (value === 0) return { entry }
        const lost = loss(entry.item)
        if (!best || entry.score - lost > best.score - least) {
          best = entry
          least = lost
        }
        if (++seen === WINDOW) break
      }
      if (!best) return null
      const score = Math.min(last, best.score - least)
      last = score
      if (score === best.score) return { entry: best }
      const term = { source: 'diversity', share: score - best.score, ...named(rule) } as const
      return { entry: { ...best, score, terms: [...best.terms, term] } }
    },
  }
}

/** How much room the caps leave. An item of several values needs room under each; one without any always has it. */
function capacity(index: WhereIndex, caps: ReadonlyMap<string, number>) {
  const counts = new Map<number, number>()
  const limits = [...caps]
  return {
    has: (item: number) =>
      limits.every(([name, max]) => index.termsOf(name, item).every((term) => (counts.get(term) ?? 0) < max)),
    count(item: number) {
      for (const [name] of limits)
        for (const term of index.termsOf(name, item)) counts.set(term, (counts.get(term) ?? 0) + 1)
    },
  }
}
