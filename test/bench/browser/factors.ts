import type { Table } from '../../../shared/bundle/openBundle.ts'

/** Rows as a table codes them, and queries as a fold-in quantises them. */
export interface Factors {
  readonly table: Table
  readonly queries: readonly Int16Array[]
}

/**
 * Clustered vectors, item numbers by falling length.
 * @param skewed lengths fall as a power of the item's rank, as those of factorised interactions do; else all are as long
 */
export function syntheticFactors(count: number, dims: number, queries: number, skewed: boolean): Factors {
  const random = mulberry(count + dims)
  const normal = () => random() + random() + random() + random() - 2
  const centres = Float32Array.from({ length: 64 * dims }, normal)
  const vector = (out: Float32Array) => {
    const centre = Math.floor(random() * 64) * dims
    let square = 0
    for (let d = 0; d < dims; d++) {
      out[d] = centres[centre + d]! + normal()
      square += out[d]! ** 2
    }
    return Math.sqrt(square)
  }
  const rows = new Int8Array(count * dims)
  const one = new Float32Array(dims)
  // The longest entry of a vector of length 1 is about 0.35 here.
  for (let i = 0; i < count; i++) {
    const length = skewed ? (1 + (100 * i) / count) ** -0.6 : 1
    const scale = (330 * length) / vector(one)
    for (let d = 0; d < dims; d++)
      rows[i * dims + d] = Math.max(-127, Math.min(127, Math.round(one[d]! * scale)))
  }
  const asked = Array.from({ length: queries }, () => {
    vector(one)
    const peak = one.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    return Int16Array.from(one, (x) => Math.round((x * 2047) / peak))
  })
  return { table: tableOf(rows, dims), queries: asked }
}

export function tableOf(rows: Int8Array, dims: number): Table {
  const count = rows.length / dims
  return { dims, step: 1, count, rows, inputScale: new Uint16Array(count), inputStep: 1 }
}

function mulberry(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
