import * as v from 'valibot'
import { checkBelow, checkOffsets, decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'

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

export function encodeNeighbours(
  { step, offsets, targets, weights }: NeighboursShard,
  kind: ListKind = 'neighbours',
): ArrayBuffer {
  // Low and high halves apart: Brotli then sees that the high halves hardly vary.
  const low = Uint16Array.from(targets, (t) => t & 0xffff)
  const high = Uint16Array.from(targets, (t) => t >>> 16)
  const roots = Uint8Array.from(weights, (weight) => Math.round(Math.sqrt(weight)))
  return encodeFile({ kind, meta: { step }, sections: { offsets, low, high, roots } })
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
  const offsets = file.section('offsets', 'uint32', rows + 1)
  const low = file.section('low', 'uint16')
  const high = file.section('high', 'uint16', low.length)
  const weights = Uint16Array.from(file.section('roots', 'uint8', low.length), (root) => root * root)
  const targets = Uint32Array.from(low, (x, i) => x + high[i]! * 65_536)
  if (weights.includes(0)) file.refuse('a neighbour has no weight.')
  checkOffsets(file, offsets, targets.length)
  checkBelow(file, targets, items, 'neighbour')
  return { step: file.meta(Meta).step, offsets, targets, weights }
}
