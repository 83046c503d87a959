import { encodeContent } from '../../shared/bundle/contentFile.ts'
import { DELTA, encodeDelta } from '../../shared/bundle/deltaFile.ts'
import { encodePopularityDelta } from '../../shared/bundle/popularityDelta.ts'
import { decodePopularity, type Popularity } from '../../shared/bundle/popularityFile.ts'
import type { Dataset } from '../dataset.ts'
import { parseEncoder, rowEncoder } from '../train/contentEncoder.ts'
import { popularityAt } from '../train/popularity.ts'
import { catalogueShard, detailsBlobs, detailsGroup } from './bundleBlobs.ts'
import type { DeltaBase } from './deltaBase.ts'
import type { DeltaOrder } from './deltaOrder.ts'
import { arrivalsSince, firstDays } from './firstDays.ts'
import { popularityBlob, ratingCodes } from './popularityBlob.ts'

/**
 * Popularity of the dataset at a moment in the numbers of a base, of its half-lives and range of ratings: exactly what a new
 * base would hold.
 */
export function popularityOnBase(
  { bundle, built }: DeltaBase,
  dataset: Dataset,
  order: DeltaOrder,
  until: number,
): Popularity {
  const { halfLives, mean, meanLow, meanHigh } = bundle.popularity
  const ratings = mean.length > 0 ? ratingCodes(dataset, { low: meanLow, high: meanHigh }) : null
  const counts = popularityAt(dataset, halfLives, until)
  // Items that were appended are dated in their own shard.
  const arrivals = arrivalsSince(dataset, built, { indexOf: order.indexOf.subarray(0, order.known) })(until)
  return decodePopularity(popularityBlob(counts, order, ratings, arrivals), 'popularity')
}

/** The base's files with what its popularity has become: role → bytes. */
export function withPopularityDelta(base: DeltaBase, next: Popularity): Map<string, ArrayBuffer> {
  const blobs = new Map(base.blobs)
  blobs.set(DELTA.popularity, encodePopularityDelta(base.bundle.popularity, next))
  if (base.items) blobs.set(DELTA.items, base.items)
  return blobs
}

/** The same with the items that the base lacks, and with details as they are now. */
export function withItemsDelta(
  base: DeltaBase,
  dataset: Dataset,
  order: DeltaOrder,
  next: Popularity,
): Map<string, ArrayBuffer> {
  const blobs = withPopularityDelta(base, next)
  for (const [role, blob] of detailsBlobs(dataset, order.indexOf.subarray(0, order.known)))
    blobs.set(role, blob)
  const added = order.indexOf.subarray(order.known)
  blobs.delete(DELTA.items)
  if (added.length === 0) return blobs
  return blobs.set(
    DELTA.items,
    encodeDelta({
      catalogue: catalogueShard(dataset, added, order.known, firstDays(dataset)),
      content: contentOnBase(base, dataset, added),
      details: detailsGroup(dataset, added, order.known),
    }),
  )
}

/** Content rows in the terms of the base; empty ones where the base holds nothing to weigh them with. */
function contentOnBase({ blobs, bundle }: DeltaBase, dataset: Dataset, added: Int32Array) {
  if (!bundle.content) return undefined
  const encoder = blobs.get('encoder')
  const encode = encoder ? rowEncoder(parseEncoder(new TextDecoder().decode(encoder))) : () => []
  const rows = Array.from(added, (i) => encode(dataset.catalogue[i]!))
  const offsets = new Uint32Array(rows.length + 1)
  for (const [r, row] of rows.entries()) offsets[r + 1] = offsets[r]! + row.length
  const entries = rows.flat()
  return encodeContent({
    offsets,
    terms: Uint32Array.from(entries, ({ term }) => term),
    weights: Uint8Array.from(entries, ({ weight }) => weight),
    vocabulary: null,
  })
}
