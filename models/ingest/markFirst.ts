import type { Dataset } from '../dataset.ts'

/** Only the first interaction of a user with an item counts as a success: a second purchase needs no recommendation. */
export function markFirst(dataset: Dataset): Dataset {
  const { items, offsets } = dataset
  const positive = new Uint8Array(items.length)
  const lastUser = new Int32Array(dataset.catalogue.length).fill(-1)
  for (let u = 0; u + 1 < offsets.length; u++) {
    for (let row = offsets[u]!; row < offsets[u + 1]!; row++) {
      if (lastUser[items[row]!] === u) continue
      lastUser[items[row]!] = u
      positive[row] = 1
    }
  }
  return { ...dataset, positive }
}
