import { fitStage, openStage } from '../models/build/stage.ts'
import { type Dataset, makeDataset } from '../models/dataset.ts'
import { defaultSettings, type Settings } from '../models/settings.ts'
import type { Bundle } from '../shared/bundle/openBundle.ts'
import { DAY_MS } from '../shared/domain/clock.ts'

const INGEST = { files: [], rows: 0, used: 0, rejected: {}, examples: [], notes: [] }
export const T0 = Date.UTC(2026, 0, 1)

interface Row {
  readonly user: string
  readonly item: string
  readonly day: number
}

/** A dataset from rows; items that carry a genre when `genreOf` says so. */
export function datasetOf(
  rows: readonly Row[],
  genreOf?: (item: string) => string,
  order: Dataset['order'] = 'time',
): Dataset {
  const items = [...new Set(rows.map((r) => r.item))]
  return makeDataset({
    name: 'test',
    order,
    catalogue: items.map((id) => ({
      id,
      title: `Title ${id}`,
      year: 2000,
      ...(genreOf ? { attributes: { genre: [genreOf(id)] } } : {}),
    })),
    interactions: rows.map(({ user, item, day }) => ({
      user,
      item,
      at: order === 'time' ? T0 + day * DAY_MS : order === 'sequence' ? day : 0,
      value: Number.NaN,
      positive: true,
    })),
    ingest: INGEST,
  })
}

/**
 * The checkerboard: even users have the even items, odd users the odd ones, each but one. What a user misses is known, so
 * a model that learned anything personal ranks it first.
 */
export function checkerboard(users = 40, items = 20): Dataset {
  const rows: Row[] = []
  for (let u = 0; u < users; u++) {
    for (let i = u % 2; i < items; i += 2) {
      const missing = ((u >> 1) * 2 + (u % 2)) % items === i
      if (!missing)
        rows.push({ user: `u${u}`, item: `i${String(i).padStart(2, '0')}`, day: (u * 7 + i * 3) % 30 })
    }
  }
  return datasetOf(rows, (id) => (Number(id.slice(1)) % 2 === 0 ? 'Even' : 'Odd'))
}

export async function bundleOf(dataset: Dataset, settings: Partial<Settings> = {}): Promise<Bundle> {
  const all = { ...defaultSettings(dataset.order), dims: 8, ...settings }
  return openStage(dataset, fitStage(dataset, all, T0 + 40 * DAY_MS, { details: true }), 'collaborative')
}
