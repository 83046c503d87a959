import type { ItemDetails } from '../domain/catalogue.ts'
import { ForYouError } from '../domain/errors.ts'
import { type CatalogueShard, decodeCatalogue } from './catalogueFile.ts'
import { concat } from './concat.ts'
import { decodeContent, type Vocabulary } from './contentFile.ts'
import { decodeDetails } from './detailsFile.ts'
import type { Manifest } from './manifest.ts'
import { decodeNeighbours, type ListKind, type NeighbourRows } from './neighboursFile.ts'
import { dated, decodePopularity, type Popularity } from './popularityFile.ts'
import { decodeRanker, type RankerFile } from './rankerFile.ts'
import { decodeTable, type Ridge } from './tableFile.ts'

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
  const catalogue = shards('catalogue').map(([role, blob]) => decodeCatalogue(blob, role))
  const popularityBlob = blobs.get('popularity')
  if (catalogue.length === 0 || !popularityBlob) {
    throw new ForYouError('bundle_section', 'The bundle lacks its catalogue or its popularity.')
  }
  const ids = joinIds(catalogue)
  const items = ids.length
  const popularity = decodePopularity(popularityBlob, 'popularity')
  const total = popularity.count.length
  if (items > total) throw new ForYouError('bundle_value', `Popularity covers ${total} of ${items} items.`)
  const details = shards('details').map(([role, blob]) => decodeDetails(blob, role))
  const rankerBlob = blobs.get('ranker')
  const firstDays = catalogue.map((shard) => shard.firstDay)
  return {
    manifest,
    manifestHash,
    items,
    complete: items === total && manifest.files.every(({ role }) => !isSharded(role) || blobs.has(role)),
    ids,
    numberOf: numbers(ids),
    firstDay: dated(concat(Int32Array, firstDays), popularity),
    year: concat(
      Int16Array,
      catalogue.map((shard) => shard.year),
    ),
    popularity,
    table: joinTable(shards('table'), catalogue),
    neighbours: joinNeighbours('neighbours', shards('neighbours'), catalogue, items, total),
    transitions: joinNeighbours('transitions', shards('transitions'), catalogue, items, total),
    content: joinContent(shards('content'), catalogue, items),
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

function joinIds(shards: readonly CatalogueShard[]): string[] {
  const ids: string[] = []
  for (const shard of shards) {
    if (shard.firstRow !== ids.length) {
      throw new ForYouError(
        'bundle_value',
        `A catalogue shard starts at ${shard.firstRow}, not ${ids.length}.`,
      )
    }
    for (const id of shard.ids) ids.push(id)
  }
  return ids
}

function numbers(ids: readonly string[]): Map<string, number> {
  const numberOf = new Map(ids.map((id, number) => [id, number]))
  if (numberOf.size !== ids.length) throw new ForYouError('bundle_value', 'Two items have the same id.')
  return numberOf
}

function joinTable(blobs: [string, ArrayBuffer][], catalogue: readonly CatalogueShard[]): Table | null {
  const shards = blobs.slice(0, catalogue.length).map(([role, blob]) => decodeTable(blob, role))
  const [first] = shards
  if (!first) return null
  if (shards.some((s) => s.dims !== first.dims || s.step !== first.step || s.inputStep !== first.inputStep)) {
    throw new ForYouError('bundle_value', 'Shards of the table belong to different tables.')
  }
  // Items with a row come first, so every shard but the last is as long as its part of the catalogue.
  for (const [s, { inputScale }] of shards.entries()) {
    const rows = catalogue[s]!.ids.length
    if (inputScale.length > rows || (s < shards.length - 1 && inputScale.length < rows)) {
      throw new ForYouError('bundle_value', `table/${s} has ${inputScale.length} rows for ${rows} items.`)
    }
  }
  const inputScale = concat(
    Uint16Array,
    shards.map((s) => s.inputScale),
  )
  const rows = concat(
    Int8Array,
    shards.map((s) => s.rows),
  )
  return { ...first, count: inputScale.length, inputScale, rows }
}

function joinNeighbours(
  kind: ListKind,
  blobs: [string, ArrayBuffer][],
  catalogue: readonly CatalogueShard[],
  items: number,
  total: number,
) {
  const arrived = blobs.slice(0, catalogue.length)
  const shards: NeighbourRows[] = []
  for (const [s, [role, blob]] of arrived.entries()) {
    shards.push(decodeNeighbours(blob, role, catalogue[s]!.ids.length, total, kind, shards[0]?.layout))
  }
  const [first] = shards
  if (!first) return null
  const rows = joinRows(
    Uint32Array,
    shards.map((s) => ({ offsets: s.offsets, columns: s.targets, weights: s.weights })),
    items,
  )
  return { ...rows, step: first.step }
}

function joinContent(blobs: [string, ArrayBuffer][], catalogue: readonly CatalogueShard[], items: number) {
  let vocabulary: Vocabulary | null = null
  const shards: SparseRows<Uint8Array>[] = []
  for (const [s, [role, blob]] of blobs.entries()) {
    const rows = catalogue[s]?.ids.length
    if (rows === undefined) break
    const shard = decodeContent(blob, role, rows, vocabulary?.values.length)
    vocabulary ??= shard.vocabulary
    shards.push({ offsets: shard.offsets, columns: shard.terms, weights: shard.weights })
  }
  return vocabulary && shards.length > 0 ? { ...joinRows(Uint8Array, shards, items), vocabulary } : null
}

/** Concatenates sparse shards; rows that have not arrived are empty. */
function joinRows<W extends Uint8Array | Uint32Array>(
  type: new (length: number) => W,
  shards: readonly SparseRows<W>[],
  items: number,
): SparseRows<W> {
  const offsets = new Uint32Array(items + 1)
  let row = 0
  let entries = 0
  for (const shard of shards) {
    for (let r = 1; r < shard.offsets.length && row < items; r++) offsets[++row] = entries + shard.offsets[r]!
    entries += shard.columns.length
  }
  offsets.fill(offsets[row]!, row)
  return {
    offsets,
    columns: concat(
      Uint32Array,
      shards.map((s) => s.columns),
    ),
    weights: concat(
      type,
      shards.map((s) => s.weights),
    ),
  }
}
