import { encodeCatalogue } from '../../shared/bundle/catalogueFile.ts'
import { encodeContent } from '../../shared/bundle/contentFile.ts'
import { encodeDetails } from '../../shared/bundle/detailsFile.ts'
import { DETAILS_GROUP, SHARD_ROWS } from '../../shared/bundle/limits.ts'
import { encodeNeighbours, type ListKind } from '../../shared/bundle/neighboursFile.ts'
import { encodeTable, type Ridge } from '../../shared/bundle/tableFile.ts'
import type { Dataset } from '../dataset.ts'
import type { NeighbourLists } from '../train/neighbourLists.ts'
import type { ContentRows, ItemTable, Model } from '../train/trainer.ts'
import { firstDays } from './firstDays.ts'
import type { ItemOrder } from './itemOrder.ts'

/** Largest magnitudes of the integer codings. */
const ROW_MAX = 127
const INPUT_MAX = 65_535
/** Votes of a list have this many values: √weight in equal steps. Finer ones cost bytes and gain nothing measurable. */
const VOTE_LEVELS = 20
const LIST_SCALE_MAX = 255

/** Encodes everything but popularity and ranker: role → bytes. */
export function bundleBlobs(
  dataset: Dataset,
  model: Model,
  order: ItemOrder,
  details: boolean,
): Map<string, ArrayBuffer> {
  const blobs = new Map<string, ArrayBuffer>()
  const firstDay = firstDays(dataset)
  const items = order.indexOf.length
  const allLists = listsOf(model)
  for (let s = 0, first = 0; first < items || s === 0; s++, first += SHARD_ROWS) {
    const numbers = order.indexOf.subarray(first, Math.min(first + SHARD_ROWS, items))
    blobs.set(`catalogue/${s}`, catalogueShard(dataset, numbers, first, firstDay))
    if (model.content && model.content.values.length > 0)
      blobs.set(`content/${s}`, contentShard(model.content, numbers, s === 0))
    const withRow = numbers.subarray(0, Math.max(0, Math.min(numbers.length, order.rows - first)))
    if (model.table && withRow.length > 0) blobs.set(`table/${s}`, tableShard(model.table, withRow, s === 0))
    for (const { kind, lists, highest } of allLists)
      blobs.set(`${kind}/${s}`, listShard({ kind, lists, highest }, numbers, order, s === 0))
  }
  if (!details) return blobs
  for (const [role, blob] of detailsBlobs(dataset, order.indexOf)) blobs.set(role, blob)
  // Visitors never fetch it: whoever adds an item later has its content weighed by it.
  const encoder = model.content?.encoder
  if (encoder) blobs.set('encoder', new TextEncoder().encode(JSON.stringify(encoder)).buffer as ArrayBuffer)
  return blobs
}

/** Details of all items in their fixed groups: role → bytes. */
export function detailsBlobs(dataset: Dataset, indexOf: Int32Array): Map<string, ArrayBuffer> {
  const blobs = new Map<string, ArrayBuffer>()
  for (let g = 0, first = 0; first < indexOf.length; g++, first += DETAILS_GROUP)
    blobs.set(`details/${g}`, detailsGroup(dataset, indexOf.subarray(first, first + DETAILS_GROUP), first))
  return blobs
}

/** @param numbers dataset indexes in item-number order, the first of them item `firstRow` */
export function detailsGroup(dataset: Dataset, numbers: Int32Array, firstRow: number): ArrayBuffer {
  const details = Array.from(numbers, (i) => {
    const { id: _, releasedAt: __, text: ___, numbers: ____, ...shown } = dataset.catalogue[i]!
    return shown
  })
  return encodeDetails({ firstRow, details })
}

/** @param numbers dataset indexes in item-number order, the first of them item `firstRow` */
export function catalogueShard(
  dataset: Dataset,
  numbers: Int32Array,
  firstRow: number,
  firstDay: Int32Array,
): ArrayBuffer {
  return encodeCatalogue({
    firstRow,
    ids: Array.from(numbers, (i) => dataset.catalogue[i]!.id),
    firstDay: Int32Array.from(numbers, (i) => firstDay[i]!),
    year: Int16Array.from(numbers, (i) => dataset.catalogue[i]!.year ?? 0),
  })
}

