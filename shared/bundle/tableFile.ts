import * as v from 'valibot'
import { decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'

/**
 * One shard of the item table: output-side rows, int8 with one global step for all shards (value = integer × step), in
 * item-number order; only items above the privacy floor have a row, and those come first.
 */
export interface TableShard {
  readonly dims: number
  readonly step: number
  /** rows × dims, row-major */
  readonly rows: Int8Array
  /** Row → what turns its output side into its input side when a history is folded in: integer × inputStep. */
  readonly inputScale: Uint16Array
  readonly inputStep: number
}

const Positive = v.pipe(v.number(), v.finite(), v.gtValue(0))
const Meta = v.object({
  dims: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(128)),
  step: Positive,
  inputStep: Positive,
})

export function encodeTable({ dims, step, rows, inputScale, inputStep }: TableShard): ArrayBuffer {
  return encodeFile({ kind: 'table', meta: { dims, step, inputStep }, sections: { inputScale, rows } })
}

export function decodeTable(buffer: ArrayBuffer, role: string): TableShard {
  const file = decodeFile(buffer, 'table', role)
  const meta = file.meta(Meta)
  const inputScale = file.section('inputScale', 'uint16')
  const rows = file.section('rows', 'int8', inputScale.length * meta.dims)
  if (rows.includes(-128)) file.refuse('a row holds −128, which the coding never writes.')
  return { ...meta, rows, inputScale }
}
