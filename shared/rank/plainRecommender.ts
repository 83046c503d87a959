import type { Rung } from '../bundle/manifest.ts'
import type { Bundle } from '../bundle/openBundle.ts'
import { ForYouError } from '../domain/errors.ts'
import {
  DEFAULT_K,
  isControlled,
  MAX_K,
  type RankQuery,
  type Slate,
  type SlateItem,
} from '../domain/slate.ts'
import type { Controls } from './finish/controls.ts'
import type { CreateFinishing } from './finish/createFinishing.ts'
import type { Entry, FinishQuery } from './finish/finish.ts'
import type { Excluded } from './generator.ts'
import { type HistoryView, historyView } from './historyView.ts'
import { lazy } from './lazy.ts'
import { type Network, plainNetwork } from './network.ts'
import { isUnreleased } from './popular.ts'
import { createRungs, type Ranked } from './rungs.ts'
import { SCORE_UNITS } from './scoreCandidates.ts'
import { createSurfaces, type Found } from './surfaces.ts'

/** Ranks with a bundle. Offline evaluation, publishing and the browser all come through here. */
export interface Recommender {
  readonly bundle: Bundle
  /** @throws ForYouError `bad_usage` for options that no bundle could satisfy */
  recommend(query: RankQuery): Slate
  /** The k best items of one rung of the ladder: what evaluation compares. */
  rank(rung: Rung, view: HistoryView, k: number, excluded: Excluded): Ranked
}

/**
 * What is moved, capped or varied is taken out of so many items, and never fewer than the page and all pages before it need. Always
 * the same, so that a later page comes out of the same pool as the first.
 */
const POOL = 1000
const SPARE = 100

/** A shorter slate has no place to give away. */
const FEW = 4

/** Ids that `after` may name: a hundred full pages. */
const MAX_AFTER = 100 * MAX_K

/**
 * A recommender that asks for the finish when a query first needs it.
 * @param network computes the ranker's scores; the plain forward pass where none is given
 * @param finish `null` while it has not been loaded; a query that needs it then throws `internal`
 * @throws ForYouError `bundle_version` where the bundle's ranker needs features that this code lacks
 */
