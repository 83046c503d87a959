import * as v from 'valibot'
import { checkFinite, decodeFile } from './decode.ts'
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
  /** Shard 0 of a table whose histories are folded in by a ridge solve; without it fold-in is a weighted sum of rows. */
  readonly ridge?: Ridge
}

/** What a ridge solve needs of the rows that are not at hand: iALS's user step. */
export interface Ridge {
  /** Weight of an interaction that did not happen, α₀. */
  readonly unobserved: number
  /** λ; times the visitor's weight of interactions, unobserved ones included. */
  readonly regularisation: number
  /** Rows that were trained on, n. */
  readonly items: number
  /** Σ t tᵀ over these rows in integers, lower triangle by rows: dims · (dims + 1) / 2. */
  readonly gram: Float64Array
}

const Positive = v.pipe(v.number(), v.finite(), v.gtValue(0))
const Meta = v.object({
  dims: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(128)),
  step: Positive,
  inputStep: Positive,
  ridge: v.optional(
    v.object({
      unobserved: v.pipe(v.number(), v.finite(), v.minValue(0)),
      regularisation: Positive,
      items: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
    }),
  ),
})

export function encodeTable({ dims, step, rows, inputScale, inputStep, ridge }: TableShard): ArrayBuffer {
  const sections = { inputScale, rows }
  if (!ridge) return encodeFile({ kind: 'table', meta: { dims, step, inputStep }, sections })
  const { gram, ...rest } = ridge
  const meta = { dims, step, inputStep, ridge: rest }
  return encodeFile({ kind: 'table', meta, sections: { ...sections, gram } })
}

export function decodeTable(buffer: ArrayBuffer, role: string): TableShard {
  const file = decodeFile(buffer, 'table', role)
  const { ridge, ...meta } = file.meta(Meta)
  const inputScale = file.section('inputScale', 'uint16')
  const rows = file.section('rows', 'int8', inputScale.length * meta.dims)
  if (rows.includes(-128)) file.refuse('a row holds −128, which the coding never writes.')
  if (!ridge) return { ...meta, rows, inputScale }
  const gram = file.section('gram', 'float64', (meta.dims * (meta.dims + 1)) / 2)
  checkFinite(file, gram, 'entry of the Gram matrix')
  return { ...meta, rows, inputScale, ridge: { ...ridge, gram } }
}
