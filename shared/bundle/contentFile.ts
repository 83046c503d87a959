import * as v from 'valibot'
import { packStrings, unpackStrings } from './catalogueFile.ts'
import { checkBelow, checkOffsets, decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'

/** Attribute values that items share, e.g. `genre` "Drama". */
export interface Vocabulary {
  /** Attribute names, e.g. `genre`, `title` (words of the title), `decade`. */
  readonly names: readonly string[]
  /** Term → value. */
  readonly values: readonly string[]
  /** Term → position in `names`. */
  readonly nameOf: Uint8Array
  /** Attributes that stand for taste (genre, category, brand …), positions in `names`; empty where there are none. */
  readonly taste: readonly number[]
}

/** Weighted terms of each item of a shard (CSR). Weights are TF-IDF, the norm of an item's row about 255. */
export interface ContentShard {
  readonly offsets: Uint32Array
  readonly terms: Uint32Array
  readonly weights: Uint8Array
  /** Shard 0 only. */
  readonly vocabulary: Vocabulary | null
}

const Meta = v.object({
  names: v.optional(v.pipe(v.array(v.string()), v.maxLength(255))),
  /** The first taste attribute, −1 for none: what readers before several of them know. */
  taste: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(-1))),
  tastes: v.optional(v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0)))),
})

export function encodeContent({ offsets, terms, weights, vocabulary }: ContentShard): ArrayBuffer {
  const sections = { offsets, terms, weights }
  if (!vocabulary) return encodeFile({ kind: 'content', meta: {}, sections })
  const { bytes, offsets: valueOffsets } = packStrings(vocabulary.values)
  return encodeFile({
    kind: 'content',
    meta: { names: vocabulary.names, taste: vocabulary.taste[0] ?? -1, tastes: vocabulary.taste },
    sections: { ...sections, valueOffsets, nameOf: vocabulary.nameOf, values: bytes },
  })
}

/** @param terms size of the vocabulary, from shard 0, when decoding a later shard */
export function decodeContent(buffer: ArrayBuffer, role: string, rows: number, terms?: number): ContentShard {
  const file = decodeFile(buffer, 'content', role)
  const meta = file.meta(Meta)
  let vocabulary: Vocabulary | null = null
  const { names } = meta
  if (names) {
    const valueOffsets = file.section('valueOffsets', 'uint32')
    const nameOf = file.section('nameOf', 'uint8', valueOffsets.length - 1)
    checkBelow(file, nameOf, names.length, 'attribute name')
    const taste = meta.tastes ?? [meta.taste ?? -1].filter((name) => name >= 0)
    if (taste.some((name) => name >= names.length)) file.refuse('the taste attribute does not exist.')
    const values = unpackStrings(file.section('values', 'uint8'), valueOffsets, file.refuse)
    vocabulary = { names, values, nameOf, taste }
  }
  const shard = {
    offsets: file.section('offsets', 'uint32', rows + 1),
    terms: file.section('terms', 'uint32'),
    weights: file.section('weights', 'uint8'),
    vocabulary,
  }
  if (shard.weights.length !== shard.terms.length) file.refuse('terms and weights differ in number.')
  checkOffsets(file, shard.offsets, shard.terms.length)
  checkBelow(file, shard.terms, vocabulary?.values.length ?? terms ?? 0, 'term')
  return shard
}