export function createPlainRecommender(
  bundle: Bundle,
  network: Network | undefined,
  finish: () => CreateFinishing | null,
): Recommender {
  const net = network ?? (bundle.ranker ? plainNetwork(bundle.ranker.network) : null)
  const rungs = createRungs(bundle, net)
  const lists = rungs.state.shown
  const find = createSurfaces(bundle, rungs, lists)
  const finishing = lazy(() => {
    const create = finish()
    if (!create) throw new ForYouError('internal', 'What finishes a slate has not been loaded.')
    return create(bundle)
  })
  const unreleased = isUnreleased(bundle)

  function recommend(query: RankQuery): Slate {
    const surface = query.surface ?? 'for-you'
    const k = slateLength(query.k)
    const view = historyView(bundle, query.history, query.now)
    const all = isControlled(query) ? finishing().controls(query, surface) : plainly(bundle, query)
    // What the visitor has seen lately is a record, not a choice: it can be left out, but not moved.
    const controls = surface === 'recent' ? { ...all, active: false } : all
    const hidden = hiddenBy(bundle, query)
    const never = (item: number) =>
      hidden.has(item) ||
      controls.banned(item) ||
      bundle.withdrawn.has(item) ||
      (surface !== 'recent' && unreleased(item))
    const keepsSeen = controls.seen.mode === 'decay'
    const excluded = (item: number) => (!keepsSeen && view.seen.has(item)) || never(item)
    const after = afterOf(bundle, query)
    const needed = after.length + k + 1 // one more tells whether there is another page
    const length = controls.active ? Math.max(POOL, needed + SPARE) : needed
    const { allowed, active: additive } = controls
    const found = find(surface, { query, view, length, excluded, allowed, additive }, never)
    const { shown = {}, visit = 0 } = query
    const asked = { k, after, view, shown, visit, never, newest: lists.newest }
    const { entries, more } = pageOf(found, controls, asked)
    const items = explained(found, entries)
    if (surface === 'for-you' && found.reason === 'personal' && isPlain(controls, entries))
      addArrival(items, view, (item) => excluded(item) || after.includes(item))
    return {
      surface,
      items,
      reason: found.reason,
      manifest: bundle.manifestHash,
      partial: !bundle.complete,
      ...(found.seed === undefined ? {} : seedOf(bundle, found.seed)),
      ...(found.within && { within: found.within }),
      ...(more && { next: [...(query.after ?? []), ...items.map(({ item }) => item)] }),
    }
  }

  function pageOf(
    { pool }: Found,
    controls: Controls,
    asked: FinishQuery,
  ): { entries: Entry[]; more: boolean } {
    const { k, after } = asked
    if (controls.active) {
      const entries = finishing().page(pool, controls, asked)
      return { entries, more: entries.length === k && pool.items.length > after.length + k }
    }
    const shown = new Set(after)
    const entries: Entry[] = []
    for (const [place, item] of pool.items.entries())
      if (!shown.has(item)) entries.push({ item, place, terms: [], score: pool.scores[place]! })
    return { entries: entries.slice(0, k), more: entries.length > k }
  }

  function explained(found: Found, entries: readonly Entry[]): SlateItem[] {
    const places = entries.map(({ place }) => place).filter((place) => place >= 0)
    const why = found.why(places)
    return entries.map(({ item, place, terms, score }) => {
      const ranked = place < 0 ? [] : why[places.indexOf(place)]!
      return slateItem(item, score, [...ranked, ...terms])
    })
  }

  function slateItem(number: number, score: number, why: SlateItem['why']): SlateItem {
    const details = bundle.detailsOf(number)
    return { item: bundle.ids[number]!, score: score / SCORE_UNITS, why, ...(details ? { details } : {}) }
  }

  /**
   * Nobody can have chosen yet what an overlay has added, so whatever was learned from choices puts it last: the one whose
   * content suits best takes the last place, unless one of them has earned a place by itself.
   */
  function addArrival(items: SlateItem[], view: HistoryView, excluded: Excluded): void {
    const own = bundle.items - bundle.added
    const isAdded = (number: number) => number >= own && !excluded(number)
    if (bundle.added === 0 || items.length < FEW || items.some((i) => isAdded(bundle.numberOf.get(i.item)!)))
      return
    const top = rungs.state.generators.content?.score(view).top(1, (number) => !isAdded(number))
    if (!top?.items.length) return
    const score = items.at(-1)!.score * SCORE_UNITS
    // Nothing suits better, so content counts whole; that it stands where it does is for being new.
    const best: Ranked = {
      rung: 'content',
      items: top.items,
      scores: Float64Array.of(SCORE_UNITS),
      own: 1,
      seen: null,
    }
    const rest = { source: 'fresh', share: score - SCORE_UNITS } as const
    const why = [...rungs.explain(best, view)[0]!, ...(rest.share === 0 ? [] : [rest])]
    items[items.length - 1] = slateItem(top.items[0]!, score, why)
  }

  return { bundle, recommend, rank: rungs.rank }
}

/** Without any control there is only what the page leaves out. */
function plainly({ numberOf }: Bundle, { exclude = [] }: RankQuery): Controls {
  const left = new Set(exclude.flatMap((id) => numberOf.get(id.normalize('NFC')) ?? []))
  return {
    allowed: null,
    banned: (item) => left.has(item),
    pins: [],
    boosts: [],
    caps: new Map(),
    seen: { mode: 'exclude' },
    minRelevance: 0,
    diversity: { value: 0 },
    explore: null,
    rotate: { rate: 0 },
    active: false,
  }
}

/** Whether the last place may be given away: nobody has said what must stand there. */
function isPlain({ caps, minRelevance }: Controls, entries: readonly Entry[]): boolean {
  const placed = entries.at(-1)?.terms.some(({ source }) => source === 'pin' || source === 'explore')
  return caps.size === 0 && minRelevance === 0 && !placed
}

function slateLength(k = DEFAULT_K): number {
  if (!Number.isInteger(k) || k < 1 || k > MAX_K) {
    throw new ForYouError('bad_usage', `k must be a whole number from 1 to ${MAX_K}, not ${k}.`)
  }
  return k
}

function afterOf(bundle: Bundle, { after = [] }: RankQuery): number[] {
  if (!Array.isArray(after) || after.length > MAX_AFTER)
    throw new ForYouError(
      'bad_usage',
      `after must be the "next" of the page before, at most ${MAX_AFTER} ids.`,
    )
  return after.flatMap((id) => bundle.numberOf.get(String(id).normalize('NFC')) ?? [])
}

function hiddenBy({ numberOf }: Bundle, { history }: RankQuery): ReadonlySet<number> {
  const hidden = history.filter(({ kind }) => kind === 'hide')
  return new Set(hidden.flatMap(({ item }) => numberOf.get(item) ?? []))
}

function seedOf(bundle: Bundle, seed: string): Pick<Slate, 'seed' | 'seedDetails'> {
  const number = bundle.numberOf.get(seed)
  const details = number === undefined ? undefined : bundle.detailsOf(number)
  return details ? { seed, seedDetails: details } : { seed }
}
