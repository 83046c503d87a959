import type { Dataset, Impressions } from '../dataset.ts'

/** The dataset's rows that `keep` accepts; users and catalogue stay, so that indexes mean the same on both sides of a split. */
export function slice(dataset: Dataset, keep: (row: number) => boolean): Dataset {
  const rows: number[] = []
  const offsets = new Int32Array(dataset.users.length + 1)
  for (let u = 0; u < dataset.users.length; u++) {
    for (let r = dataset.offsets[u]!; r < dataset.offsets[u + 1]!; r++) if (keep(r)) rows.push(r)
    offsets[u + 1] = rows.length
  }
  // Lines are of the whole file.
  const { oracle: _, lines: __, ...rest } = dataset
  return {
    ...rest,
    offsets,
    items: Int32Array.from(rows, (r) => dataset.items[r]!),
    times: Float64Array.from(rows, (r) => dataset.times[r]!),
    values: Float32Array.from(rows, (r) => dataset.values[r]!),
    positive: Uint8Array.from(rows, (r) => dataset.positive[r]!),
  }
}

/** What was known strictly before a moment. */
export function before(dataset: Dataset, moment: number): Dataset {
  const { impressions } = dataset
  const sliced = slice(dataset, (row) => dataset.times[row]! < moment)
  return impressions ? { ...sliced, impressions: shownBefore(impressions, moment) } : sliced
}

function shownBefore(impressions: Impressions, moment: number): Impressions {
  const { users, items, times, slates, positions, propensities } = impressions
  const keep = (_: unknown, i: number) => times[i]! < moment
  return {
    users: users.filter(keep),
    items: items.filter(keep),
    times: times.filter(keep),
    slates: slates.filter(keep),
    positions: positions.filter(keep),
    propensities: propensities.filter(keep),
  }
}
