import { type GeneratorName, LIST_GENERATORS, PERSONAL_GENERATORS } from '../../shared/bundle/generators.ts'
import type { Rung } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { Contribution, Slate } from '../../shared/domain/slate.ts'
import { type CandidateSource, type Candidates, provenanceOf } from '../../shared/rank/candidates.ts'
import type { HistoryView } from '../../shared/rank/historyView.ts'
import type { QueryScores } from '../../shared/rank/queryState.ts'
import type { Rungs } from '../../shared/rank/rungs.ts'
import { SCORE_UNITS } from '../../shared/rank/scoreCandidates.ts'
import { titleOf } from './titleOf.ts'

/**
 * Where an item stands: in the slate, ranked below it, ranked high enough and kept out by rules, never a candidate, or left out
 * before anything was ranked. What a rule has brought is in the slate though it was no candidate.
 */
export type Verdict = 'shown' | 'ranked below' | 'kept out' | 'no candidate' | 'left out'

export interface Asked {
  readonly item: string
  readonly title: string
  readonly verdict: Verdict
  /** The reason for having been left out. */
  readonly because?: string
  /** Place among all that was ranked, from 1, how many these were, and its score. */
  readonly place?: number
  readonly of?: number
  readonly score?: number
  /** Score of the last item that is shown. */
  readonly needed?: number
  readonly why?: readonly Contribution[]
  readonly features?: Readonly<Record<string, number>>
  /** Each generator's place for it among all that may be shown, and how many it may bring; `null` where it says nothing. */
  readonly places: readonly {
    readonly generator: GeneratorName
    readonly place: number | null
    readonly quota: number
    readonly brought: boolean
  }[]
}

/** What is known of the query. */
export interface AskedContext {
  readonly bundle: Bundle
  readonly rungs: Rungs
  readonly view: HistoryView
  readonly found: Candidates
  readonly source: CandidateSource
  readonly scores: QueryScores
  excluded(item: number): boolean
  readonly left: Readonly<Record<string, (item: number) => boolean>>
  readonly slate: Slate
  readonly ships: Rung
  titled(why: readonly Contribution[]): readonly Contribution[]
}

/** @throws ForYouError `not_found` for an item that the bundle does not have */
export function askedItem(
  context: AskedContext,
  item: string,
  valuesOf: (item: string) => Readonly<Record<string, number>>,
): Asked {
  const { bundle, rungs, view, found, excluded, left, slate, ships, titled } = context
  const number = bundle.numberOf.get(item)
  if (number === undefined) {
    throw new ForYouError('not_found', `The bundle has no item "${item}".`, {
      hint: 'Give an id, or a title that only one item has.',
    })
  }
  const start = { item, title: titleOf(bundle, item) }
  const because = Object.keys(left).find((reason) => left[reason]!(number))
  if (because !== undefined) return { ...start, verdict: 'left out', because, places: [] }
  const places = placesOf(context, number)
  const ranked = rungs.rank(ships, view, ships === 'ranker' ? found.items.length : bundle.items, excluded)
  const place = ranked.items.indexOf(number)
  const own = slate.items.find((other) => other.item === item)
  if (place < 0 || place >= ranked.own) {
    if (own) return { ...start, verdict: 'shown', score: own.score, why: titled(own.why), places }
    return { ...start, verdict: 'no candidate', places }
  }
  // Beside what is shown, as the slate's own reasons were found.
  const length = Math.min(slate.items.length, ranked.own)
  const order = [...Array(length).keys(), ...(place < length ? [] : [place])]
  const beside = {
    ...ranked,
    items: Int32Array.from(order, (p) => ranked.items[p]!),
    scores: Float64Array.from(order, (p) => ranked.scores[p]!),
    own: order.length,
  }
  return {
    ...start,
    verdict: own ? 'shown' : place < slate.items.length ? 'kept out' : 'ranked below',
    place: place + 1,
    of: ranked.own,
    score: ranked.scores[place]! / SCORE_UNITS,
    ...(slate.items.length > 0 && { needed: slate.items.at(-1)!.score }),
    why: titled(own?.why ?? rungs.explain(beside, view)[order.indexOf(place)]!),
    features: ships === 'ranker' ? valuesOf(item) : {},
    places,
  }
}

function placesOf({ bundle, rungs, found, source, scores, excluded }: AskedContext, number: number) {
  const brought = new Map(provenanceOf(found, number).map(({ generator, place }) => [generator, place]))
  const rank = (items: Int32Array) => {
    const place = items.indexOf(number)
    return place < 0 ? null : place + 1
  }
  const entry = (generator: GeneratorName, items: Int32Array | undefined) => ({
    generator,
    place: items ? rank(items) : null,
    quota: source.plan.quotas[generator] ?? 0,
    brought: brought.has(generator),
  })
  return [
    ...PERSONAL_GENERATORS.map((name) => entry(name, scores[name]?.top(bundle.items, excluded).items)),
    ...LIST_GENERATORS.map((name) =>
      entry(
        name,
        rungs.state.lists[name]?.items.filter((item) => !excluded(item)),
      ),
    ),
  ].filter(({ quota, place }) => quota > 0 || place !== null)
}