function contentShard(content: ContentRows, numbers: Int32Array, first: boolean): ArrayBuffer {
  const { names, values, nameOf, taste } = content
  const offsets = new Uint32Array(numbers.length + 1)
  const terms: number[] = []
  const weights: number[] = []
  for (const [n, i] of numbers.entries()) {
    for (let e = content.offsets[i]!; e < content.offsets[i + 1]!; e++) {
      terms.push(content.terms[e]!)
      weights.push(content.weights[e]!)
    }
    offsets[n + 1] = terms.length
  }
  return encodeContent({
    offsets,
    terms: Uint32Array.from(terms),
    weights: Uint8Array.from(weights),
    vocabulary: first ? { names, values, nameOf, taste } : null,
  })
}

/** One global step for all rows: Brotli then spends few bits on the many small values. */
function tableShard(table: ItemTable, numbers: Int32Array, first: boolean): ArrayBuffer {
  const step = table.rows.reduce((max, x) => Math.max(max, Math.abs(x)), 0) / (table.levels ?? ROW_MAX) || 1
  const inputStep = table.inputScale.reduce((max, x) => Math.max(max, x), 0) / INPUT_MAX
  const rows = new Int8Array(numbers.length * table.dims)
  for (const [n, i] of numbers.entries()) {
    for (let d = 0; d < table.dims; d++)
      rows[n * table.dims + d] = Math.round(table.rows[i * table.dims + d]! / step)
  }
  const inputScale = Uint16Array.from(numbers, (i) => Math.round(table.inputScale[i]! / inputStep))
  const ridge = first && table.ridge ? { ridge: { ...table.ridge, ...quantisedGram(table, step) } } : {}
  return encodeTable({ dims: table.dims, step, rows, inputScale, inputStep, ...ridge })
}

/** Σ t tᵀ over the rows as they are coded, so that a browser solves the system of the rows that it has. */
function quantisedGram({ dims, rows, hasRow, cold }: ItemTable, step: number): Pick<Ridge, 'gram' | 'items'> {
  const gram = new Float64Array((dims * (dims + 1)) / 2)
  let items = 0
  for (let i = 0; i < hasRow.length; i++) {
    if (!hasRow[i] || cold?.[i]) continue
    items++
    const row = rows.subarray(i * dims, i * dims + dims).map((x) => Math.round(x / step))
    for (let a = 0, p = 0; a < dims; a++) for (let b = 0; b <= a; b++) gram[p++]! += row[a]! * row[b]!
  }
  return { gram, items }
}

function listsOf(model: Model) {
  return (['neighbours', 'transitions'] as const).flatMap((kind) => {
    const lists = model[kind]
    return lists ? [{ kind, lists, highest: lists.weights.reduce((max, x) => Math.max(max, x), 0) || 1 }] : []
  })
}

/** Each list has a scale, because the votes of much-used items are damped; inside it, steps are equal in √weight. */
function listShard(
  { kind, lists, highest }: { kind: ListKind; lists: NeighbourLists; highest: number },
  numbers: Int32Array,
  order: ItemOrder,
  first: boolean,
): ArrayBuffer {
  const offsets = new Uint32Array(numbers.length + 1)
  for (const [n, i] of numbers.entries())
    offsets[n + 1] = offsets[n]! + lists.offsets[i + 1]! - lists.offsets[i]!
  const targets = new Uint32Array(offsets[numbers.length]!)
  const roots = new Uint8Array(targets.length)
  const scales = new Uint8Array(numbers.length).fill(1)
  for (const [n, i] of numbers.entries()) {
    const weights = lists.weights.subarray(lists.offsets[i]!, lists.offsets[i + 1]!)
    const most = weights.reduce((max, x) => Math.max(max, x), 0)
    scales[n] = Math.max(1, Math.round(Math.sqrt(most / highest) * LIST_SCALE_MAX))
    const unit = highest * (scales[n]! / LIST_SCALE_MAX) ** 2
    for (const [e, weight] of weights.entries()) {
      targets[offsets[n]! + e] = order.numberOf[lists.targets[lists.offsets[i]! + e]!]!
      const level = Math.round(Math.sqrt(weight / unit) * VOTE_LEVELS)
      roots[offsets[n]! + e] = Math.max(1, Math.min(255, level))
    }
  }
  const step = highest / (VOTE_LEVELS * LIST_SCALE_MAX) ** 2
  return encodeNeighbours({ step, offsets, targets, roots, scales }, order.layout, first, kind)
}
