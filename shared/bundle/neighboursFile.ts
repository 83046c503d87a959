import * as v from 'valibot'
import { decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'
import { decodeGaps, encodeGaps } from './gapCode.ts'
import { type Layout, layoutOf } from './layout.ts'

/** One shard of neighbour lists: what each item of a history votes for (CSR; vote = integer × step). */
export interface NeighboursShard {
  readonly step: number
  readonly offsets: Uint32Array
  /** Item numbers, of any shard. */
  readonly targets: Uint32Array
  /** Of each entry, 1 … 255: the root of its vote in its list. */
  readonly roots: Uint8Array
  /** Of each list, 1 … 255: the root of what its votes are multiplied with. */
  readonly scales: Uint8Array
}

/** A decoded shard. */
export interface NeighbourRows extends Omit<NeighboursShard, 'roots' | 'scales'> {
  /** root² × scale² of each entry: small votes keep their precision, short lists and long ones theirs, and sums are exact. */
  readonly weights: Uint32Array
  readonly layout: Layout
}

const Meta = v.object({ step: v.pipe(v.number(), v.finite(), v.gtValue(0)) })

/** Neighbours and transitions have the same shape, but a file of one kind never passes for the other. */
export type ListKind = 'neighbours' | 'transitions'

/**
 * @param layout order in which targets are named
 * @param first shard 0, which carries the layout for all
 */
export function encodeNeighbours(
  { step, offsets, targets, roots, scales }: NeighboursShard,
  layout: Layout,
  first: boolean,
  kind: ListKind = 'neighbours',
): ArrayBuffer {
  const placeOf = new Uint32Array(layout.numberAt.length)
  for (const [place, number] of layout.numberAt.entries()) placeOf[number] = place
  const places = new Uint32Array(targets.length)
  const sorted = new Uint8Array(targets.length)
  for (let r = 0; r + 1 < offsets.length; r++) {
    // Place and root in one number: sorting it sorts both.
    const row = Float64Array.from(
      targets.subarray(offsets[r]!, offsets[r + 1]!),
      (target, e) => placeOf[target]! * 256 + roots[offsets[r]! + e]!,
    ).sort()
    for (let e = 0; e < row.length; e++) {
      places[offsets[r]! + e] = Math.floor(row[e]! / 256)
      sorted[offsets[r]! + e] = row[e]! % 256
    }
  }
  const code = { ...encodeGaps(offsets, places), roots: sorted, scales }
  const sections = { ...code, ...(first ? { lanes: layout.lanes } : {}) }
  return encodeFile({ kind, meta: { step }, sections })
}

/**
 * @param rows items of the shard
 * @param items size of the whole catalogue
 * @param kind what the file must be
 * @param known layout from shard 0, when decoding a later shard
 */
export function decodeNeighbours(
  buffer: ArrayBuffer,
  role: string,
  rows: number,
  items: number,
  kind: ListKind = 'neighbours',
  known?: Layout,
): NeighbourRows {
  const file = decodeFile(buffer, kind, role)
  const layout = known ?? layoutOf(file.section('lanes', 'uint8', items))
  const gaps = file.section('gaps', 'uint8')
  const code = {
    lengths: file.section('lengths', 'uint16', rows),
    gaps,
    extra: file.section('extra', 'uint8'),
    far: file.section('far', 'uint32'),
  }
  const roots = file.section('roots', 'uint8', gaps.length)
  const scales = file.section('scales', 'uint8', rows)
  if (roots.includes(0) || scales.includes(0)) file.refuse('a neighbour has no weight.')
  const lists = decodeGaps(code, items)
  if (!lists) return file.refuse(`the lists do not fit each other, or ${items} items.`)
  const { offsets, numbers } = lists
  const weights = new Uint32Array(roots.length)
  for (let r = 0; r < rows; r++) {
    const scale = scales[r]! ** 2
    for (let e = offsets[r]!; e < offsets[r + 1]!; e++) weights[e] = roots[e]! ** 2 * scale
  }
  const targets = numbers.map((place) => layout.numberAt[place]!)
  return { step: file.meta(Meta).step, offsets, targets, weights, layout }
}
