import type { ItemDetails } from '../domain/catalogue.ts'
import { ForYouError } from '../domain/errors.ts'
import { decodeCatalogue } from './catalogueFile.ts'
import { concat } from './concat.ts'
import type { Vocabulary } from './contentFile.ts'
import { DELTA, type DeltaItems, decodeDelta } from './deltaFile.ts'
import { decodeDetails } from './detailsFile.ts'
import { joinContent, joinIds, joinNeighbours, joinTable, numbers } from './joinShards.ts'
import type { Manifest } from './manifest.ts'
import { applyPopularityDelta } from './popularityDelta.ts'
import { dated, decodePopularity, type Popularity } from './popularityFile.ts'
import { decodeRanker, type RankerFile } from './rankerFile.ts'
import type { Ridge } from './tableFile.ts'

/** The table of all shards that have arrived: item number → row. */
export interface Table {
  readonly dims: number
  readonly step: number
  /** Items 0 … count − 1 have a row. */
  readonly count: number
  readonly rows: Int8Array
  readonly inputScale: Uint16Array
  readonly inputStep: number
  /** How histories are folded in: a ridge solve, or without it a weighted sum. */
  readonly ridge?: Ridge
}

/** Sparse rows over item numbers: terms of an item, or neighbours of an item. */
export interface SparseRows<W extends Uint8Array | Uint32Array = Uint8Array | Uint32Array> {
  /** rows + 1 */
  readonly offsets: Uint32Array
  readonly columns: Uint32Array
  readonly weights: W
}

/** A verified, decoded bundle, ready to rank. Later shards, the details and optional parts may be missing. */
export interface Bundle {
  readonly manifest: Manifest
  readonly manifestHash: string
  /** Items 0 … items − 1 have arrived, in shard order. */
  readonly items: number
  /** False while shards are still to come. */
  readonly complete: boolean
  readonly ids: readonly string[]
  readonly numberOf: ReadonlyMap<string, number>
  /** Day of the release, else of the first use as the popularity knows it; −1 where neither is known. */
  readonly firstDay: Int32Array
  readonly year: Int16Array
  /** Whole catalogue, also the part that has not arrived. */
  readonly popularity: Popularity
  readonly table: Table | null
  readonly neighbours: (SparseRows & { readonly step: number }) | null
  /** What follows what: the same shape as the neighbours. */
  readonly transitions: (SparseRows & { readonly step: number }) | null
  readonly content: (SparseRows & { readonly vocabulary: Vocabulary }) | null
  readonly ranker: RankerFile | null
  /** Numbers that are never shown, see `withOverlay`. */
  readonly withdrawn: ReadonlySet<number>
  /** How many of the items, the last ones, came with an overlay and not with the bundle. */
  readonly added: number
  /** Details of an item number, `undefined` until their group has arrived. */
  detailsOf(item: number): ItemDetails | undefined
}

/**
 * Decodes a bundle from its verified blobs.
 * @param blobs role → decoded bytes; `catalogue/0` and `popularity` are needed, everything else may come later
 * @throws ForYouError `bundle_*` naming the role and what is wrong with it
 */
export function openBundle(
  manifest: Manifest,
  manifestHash: string,
  blobs: ReadonlyMap<string, ArrayBuffer>,
): Bundle {
  const shards = shardsOf(manifest, blobs)
  const base = shards('catalogue').map(([role, blob]) => decodeCatalogue(blob, role))
  const popularityBlob = blobs.get('popularity')
  if (base.length === 0 || !popularityBlob) {
    throw new ForYouError('bundle_section', 'The bundle lacks its catalogue or its popularity.')
  }
  const basePopularity = decodePopularity(popularityBlob, 'popularity')
  const changes = blobs.get(DELTA.popularity)
  const popularity = changes
    ? applyPopularityDelta(basePopularity, changes, DELTA.popularity)
    : basePopularity
  const known = basePopularity.count.length
  const total = popularity.count.length
  const whole =
    base.reduce((sum, shard) => sum + shard.ids.length, 0) === known &&
    manifest.files.every(({ role }) => !isSharded(role) || blobs.has(role))
  // Appended items are numbered behind the last of the base, so they wait for it.
  const appended = whole && total > known ? blobs.get(DELTA.items) : undefined
  const delta = appended && decodeDelta(appended)
  const extended = (name: keyof DeltaItems): [string, ArrayBuffer][] => {
    const blob = delta?.[name]
    return blob ? [...shards(name), [DELTA.items, blob]] : shards(name)
  }
  const catalogue = extended('catalogue').map(([role, blob]) => decodeCatalogue(blob, role))
  const ids = joinIds(catalogue)
  const items = ids.length
  if (whole ? items !== total : items > total)
    throw new ForYouError('bundle_value', `Popularity covers ${total} of ${items} items.`)
  const details = extended('details').map(([role, blob]) => decodeDetails(blob, role))
  const rankerBlob = blobs.get('ranker')
  const firstDays = catalogue.map((shard) => shard.firstDay)
  return {
    manifest,
    manifestHash,
    items,
    complete: whole,
    ids,
    numberOf: numbers(ids),
    firstDay: dated(concat(Int32Array, firstDays), popularity),
    year: concat(
      Int16Array,
      catalogue.map((shard) => shard.year),
    ),
    popularity,
    table: joinTable(shards('table'), catalogue),
    neighbours: joinNeighbours('neighbours', shards('neighbours'), catalogue, items, known),
    transitions: joinNeighbours('transitions', shards('transitions'), catalogue, items, known),
    content: joinContent(extended('content'), catalogue, items),
    ranker: rankerBlob ? decodeRanker(rankerBlob, 'ranker') : null,
    withdrawn: new Set(),
    added: 0,
    detailsOf(item) {
      const group = details.find(({ firstRow, rows }) => item >= firstRow && item < firstRow + rows)
      return group?.at(item - group.firstRow)
    },
  }
}

/** Same bundle with the popularity of another moment: the daily blob changes while everything else stays. */
export function withPopularity(bundle: Bundle, blob: ArrayBuffer): Bundle {
  const popularity = decodePopularity(blob, 'popularity')
  return { ...bundle, popularity, firstDay: dated(bundle.firstDay, popularity) }
}

const isSharded = (role: string) => /^(catalogue|table|neighbours|transitions|content)\//.test(role)

/** Blobs of a sharded role from shard 0 on, as far as they follow each other without a gap. */
function shardsOf(manifest: Manifest, blobs: ReadonlyMap<string, ArrayBuffer>) {
  const roles = new Set(manifest.files.map((file) => file.role))
  return (name: string): [string, ArrayBuffer][] => {
    const found: [string, ArrayBuffer][] = []
    for (let s = 0; ; s++) {
      const role = `${name}/${s}`
      const blob = blobs.get(role)
      if (!blob || !roles.has(role)) return found
      found.push([role, blob])
    }
  }
}
