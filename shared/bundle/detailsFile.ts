import * as v from 'valibot'
import type { ItemDetails } from '../domain/catalogue.ts'
import { packStrings, unpackStrings } from './catalogueFile.ts'
import { decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'

/** A fixed group of item details, item-number order. Fixed, so that no request ever tells what a visitor looks at. */
export interface DetailsGroup {
  readonly firstRow: number
  readonly details: readonly ItemDetails[]
}

export const Text = v.pipe(v.string(), v.maxLength(2048))
export const ItemDetailsSchema = v.object({
  title: Text,
  link: v.optional(Text),
  image: v.optional(Text),
  year: v.optional(v.pipe(v.number(), v.safeInteger())),
  price: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0))),
  attributes: v.optional(v.record(v.string(), v.array(Text))),
})
const Meta = v.object({ firstRow: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) })

export function encodeDetails({ firstRow, details }: DetailsGroup): ArrayBuffer {
  const { bytes, offsets } = packStrings(details.map((d) => JSON.stringify(d)))
  return encodeFile({ kind: 'details', meta: { firstRow }, sections: { offsets, json: bytes } })
}

/** Parses rows when they are asked for: most details of a catalogue are never shown. */
export function decodeDetails(
  buffer: ArrayBuffer,
  role: string,
): { firstRow: number; rows: number; at(row: number): ItemDetails } {
  const file = decodeFile(buffer, 'details', role)
  const offsets = file.section('offsets', 'uint32')
  const texts = unpackStrings(file.section('json', 'uint8'), offsets, file.refuse)
  return {
    firstRow: file.meta(Meta).firstRow,
    rows: texts.length,
    at(row) {
      const text = texts[row]
      if (text === undefined) return file.refuse(`details of row ${row} are missing.`)
      const parsed = v.safeParse(ItemDetailsSchema, json(text))
      if (!parsed.success) return file.refuse(`details of row ${row} are not valid.`)
      const { title, ...rest } = parsed.output
      return { title, ...withoutUndefined(rest) }
    },
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, x]) => x !== undefined)) as Defined<T>
}
