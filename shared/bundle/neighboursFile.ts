import * as v from 'valibot'
import { decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'
import { decodeGaps, encodeGaps } from './gapCode.ts'
import { type Layout, layoutOf } from './layout.ts'

/** One shard of neighbour lists: what each item of a history votes for (CSR; vote = integer × step). Integers are squares of
 *  a byte: small votes keep their precision and every sum stays exact. */
export interface NeighboursShard {
  readonly step: number
  readonly offsets: Uint32Array
  /** Item numbers, of any shard. */
  readonly targets: Uint32Array
  /** 1², 2², … 255² */
  readonly weights: Uint16Array
}

const Meta = v.object({ step: v.pipe(v.number(), v.finite(), v.gtValue(0)) })

/** Neighbours and transitions have the same shape, but a file of one kind never passes for the other. */
export type ListKind = 'neighbours' | 'transitions'

/**
 * @param layout order in which targets are named
 * @param first shard 0, which carries the layout for all
 */
export function encodeNeighbours(
  { step, offsets, targets, weights }: NeighboursShard,
  layout: Layout,
  first: boolean,
  kind: ListKind = 'neighbours',
): ArrayBuffer {
  const placeOf = new Uint32Array(layout.numberAt.length)
  for (const [place, number] of layout.numberAt.entries()) placeOf[number] = place
  const places = new Uint32Array(targets.length)
  const roots = new Uint8Array(targets.length)
  for (let r = 0; r + 1 < offsets.length; r++) {
    // Place and root in one number: sorting it sorts both.
    const row = Float64Array.from(
      targets.subarray(offsets[r]!, offsets[r + 1]!),
      (target, e) => placeOf[target]! * 256 + Math.round(Math.sqrt(weights[offsets[r]! + e]!)),
    ).sort()
    for (let e = 0; e < row.length; e++) {
      places[offsets[r]! + e] = Math.floor(row[e]! / 256)
      roots[offsets[r]! + e] = row[e]! % 256
    }
  }
  const sections = { ...encodeGaps(offsets, places), roots, ...(first ? { lanes: layout.lanes } : {}) }
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
): NeighboursShard & { readonly layout: Layout } {
  const file = decodeFile(buffer, kind, role)
  const layout = known ?? layoutOf(file.section('lanes', 'uint8', items))
  const gaps = file.section('gaps', 'uint8')
  const code = {
    lengths: file.section('lengths', 'uint16', rows),
    gaps,
    extra: file.section('extra', 'uint8'),
    far: file.section('far', 'uint32'),
  }
  const weights = Uint16Array.from(file.section('roots', 'uint8', gaps.length), (root) => root * root)
  if (weights.includes(0)) file.refuse('a neighbour has no weight.')
  const lists = decodeGaps(code, items)
  if (!lists) return file.refuse(`the lists do not fit each other, or ${items} items.`)
  const targets = lists.numbers.map((place) => layout.numberAt[place]!)
  return { step: file.meta(Meta).step, offsets: lists.offsets, targets, weights, layout }
}
