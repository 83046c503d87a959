import type { Profile, Rung } from '../../shared/bundle/manifest.ts'
import { type Bundle, openBundle } from '../../shared/bundle/openBundle.ts'
import type { Dataset } from '../dataset.ts'
import { seededRandom } from '../random.ts'
import { bundleHalfLives, type Settings } from '../settings.ts'
import { withColdItems } from '../train/coldItems.ts'
import { content, personalPopularity } from '../train/content.ts'
import { embeddings } from '../train/embeddings.ts'
import { withPlugins } from '../train/plugins.ts'
import { countByItem, popularityAt } from '../train/popularity.ts'
import { tableAndNeighbours } from '../train/tableAndNeighbours.ts'
import type { Model, PopularBy, Referee, Trainer } from '../train/trainer.ts'
import { transitions } from '../train/transitions.ts'
import { bundleBlobs } from './bundleBlobs.ts'
import { type ItemOrder, itemOrder } from './itemOrder.ts'
import { manifestOf } from './manifestOf.ts'
import { popularityBlob, type RatingCodes, ratingCodes } from './popularityBlob.ts'

/** Generators fitted to a dataset, encoded, and decoded again: what is trained on them sees what quantisation costs. */
export interface Stage {
  readonly ratings: RatingCodes | null
  readonly order: ItemOrder
  /** role → bytes: everything but the ranker */
  readonly blobs: ReadonlyMap<string, ArrayBuffer>
  readonly profile: Profile
  readonly halfLives: readonly number[]
  /** What the data lacks for one generator or another, one sentence each. */
  readonly missing: readonly string[]
  readonly trainSeconds: Readonly<Record<string, number>>
  /** What an offline trainer gave: no part of the blobs. */
  readonly referee?: Referee
}

/** What a bundle is made of: vectors that are brought along stand where table and neighbours would. */
export function shippedTrainers({ embeddings: given }: Pick<Dataset, 'embeddings'>): readonly Trainer[] {
  return [personalPopularity, content, given ? embeddings : tableAndNeighbours, transitions]
}

/**
 * Fits every generator that the data supports.
 * @param asOf moment of the popularity: everything strictly before it counts
 * @param details whether item details go in: a bundle that is only evaluated does without
 */
export function fitStage(
  dataset: Dataset,
  settings: Settings,
  asOf: number,
  { details = false, trainers = withPlugins(shippedTrainers(dataset), settings) } = {},
): Stage {
  const missing: string[] = []
  const trainSeconds: Record<string, number> = {}
  let model: Model = { trainer: 'all' }
  for (const trainer of trainers) {
    const lacks = trainer.missing(dataset, settings)
    if (lacks) {
      missing.push(lacks)
      continue
    }
    const start = performance.now()
    model = { ...model, ...trainer.train(dataset, settings, seededRandom(settings.seed)) }
    trainSeconds[trainer.name] = (performance.now() - start) / 1000
  }
  if (model.table && model.content)
    model = {
      ...model,
      table: withColdItems(model.table, model.content, settings.cold, countByItem(dataset)),
    }
  const halfLives = bundleHalfLives(dataset.order, settings.popularHalfLife)
  const order = itemOrder(dataset, model)
  const blobs = bundleBlobs(dataset, model, order, details)
  const ratings = ratingCodes(dataset)
  const counts = popularityAt(dataset, halfLives, dataset.order === 'time' ? asOf : Number.POSITIVE_INFINITY)
  blobs.set('popularity', popularityBlob({ ...counts, asOf }, order, ratings))
  const profile: Profile = {
    decay: settings.decay,
    historyLength: settings.historyLength,
    ...(model.transitions ? { transitionDecay: settings.transitions.decay } : {}),
    popularHalfLife: popularList(model.popularBy, halfLives.indexOf(settings.popularHalfLife ?? -1)),
    tableWeight: model.tableWeight ?? 0,
  }
  const { referee } = model
  return {
    ratings,
    order,
    blobs,
    profile,
    halfLives,
    missing,
    trainSeconds,
    ...(referee ? { referee } : {}),
  }
}

/** What `popularHalfLife` of the profile says: a half-life's place, or one of the other counts, see `countOf`. */
function popularList(by: PopularBy | undefined, chosen: number): number {
  return by === 'count' ? -1 : by === 'shrunken-mean' ? -2 : by === 'trending' ? -3 : chosen
}

/** A stage's blobs and the ranker that was trained on them, where there is one. */
export function withRanker(
  blobs: ReadonlyMap<string, ArrayBuffer>,
  ranker: ArrayBuffer | null,
): Map<string, ArrayBuffer> {
  return new Map(ranker ? [...blobs, ['ranker', ranker]] : blobs)
}

/** Opens a stage's blobs the way a browser would: through a manifest, from the bytes. */
export async function openStage(
  dataset: Dataset,
  stage: Stage,
  forYou: Rung,
  ranker?: ArrayBuffer,
): Promise<Bundle> {
  const blobs = withRanker(stage.blobs, ranker ?? null)
  const manifest = await manifestOf(
    {
      kind: 'evaluation',
      site: 'stage',
      dataset,
      fingerprint: '0'.repeat(64),
      seed: 0,
      trainedUntil: 0,
      profile: stage.profile,
      forYou,
      evaluation: null,
      archive: false,
    },
    blobs,
  )
  return openBundle(manifest, '', blobs)
}
