import { ForYouError } from '../../../shared/domain/errors.ts'

/** Numbers as a file holds them, row-major, widened to float64. */
export interface DenseTensor {
  readonly shape: readonly number[]
  readonly values: Float64Array
}

/** Element types by the names of safetensors; npy's are translated to these. */
export const ELEMENTS: Readonly<Record<string, { bytes: number; read(view: DataView, at: number): number }>> =
  {
    F64: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
    F32: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
    F16: { bytes: 2, read: (view, at) => half(view.getUint16(at, true)) },
    BF16: { bytes: 2, read: (view, at) => brain(view.getUint16(at, true)) },
    I64: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
    I32: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  }

/**
 * Reads a tensor's elements from bytes.
 * @throws ForYouError `bad_data` where the type is unknown, or shape and bytes do not fit
 */
export function readElements(
  path: string,
  bytes: Uint8Array,
  dtype: string,
  shape: readonly number[],
): DenseTensor {
  const element = ELEMENTS[dtype]
  if (!element) {
    throw new ForYouError('bad_data', `${path} holds numbers of the type ${dtype}, which cannot be read.`, {
      hint: `Save it as one of ${Object.keys(ELEMENTS).join(', ')}.`,
    })
  }
  const count = shape.reduce((product, n) => product * n, 1)
  if (count * element.bytes !== bytes.byteLength) {
    throw new ForYouError(
      'bad_data',
      `${path}: a ${shape.join(' × ')} array of ${dtype} takes ${count * element.bytes} bytes, but there are ${bytes.byteLength}.`,
      { hint: 'The file is cut off or damaged: write it again.' },
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    shape,
    values: Float64Array.from({ length: count }, (_, i) => element.read(view, i * element.bytes)),
  }
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits >> 15 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** bfloat16: the upper half of a float32. */
function brain(bits: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, bits * 65_536)
  return view.getFloat32(0)
}
