import type { ItemDetails } from '../domain/catalogue.ts'
import type { NetworkWeights } from '../rank/network.ts'
import type { Manifest } from './manifest.ts'

/** A verified, decoded bundle, ready to rank. Details and later shards may still be missing. */
export interface Bundle {
  readonly manifest: Manifest
  readonly manifestHash: string
  /** Item number → id, as far as shards have arrived. */
  readonly ids: readonly string[]
  readonly numberOf: ReadonlyMap<string, number>
  readonly network: NetworkWeights | null
  /** Details of an item number, `undefined` until their group has arrived. */
  detailsOf(item: number): ItemDetails | undefined
}

/**
 * Decodes a bundle from its verified blobs.
 * @param blobs role → decoded bytes; `catalogue/0` and `popularity` are needed, everything else may come later
 * @throws ForYouError `bundle_*` naming the role and what is wrong with it
 */
export declare function openBundle(
  manifest: Manifest,
  manifestHash: string,
  blobs: ReadonlyMap<string, ArrayBuffer>,
): Bundle
