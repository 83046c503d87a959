import * as v from 'valibot'
import { ForYouError } from '../../../shared/domain/errors.ts'
import { type DenseTensor, readElements } from './denseTensor.ts'

const Index = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const HeaderSchema = v.record(
  v.string(),
  v.union([
    v.object({ dtype: v.string(), shape: v.array(Index), data_offsets: v.tuple([Index, Index]) }),
    v.record(v.string(), v.string()),
  ]),
)
/** A longer header is refused by the format's own readers too. */
const MAX_HEADER = 100_000_000

/** The header's length and its first brace: what tells such a file from any other. */
export function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.byteLength < 10) return false
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true)
  return bytes[8] === 0x7b && length <= BigInt(Math.min(MAX_HEADER, bytes.byteLength - 8))
}

/**
 * Safetensors: 8 bytes length of the header, JSON `{ name: { dtype, shape, data_offsets } }`, the elements. The vectors are
 * the one tensor of two dimensions, or the one called `embeddings`; a one-dimensional whole-number tensor `ids` beside it
 * names the rows, else `ids` of `__metadata__` as a JSON list.
 * @throws ForYouError `bad_data` where there is no such tensor, or several
 */
export function readSafetensors(path: string, bytes: Uint8Array): { vectors: DenseTensor; ids?: string[] } {
  const fail = (what: string, hint?: string): never => {
    throw new ForYouError('bad_data', `${path}: ${what}`, hint ? { hint } : {})
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true))
  const parsed = v.safeParse(HeaderSchema, parseHeader(bytes.subarray(8, 8 + length)))
  if (!parsed.success) return fail('the header is not that of a safetensors file.')
  const data = bytes.subarray(8 + length)
  const tensors = Object.entries(parsed.output).flatMap(([name, entry]) =>
    name !== '__metadata__' && isTensor(entry) ? [{ name, ...entry }] : [],
  )
  const read = ({ name, dtype, shape, data_offsets: [from, to] }: (typeof tensors)[number]) => {
    if (from > to || to > data.byteLength) fail(`the tensor "${name}" lies outside the file.`)
    return readElements(path, data.subarray(from, to), dtype, shape)
  }
  const tables = tensors.filter(({ shape }) => shape.length === 2)
  const chosen = tables.length === 1 ? tables[0] : tables.find(({ name }) => name === 'embeddings')
  if (!chosen) {
    const names = tensors.map(({ name, shape }) => `${name} (${shape.join(' × ')})`).join(', ') || 'none'
    return fail(
      `which tensor holds the item vectors? Found: ${names}.`,
      'Save one of shape items × dims under the name "embeddings".',
    )
  }
  const numbers = tensors.find(({ name, shape }) => name === 'ids' && shape.length === 1)
  const listed = parsed.output.__metadata__
  const text = listed && !isTensor(listed) ? listed.ids : undefined
  const ids = numbers
    ? Array.from(read(numbers).values, String)
    : text === undefined
      ? undefined
      : jsonIds(text)
  return { vectors: read(chosen), ...(ids ? { ids } : {}) }
}

type Entry = v.InferOutput<typeof HeaderSchema>[string]
type Tensor = Extract<Entry, { shape: number[] }>

function isTensor(entry: Entry): entry is Tensor {
  return Array.isArray(entry.shape)
}

function parseHeader(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return null
  }
}

function jsonIds(text: string): string[] | undefined {
  try {
    const ids: unknown = JSON.parse(text)
    return Array.isArray(ids) ? ids.map(String) : undefined
  } catch {
    return undefined
  }
}
