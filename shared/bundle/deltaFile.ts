import { decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'

/**
 * What a delta adds to the files of its base, which are the base's own, byte for byte: readers that do not know these roles
 * rank with the base.
 */
export const DELTA = {
  /** Items that came to the catalogue since, as one more shard. */
  items: 'delta',
  popularity: 'delta.popularity',
  /** Golden cases of base and delta together, in the place of the base's. */
  golden: 'delta.golden',
} as const

export function isDelta(role: string): boolean {
  return role === DELTA.items || role.startsWith('delta.')
}

/** A shard of new items: files as they would be of a shard that follows the last of the base. */
export interface DeltaItems {
  readonly catalogue: ArrayBuffer
  /** Terms of the base's vocabulary; absent where the base has no content. */
  readonly content?: ArrayBuffer | undefined
  readonly details: ArrayBuffer
}

/** One file for all of them: a handful of new items is not worth a request for each part. */
export function encodeDelta({ catalogue, content, details }: DeltaItems): ArrayBuffer {
  const bytes = (file: ArrayBuffer = new ArrayBuffer(0)) => new Uint8Array(file)
  return encodeFile({
    kind: 'delta',
    meta: {},
    sections: { catalogue: bytes(catalogue), content: bytes(content), details: bytes(details) },
  })
}

/** @throws ForYouError `bundle_*` where the file is damaged; what it holds is checked when that is decoded */
export function decodeDelta(buffer: ArrayBuffer): DeltaItems {
  const file = decodeFile(buffer, 'delta', DELTA.items)
  const part = (name: keyof DeltaItems) => file.section(name, 'uint8').slice().buffer as ArrayBuffer
  const content = part('content')
  return {
    catalogue: part('catalogue'),
    ...(content.byteLength > 0 ? { content } : {}),
    details: part('details'),
  }
}
