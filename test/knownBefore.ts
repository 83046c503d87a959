import { type Dataset, makeDataset } from '../models/dataset.ts'

/** The dataset as it stood at a moment: nothing later, and no user or item that nobody had seen by then. */
export function knownBefore(dataset: Dataset, moment: number): Dataset {
  const { name, order, measure, ingest, catalogue, users, offsets, items, times, values, positive } = dataset
  const rows = users.flatMap((user, u) =>
    Array.from({ length: offsets[u + 1]! - offsets[u]! }, (_, k) => ({ user, row: offsets[u]! + k })).filter(
      ({ row }) => times[row]! < moment,
    ),
  )
  const used = new Set(rows.map(({ row }) => items[row]!))
  return makeDataset({
    name,
    order,
    ...(measure ? { measure } : {}),
    catalogue: catalogue.filter((_, i) => used.has(i)),
    interactions: rows.map(({ user, row }) => ({
      user,
      item: catalogue[items[row]!]!.id,
      at: times[row]!,
      value: values[row]!,
      positive: positive[row] === 1,
    })),
    ingest,
  })
}
