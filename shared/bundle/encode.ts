import {
  aligned,
  DTYPES,
  type Dtype,
  type FileKind,
  FORMAT_VERSION,
  MAGIC,
  PREFIX_BYTES,
  type SectionArray,
} from './format.ts'

/** A file before it is encoded: typed arrays by name, and a little JSON beside them. */
export interface FileContent {
  readonly kind: FileKind
  readonly meta: Readonly<Record<string, unknown>>
  readonly sections: Readonly<Record<string, SectionArray>>
}

/** Writes a container, see `format.ts`. Same content, same bytes. */
export function encodeFile({ kind, meta, sections }: FileContent): ArrayBuffer {
  const entries = Object.entries(sections)
  const describe = (start: number) => {
    let offset = start
    return entries.map(([name, array]) => {
      const section = { name, dtype: dtypeOf(array), length: array.length, offset }
      offset = aligned(offset + array.byteLength)
      return section
    })
  }
  // Offsets are part of the header, whose length moves the offsets: a generous first guess, then the exact one.
  const header = (start: number) => JSON.stringify({ kind, meta, sections: describe(start) })
  let start = 0
  let text = ''
  for (let next = PREFIX_BYTES + 8; next !== start; ) {
    start = Math.max(next, start)
    text = header(start)
    next = aligned(PREFIX_BYTES + new TextEncoder().encode(text).length)
    if (next < start) break // padding absorbs the difference
  }
  const headerBytes = new TextEncoder().encode(text)
  const last = describe(start).at(-1)
  const total = last ? aligned(last.offset + entries.at(-1)![1].byteLength) : start

  const buffer = new ArrayBuffer(total)
  const view = new DataView(buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, FORMAT_VERSION, true)
  view.setUint32(8, start - PREFIX_BYTES, true)
  view.setUint32(12, total, true)
  const bytes = new Uint8Array(buffer)
  bytes.fill(0x20, PREFIX_BYTES, start)
  bytes.set(headerBytes, PREFIX_BYTES)
  for (const [i, { offset }] of describe(start).entries()) {
    const array = entries[i]![1]
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset)
  }
  return buffer
}

function dtypeOf(array: SectionArray): Dtype {
  const found = Object.entries(DTYPES).find(([, type]) => array instanceof type)
  return found![0] as Dtype
}
