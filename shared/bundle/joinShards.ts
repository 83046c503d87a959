import { ForYouError } from '../domain/errors.ts'
import type { CatalogueShard } from './catalogueFile.ts'
import { concat } from './concat.ts'
import { decodeContent, type Vocabulary } from './contentFile.ts'
import { decodeNeighbours, type ListKind, type NeighbourRows } from './neighboursFile.ts'
import type { SparseRows, Table } from './openBundle.ts'
import { decodeTable } from './tableFile.ts'

export function joinIds(shards: readonly CatalogueShard[]): string[] {
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

export function numbers(ids: readonly string[]): Map<string, number> {
  const numberOf = new Map(ids.map((id, number) => [id, number]))
  if (numberOf.size !== ids.length) throw new ForYouError('bundle_value', 'Two items have the same id.')
  return numberOf
}

export function joinTable(
  blobs: [string, ArrayBuffer][],
  catalogue: readonly CatalogueShard[],
): Table | null {
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

export function joinNeighbours(
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

export function joinContent(
  blobs: [string, ArrayBuffer][],
  catalogue: readonly CatalogueShard[],
  items: number,
) {
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
