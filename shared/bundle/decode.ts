import * as v from 'valibot'
import { type ErrorCode, ForYouError } from '../domain/errors.ts'
import {
  ALIGNMENT,
  aligned,
  DTYPES,
  type Dtype,
  type FileKind,
  FORMAT_VERSION,
  MAGIC,
  MAX_HEADER_BYTES,
  PREFIX_BYTES,
} from './format.ts'

const HeaderSchema = v.object({
  kind: v.string(),
  meta: v.record(v.string(), v.unknown()),
  sections: v.array(
    v.object({
      name: v.string(),
      dtype: v.picklist(Object.keys(DTYPES) as Dtype[]),
      length: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      offset: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    }),
  ),
})

type ArrayOf<D extends Dtype> = InstanceType<(typeof DTYPES)[D]>

/** A container whose frame has been checked. Sections are views: nothing is copied. */
export interface DecodedFile {
  /** What the file is called in error messages: its role. */
  readonly role: string
  /** @throws ForYouError `bundle_header` where the meta does not fit */
  meta<S extends v.GenericSchema>(schema: S): v.InferOutput<S>
  /** Whether a section is there at all: some came later than the format. */
  has(name: string): boolean
  /** @throws ForYouError `bundle_section` where it is absent, has another type or another length */
  section<D extends Dtype>(name: string, dtype: D, length?: number): ArrayOf<D>
  /** @throws always, a `bundle_value` error that names the file */
  refuse(what: string): never
}

/**
 * Reads a container. Every damaged input has its own error: wrong magic, version, length, header, alignment, section.
 * @param role the file's role, for messages
 */
export function decodeFile(buffer: ArrayBuffer, kind: FileKind, role: string): DecodedFile {
  const fail = (code: ErrorCode, what: string): never => {
    throw new ForYouError(code, `Bundle file "${role}": ${what}`)
  }
  if (buffer.byteLength < PREFIX_BYTES) fail('bundle_truncated', `only ${buffer.byteLength} bytes.`)
  const view = new DataView(buffer)
  if (view.getUint32(0, true) !== MAGIC) fail('bundle_magic', 'not a bundle file.')
  const version = view.getUint32(4, true)
  if (version !== FORMAT_VERSION)
    fail('bundle_version', `got v${version} data when expected v${FORMAT_VERSION}.`)
  const total = view.getUint32(12, true)
  if (buffer.byteLength < total) fail('bundle_truncated', `${buffer.byteLength} of ${total} bytes.`)
  if (buffer.byteLength > total)
    fail('bundle_oversize', `${buffer.byteLength} bytes when ${total} were announced.`)
  const headerBytes = view.getUint32(8, true)
  if (headerBytes > MAX_HEADER_BYTES || PREFIX_BYTES + headerBytes > total || headerBytes % ALIGNMENT !== 0) {
    fail('bundle_header', `impossible header length ${headerBytes}.`)
  }

  const header = parseHeader(new Uint8Array(buffer, PREFIX_BYTES, headerBytes), fail)
  if (header.kind !== kind) fail('bundle_header', `holds "${header.kind}" when expected "${kind}".`)
  let end = PREFIX_BYTES + headerBytes
  for (const { name, dtype, length, offset } of header.sections) {
    if (offset % ALIGNMENT !== 0) fail('bundle_alignment', `section "${name}" starts at byte ${offset}.`)
    const bytes = length * DTYPES[dtype].BYTES_PER_ELEMENT
    if (offset !== end || offset + bytes > total)
      fail('bundle_section', `section "${name}" lies outside the file.`)
    end = aligned(offset + bytes)
  }
  if (end !== total) fail('bundle_section', `${total - end} bytes belong to no section.`)

  const byName = new Map(header.sections.map((section) => [section.name, section]))
  if (byName.size < header.sections.length) fail('bundle_header', 'two sections have the same name.')
  return {
    role,
    meta(schema) {
      const result = v.safeParse(schema, header.meta)
      if (result.success) return result.output
      const path = v.getDotPath(result.issues[0])
      return fail('bundle_header', `meta${path ? `.${path}` : ''}: ${result.issues[0].message}`)
    },
    has: (name) => byName.has(name),
    section(name, dtype, length) {
      const section = byName.get(name)
      if (!section) return fail('bundle_section', `section "${name}" is missing.`)
      if (section.dtype !== dtype) {
        fail('bundle_section', `section "${name}" is ${section.dtype} when expected ${dtype}.`)
      }
      if (length !== undefined && section.length !== length) {
        fail('bundle_section', `section "${name}" has ${section.length} values when expected ${length}.`)
      }
      return new DTYPES[dtype](buffer, section.offset, section.length) as ArrayOf<typeof dtype>
    },
    refuse: (what) => fail('bundle_value', what),
  }
}

function parseHeader(bytes: Uint8Array, fail: (code: ErrorCode, what: string) => never) {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    fail('bundle_header', 'the header is not JSON.')
  }
  const result = v.safeParse(HeaderSchema, value)
  return result.success
    ? result.output
    : fail('bundle_header', `the header is wrong: ${result.issues[0].message}`)
}

/** Checks that `offsets` are CSR row offsets into an array of `length` entries. */
export function checkOffsets(file: DecodedFile, offsets: Uint32Array, length: number): void {
  if (offsets[0] !== 0 || offsets.at(-1) !== length) file.refuse('row offsets do not cover the entries.')
  for (let i = 1; i < offsets.length; i++) {
    if (offsets[i]! < offsets[i - 1]!) file.refuse(`row offset ${i} falls.`)
  }
}

/** Checks that all entries are below `limit`. */
export function checkBelow(file: DecodedFile, values: ArrayLike<number>, limit: number, what: string): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i]! >= limit) file.refuse(`${what} ${values[i]} when there are ${limit}.`)
  }
}

/** Checks that all entries are finite: one NaN makes a ranking meaningless. */
export function checkFinite(file: DecodedFile, values: ArrayLike<number>, what: string): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i])) file.refuse(`${what} ${i} is not finite.`)
}
