import type { GeneratorName } from '../../shared/bundle/generators.ts'
import { RUNGS, type Rung } from '../../shared/bundle/manifest.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import {
  CONTROL_SOURCES,
  type Contribution,
  type RankQuery,
  type Reason,
  SCORE_UNITS,
  type SlateItem,
  type Surface,
} from '../../shared/domain/slate.ts'
import { featuresOf } from '../../shared/features/featureSchema.ts'
import { featureRows } from '../../shared/features/features.ts'
import { candidateSource, candidates, provenanceOf } from '../../shared/rank/candidates.ts'
import { whereIndex } from '../../shared/rank/finish/whereIndex.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import { isUnreleased } from '../../shared/rank/popular.ts'
import { queryScores, queryState } from '../../shared/rank/queryState.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { createRungs } from '../../shared/rank/rungs.ts'
import { type Asked, askedItem } from './askedItem.ts'
import { titleOf } from './titleOf.ts'

export interface NamedItem {
  readonly item: string
  /** The id where the bundle tells no title. */
  readonly title: string
}

/** An item of the slate, and how it came to its place. */
export interface InspectedItem extends NamedItem {
  /** From 1. */
  readonly place: number
  readonly score: number
  /** Where the learned ranker has ranked it: the probability that the visitor's next positive interaction is with it. */
  readonly chance?: number
  /** Contributions in units of 2⁻¹⁶; they sum to the score. */
  readonly why: readonly Contribution[]
  /** Which generators brought it as a candidate, and at what place of theirs. */
  readonly brought: readonly { readonly generator: GeneratorName; readonly place: number }[]
  /** Every feature as the ranker read it; none where the ranker was not asked. */
  readonly features: Readonly<Record<string, number>>
}

export interface Inspection {
  readonly surface: Surface
  readonly reason: Reason
  /** What `for-you` ships. */
  readonly forYou: Rung
  readonly history: readonly NamedItem[]
  /** Names of the site's rules that decide over this surface. */
  readonly rules: readonly string[]
  readonly catalogue: number
  /** Distinct items that the generators brought. */
  readonly candidates: number
  readonly slate: readonly InspectedItem[]
  /** What each rung of the ladder, and the trending list, would have shown on `for-you`. */
  readonly others: readonly {
    readonly name: string
    readonly ships: boolean
    readonly items: readonly NamedItem[]
  }[]
  /** Where one item was asked for. */
  readonly asked?: Asked
}

/**
 * One query taken apart, with the browser's own code: the slate, where its items came from, what they are made of, what each
 * baseline would have shown; and why one item is, or is not, among them.
 * @param asked id of the item that is asked for
 */
export function inspectQuery(
  bundle: Bundle,
  query: RankQuery & { readonly k: number },
  asked?: string,
): Inspection {
  const network = bundle.ranker ? plainNetwork(bundle.ranker.network) : null
  const rungs = createRungs(bundle, network)
  const recommender = createRecommender(bundle)
  const surface = query.surface ?? 'for-you'
  const slate = recommender.recommend(query)
  const view = historyView(bundle, query.history, query.now)
  const unreleased = isUnreleased(bundle)
  const banned = new Set(query.exclude)
  const index = whereIndex(bundle)
  const allowed = query.filter ? index.matching({ attributes: query.filter }) : null
  const rules = (query.rules ?? []).filter(({ surfaces }) => !surfaces || surfaces.includes(surface))
  const keepsSeen = rules.some((rule) => rule.kind === 'seen' && rule.mode === 'decay')
  const ruledOut = rules.flatMap((rule) =>
    rule.kind === 'exclude'
      ? [[`excluded by the rule "${rule.name}"`, index.matching(rule.where).has] as const]
      : [],
  )
  const left = {
    'in the history': (item: number) => !keepsSeen && view.seen.has(item),
    excluded: (item: number) => banned.has(bundle.ids[item]!),
    'not what the filter asks for': (item: number) => allowed !== null && !allowed.has(item),
    'not released yet': unreleased,
    withdrawn: (item: number) => bundle.withdrawn.has(item),
    ...Object.fromEntries(ruledOut),
  }
  const excluded = (item: number) => Object.values(left).some((leaves) => leaves(item))
  const scores = queryScores(rungs.state, view)
  const source = candidateSource(rungs.state)
  const found = candidates(source, scores, excluded)
  const seen = queryState(rungs.state, view, scores, found)
  const named = (item: string): NamedItem => ({ item, title: titleOf(bundle, item) })
  const titled = (why: readonly Contribution[]) =>
    why.map((part) => (part.item === undefined ? part : { ...part, title: titleOf(bundle, part.item) }))
  const personal = surface === 'for-you' && slate.reason === 'personal'
  const learned = personal && bundle.manifest.forYou === 'ranker'
  const inspected = ({ item, score, why }: SlateItem, place: number): InspectedItem => ({
    ...named(item),
    place: place + 1,
    score,
    ...(learned && found.items.includes(bundle.numberOf.get(item)!) ? { chance: chanceOf(why) } : {}),
    why: titled(why),
    brought: surface === 'for-you' ? provenanceOf(found, bundle.numberOf.get(item)!) : [],
    features: learned ? valuesOf(item) : {},
  })
  const valuesOf = (item: string) => {
    const read = featuresOf(bundle.ranker?.features ?? [])
    const row = featureRows(seen, [bundle.numberOf.get(item)!], read)
    return Object.fromEntries(read.map(({ name }, f) => [name, row[f]!]))
  }
  const shown = (rung: Rung) =>
    Array.from(rungs.rank(rung, view, query.k, excluded).items, (n) => named(bundle.ids[n]!))
  const trending = recommender
    .recommend({ ...query, surface: 'trending' })
    .items.map(({ item }) => named(item))
  // Without a history every rung gives way to popularity.
  const told = RUNGS.filter(
    (rung) => rung === 'popularity' || (view.numbers.length > 0 && rungs.available(rung)),
  )
  const slateOf = (rung: Rung) => ({ name: rung, ships: rung === ships, items: shown(rung) })
  const ships = personal ? bundle.manifest.forYou : 'popularity'
  return {
    surface,
    reason: slate.reason,
    forYou: bundle.manifest.forYou,
    history: query.history.map(({ item }) => named(item)),
    rules: rules.map(({ name }) => name),
    catalogue: bundle.items,
    candidates: found.items.length,
    slate: slate.items.map(inspected),
    others:
      surface === 'for-you'
        ? [...told.map(slateOf), { name: 'trending', ships: false, items: trending }]
        : [],
    ...(asked === undefined
      ? {}
      : {
          asked: askedItem(
            { bundle, rungs, view, found, source, scores, excluded, left, slate, ships, titled },
            asked,
            valuesOf,
          ),
        }),
  }
}

/** The chance as it was ranked: what rules have added makes nothing likelier. */
function chanceOf(why: readonly Contribution[]): number {
  const moves: readonly string[] = CONTROL_SOURCES
  const ranked = why.filter(({ source }) => !moves.includes(source))
  const score = ranked.reduce((sum, { share }) => sum + share, 0) / SCORE_UNITS
  return 1 / (1 + Math.exp(-score))
}
