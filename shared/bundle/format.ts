/**
 * The container of every binary file of a bundle:
 *
 * | bytes | what |
 * |---|---|
 * | 0–3 | magic "FYOU" |
 * | 4–7 | format version, uint32 |
 * | 8–11 | length of the header text in bytes, uint32, padded with spaces to a multiple of 8 |
 * | 12–15 | length of the whole file in bytes, uint32 |
 * | 16 … | header: JSON `{ kind, meta, sections: [{ name, dtype, length, offset }] }` |
 * | … | sections, each aligned to 8 bytes, zero-padded, in the order of the header |
 *
 * Everything is little-endian, as is every platform that runs a browser today; offsets count from the file's start.
 */
export const MAGIC = 0x554f5946 // "FYOU" read as a little-endian uint32
export const FORMAT_VERSION = 2
export const PREFIX_BYTES = 16
export const ALIGNMENT = 8
export const MAX_HEADER_BYTES = 256 * 1024

export const DTYPES = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const
export type Dtype = keyof typeof DTYPES
export type SectionArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array

/** Files by what they hold; a file of one kind never passes for another. */
export const FILE_KINDS = [
  'catalogue',
  'content',
  'table',
  'neighbours',
  'transitions',
  'popularity',
  'ranker',
  'details',
  'delta',
  'popularity-delta',
] as const
export type FileKind = (typeof FILE_KINDS)[number]

export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}
