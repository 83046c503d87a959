import * as v from 'valibot'
import { MAX_ITEM_ID_LENGTH } from '../domain/interaction.ts'
import { decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'

/** One shard of the catalogue: what ranking needs to know of each item, in item-number order. */
export interface CatalogueShard {
  readonly firstRow: number
  readonly ids: readonly string[]
  /** Days since 1970 UTC of the release or else of the first interaction; −1 where neither is known. */
  readonly firstDay: Int32Array
  /** Year of the item itself (a film's year), 0 where unknown. */
  readonly year: Int16Array
}

const Meta = v.object({ firstRow: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) })

export function encodeCatalogue({ firstRow, ids, firstDay, year }: CatalogueShard): ArrayBuffer {
  const { bytes, offsets } = packStrings(ids)
  return encodeFile({
    kind: 'catalogue',
    meta: { firstRow },
    sections: { offsets, firstDay, year, ids: bytes },
  })
}

export function decodeCatalogue(buffer: ArrayBuffer, role: string): CatalogueShard {
  const file = decodeFile(buffer, 'catalogue', role)
  const offsets = file.section('offsets', 'uint32')
  const bytes = file.section('ids', 'uint8')
  const rows = offsets.length - 1
  const ids = unpackStrings(bytes, offsets, file.refuse)
  if (new Set(ids).size !== ids.length) file.refuse('two items have the same id.')
  if (ids.some((id) => id.length === 0 || id.length > MAX_ITEM_ID_LENGTH))
    file.refuse('an item id is empty or too long.')
  return {
    firstRow: file.meta(Meta).firstRow,
    ids,
    firstDay: file.section('firstDay', 'int32', rows),
    year: file.section('year', 'int16', rows),
  }
}

/** Strings as UTF-8 one after another, and where each begins. */
export function packStrings(strings: readonly string[]): { bytes: Uint8Array; offsets: Uint32Array } {
  const encoder = new TextEncoder()
  const encoded = strings.map((text) => encoder.encode(text))
  const offsets = new Uint32Array(strings.length + 1)
  for (const [i, part] of encoded.entries()) offsets[i + 1] = offsets[i]! + part.length
  const bytes = new Uint8Array(offsets.at(-1)!)
  for (const [i, part] of encoded.entries()) bytes.set(part, offsets[i]!)
  return { bytes, offsets }
}

export function unpackStrings(
  bytes: Uint8Array,
  offsets: Uint32Array,
  refuse: (what: string) => never,
): string[] {
  if (offsets.length === 0 || offsets[0] !== 0 || offsets.at(-1) !== bytes.length)
    refuse('text offsets are wrong.')
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const strings: string[] = []
  const ascii = asAscii(bytes, decoder)
  for (let i = 0; i + 1 < offsets.length; i++) {
    if (offsets[i + 1]! < offsets[i]!) refuse(`text offset ${i + 1} falls.`)
    if (ascii !== null) {
      strings.push(ascii.slice(offsets[i], offsets[i + 1]))
      continue
    }
    try {
      strings.push(decoder.decode(bytes.subarray(offsets[i]!, offsets[i + 1]!)))
    } catch {
      refuse(`text ${i} is not UTF-8.`)
    }
  }
  return strings
}

/** All of it at once where a character is a byte, as in most ids: a call for each string costs more than its decoding. */
function asAscii(bytes: Uint8Array, decoder: TextDecoder): string | null {
  try {
    const text = decoder.decode(bytes)
    return text.length === bytes.length ? text : null
  } catch {
    return null // which of them is not UTF-8 is found one by one
  }
}
