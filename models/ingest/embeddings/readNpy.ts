import { ForYouError } from '../../../shared/domain/errors.ts'
import { type DenseTensor, readElements } from './denseTensor.ts'

const MAGIC = '\x93NUMPY'
const DTYPES: Readonly<Record<string, string>> = {
  '<f8': 'F64',
  '<f4': 'F32',
  '<f2': 'F16',
  '<i8': 'I64',
  '<i4': 'I32',
}

export const isNpy = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(6, bytes.byteLength)).toString('latin1') === MAGIC

/**
 * NumPy's `.npy`, versions 1 to 3 (NEP 1): magic, version, length of the header, a Python dict as text, the elements.
 * @throws ForYouError `bad_data` for another byte order, Fortran order, objects, or a cut-off file
 */
export function readNpy(path: string, bytes: Uint8Array): DenseTensor {
  const fail = (what: string, hint?: string): never => {
    throw new ForYouError('bad_data', `${path}: ${what}`, hint ? { hint } : {})
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!isNpy(bytes) || bytes.byteLength < 12) fail('not a .npy file.')
  const start = bytes[6] === 1 ? 10 : 12
  const length = bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (start + length > bytes.byteLength) fail('the header is cut off.')
  const header = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1')
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1] ?? 'a structured type'
  const shape = /'shape':\s*\(([^)]*)\)/.exec(header)?.[1]
  if (shape === undefined) fail('the header has no shape.')
  if (/'fortran_order':\s*True/.test(header))
    fail('the array is in Fortran order.', 'Save numpy.ascontiguousarray(x).')
  const dtype = DTYPES[descr]
  if (!dtype) {
    fail(
      `the elements are ${descr}, which cannot be read.`,
      `Save x.astype("float32"): ${Object.keys(DTYPES).join(', ')} can be read, objects and text cannot.`,
    )
  }
  const sizes = shape!.split(',').flatMap((n) => (n.trim() === '' ? [] : [Number(n)]))
  return readElements(path, bytes.subarray(start + length), dtype!, sizes)
}
