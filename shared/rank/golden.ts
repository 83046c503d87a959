import * as v from 'valibot'
import { DELTA } from '../bundle/deltaFile.ts'
import { parseJson } from '../bundle/manifest.ts'
import type { Bundle } from '../bundle/openBundle.ts'
import { ForYouError } from '../domain/errors.ts'
import { InteractionSchema } from '../domain/interaction.ts'
import { type RankQuery, SURFACES } from '../domain/slate.ts'
import type { Network } from './network.ts'
import { createPlainRecommender } from './plainRecommender.ts'

/** Largest difference of a score between two ways of computing it; items inside it may swap. */
export const SCORE_TOLERANCE = 1e-4

const GoldenSchema = v.array(
  v.object({
    query: v.object({
      surface: v.picklist(SURFACES),
      k: v.number(),
      now: v.number(),
      history: v.array(InteractionSchema),
    }),
    items: v.array(v.object({ item: v.string(), score: v.number() })),
  }),
)
/** A recorded `(history, now, surface, options) → items, scores`. Histories are synthetic, never a training user's. */
export type GoldenCase = v.InferOutput<typeof GoldenSchema>[number]

export function encodeGolden(cases: readonly GoldenCase[]): ArrayBuffer {
  return new TextEncoder().encode(JSON.stringify(cases)).buffer as ArrayBuffer
}

export function decodeGolden(blob: ArrayBuffer): GoldenCase[] {
  return parseJson(GoldenSchema, new TextDecoder().decode(blob), 'golden file')
}

/** The cases of a bundle: those of its delta, where it has one. */
export function goldenOf(blobs: ReadonlyMap<string, ArrayBuffer>): ArrayBuffer | undefined {
  return blobs.get(DELTA.golden) ?? blobs.get('golden')
}

/** Records what a bundle ranks for a query. */
export function goldenCase(
  bundle: Bundle,
  query: RankQuery & { surface: GoldenCase['query']['surface']; k: number },
): GoldenCase {
  const { surface, k, now } = query
  const items = createPlainRecommender(bundle, undefined, () => null)
    .recommend(query)
    .items.map(({ item, score }) => ({ item, score }))
  return { query: { surface, k, now, history: [...query.history] }, items }
}

type ScoredItem = GoldenCase['items'][number]

/**
 * The first place at which two slates differ, −1 where they are the same: scores within `SCORE_TOLERANCE` of each other, and
 * items that swapped only with such as had a score within it.
 */
export function firstDifference(expected: readonly ScoredItem[], got: readonly ScoredItem[]): number {
  const differs = expected.findIndex(({ item, score }, r) => {
    const mine = got[r]
    // Not the other way round: what is no number is not near enough either.
    if (!mine || !(Math.abs(mine.score - score) <= SCORE_TOLERANCE)) return true
    return (
      mine.item !== item &&
      !expected.some((other) => other.item === mine.item && Math.abs(other.score - score) <= SCORE_TOLERANCE)
    )
  })
  return differs < 0 && got.length !== expected.length ? expected.length : differs
}

/**
 * Ranks every golden case and compares. Only a complete bundle can be checked.
 * @param network what computes the scores here; the plain forward pass where none is given
 * @throws ForYouError `ranker_failed` saying which case differs, and where
 */
export function checkGolden(bundle: Bundle, cases: readonly GoldenCase[], network?: Network): void {
  const recommender = createPlainRecommender(bundle, network, () => null)
  for (const [c, { query, items }] of cases.entries()) {
    const differs = firstDifference(items, recommender.recommend(query).items)
    if (differs < 0) continue
    const backend = network?.backend ?? 'plain'
    throw new ForYouError('ranker_failed', `Golden case ${c} differs at position ${differs} on ${backend}.`)
  }
}

/** Largest difference between a recorded score and the one at the same place now: what `checkGolden` has to tolerate. */
export function goldenDifference(bundle: Bundle, cases: readonly GoldenCase[], network?: Network): number {
  const recommender = createPlainRecommender(bundle, network, () => null)
  const differences = cases.flatMap(({ query, items }) => {
    const got = recommender.recommend(query).items
    return items.map(({ score }, r) => Math.abs((got[r]?.score ?? Number.POSITIVE_INFINITY) - score))
  })
  return Math.max(0, ...differences)
}
