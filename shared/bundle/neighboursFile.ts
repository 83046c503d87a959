import * as v from 'valibot'
import { decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'
import { decodeGaps, encodeGaps } from './gapCode.ts'

/** One shard of neighbour lists: what each item of a history votes for (CSR; vote = integer × step). Integers are squares of
 *  a byte: small votes keep their precision and every sum stays exact. */
export interface NeighboursShard {
  readonly step: number
  readonly offsets: Uint32Array
  /** Item numbers, of any shard, rising in each row. */
  readonly targets: Uint32Array
  /** 1², 2², … 255² */
  readonly weights: Uint16Array
}

const Meta = v.object({ step: v.pipe(v.number(), v.finite(), v.gtValue(0)) })

/** Neighbours and transitions have the same shape, but a file of one kind never passes for the other. */
export type ListKind = 'neighbours' | 'transitions'

export function encodeNeighbours(
  { step, offsets, targets, weights }: NeighboursShard,
  kind: ListKind = 'neighbours',
): ArrayBuffer {
  const roots = Uint8Array.from(weights, (weight) => Math.round(Math.sqrt(weight)))
  return encodeFile({ kind, meta: { step }, sections: { ...encodeGaps(offsets, targets), roots } })
}

/**
 * @param rows items of the shard
 * @param items size of the whole catalogue
 * @param kind what the file must be
 */
export function decodeNeighbours(
  buffer: ArrayBuffer,
  role: string,
  rows: number,
  items: number,
  kind: ListKind = 'neighbours',
): NeighboursShard {
  const file = decodeFile(buffer, kind, role)
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
  return { step: file.meta(Meta).step, offsets: lists.offsets, targets: lists.numbers, weights }
}
