import { createHash } from 'node:crypto'
import type { Dataset } from '../dataset.ts'

/**
 * SHA-256, as 64 hexadecimal digits, over the canonical columns: order, user and item ids, offsets, items, times and
 * values, and vectors where there are any. A dataset is sorted, so the order of the rows in a file does not matter; any added, lost or changed row does, impressions included.
 */
export async function fingerprint(dataset: Dataset): Promise<string> {
  const hash = createHash('sha256')
  const { order, users, catalogue, offsets, items, times, values } = dataset
  // JSON keeps ids apart whatever they contain.
  hash.update(JSON.stringify({ order, users, items: catalogue.map(({ id }) => id) }))
  hash.update(littleEndian(offsets.length, 4, (view, at, i) => view.setInt32(at, offsets[i]!, true)))
  hash.update(littleEndian(items.length, 4, (view, at, i) => view.setInt32(at, items[i]!, true)))
  hash.update(littleEndian(times.length, 8, (view, at, i) => view.setFloat64(at, times[i]!, true)))
  hash.update(
    littleEndian(values.length, 4, (view, at, i) => view.setFloat32(at, canonicalNaN(values[i]!), true)),
  )
  const { impressions } = dataset
  if (impressions) {
    for (const column of Object.values(impressions) as (Int32Array | Float32Array | Float64Array)[]) {
      hash.update(
        littleEndian(column.length, 8, (view, at, i) => view.setFloat64(at, canonicalNaN(column[i]!), true)),
      )
    }
  }
  if (dataset.embeddings) {
    const { dims, rows } = dataset.embeddings
    hash.update(JSON.stringify({ dims }))
    hash.update(littleEndian(rows.length, 4, (view, at, i) => view.setFloat32(at, rows[i]!, true)))
  }
  return hash.digest('hex')
}

function littleEndian(length: number, width: number, set: (view: DataView, at: number, i: number) => void) {
  const bytes = new Uint8Array(length * width)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < length; i++) set(view, i * width, i)
  return bytes
}

/** There are many NaNs; one of them stands for "no value". */
function canonicalNaN(value: number): number {
  return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value
}
