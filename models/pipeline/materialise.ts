import { sha256 } from '../../shared/bundle/hash.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { featureSchemaText } from '../../shared/features/featureSchema.ts'
import { FEATURE_IDS, FEATURES } from '../../shared/features/features.ts'
import type { Dataset } from '../dataset.ts'
import { openParquet, type ParquetType } from '../ingest/parquetWriter.ts'
import { seededRandom } from '../random.ts'
import type { Settings } from '../settings.ts'
import { heldOutUsers } from '../train/ranker.ts'
import { replayedSlates } from '../train/replayedSlates.ts'
import { openWindow, replayWindow } from './fitUntil.ts'

/** What was written, and of which moments. */
export interface Materialised {
  readonly slates: number
  /** Slates whose candidates held what was chosen. */
  readonly hits: number
  readonly rows: number
  /** Replayed moments. Those whose candidates lacked what was chosen have rows only where the user is held out. */
  readonly events: number
  /** ms since 1970 UTC: [from, until) is replayed. */
  readonly from: number
  readonly until: number
  /** SHA-256 of the declarations, as in manifests. */
  readonly featureSchema: string
  readonly notes: readonly string[]
}

/**
 * Columns before the features. `chosen` is the label; the other rows of a query are sampled from its candidates. Queries of
 * held-out users stop the training and make scores probabilities; some of them lack what was chosen.
 */
const COLUMNS = {
  query: 'INTEGER',
  at: 'BIGINT',
  popularity_at: 'BIGINT',
  item: 'VARCHAR',
  chosen: 'BOOLEAN',
  held_out: 'BOOLEAN',
  weight: 'FLOAT',
} as const satisfies Record<string, ParquetType>

/**
 * Writes what the ranker learns from at `until`, as it learns from it: a row for each item of each replayed slate, every
 * feature computed by the browser's function from what was known at that moment (Parquet, a column a feature).
 * @param until exclusive end of what may be known, ms since 1970 UTC
 * @param users whether each row says whose it is, by the log's own id
 * @throws ForYouError `not_supported` for data without times
 */
export async function materialise(
  dataset: Dataset,
  settings: Settings,
  until: number,
  path: string,
  { users = false } = {},
): Promise<Materialised> {
  if (dataset.order !== 'time') {
    throw new ForYouError('not_supported', `${dataset.name} has no times, so no row of it has a moment.`)
  }
  const window = replayWindow(dataset, settings, until)
  const { bundle, days, notes } = await openWindow(dataset, window)
  const isHeldOut = heldOutUsers(settings)
  const replay = replayedSlates(bundle, days, settings, seededRandom(settings.seed), isHeldOut)
  const featureSchema = await sha256(featureSchemaText())
  const columns: Record<string, ParquetType> = {
    ...COLUMNS,
    ...(users ? { user: 'VARCHAR' } : {}),
    ...Object.fromEntries(FEATURES.map(({ name }) => [name, 'FLOAT'])),
  }
  const file = await openParquet(path, columns, {
    feature_schema: featureSchema,
    features: FEATURE_IDS.join(','),
  })
  let query = 0
  let rows = 0
  let hits = 0
  try {
    const width = FEATURES.length
    for (const { event, popularityAt, hit, items, rows: values } of replay.slates) {
      if (hit) hits++
      for (const [r, item] of items.entries()) {
        file.add([
          query,
          event.at ?? null,
          popularityAt,
          bundle.ids[item]!,
          hit && r === 0,
          isHeldOut(event.user),
          event.weight ?? 1,
          ...(users ? [dataset.users[event.user]!] : []),
          ...values.subarray(r * width, (r + 1) * width),
        ])
      }
      query++
      rows += items.length
    }
  } catch (error) {
    await file.abandon()
    throw error
  }
  await file.close()
  const { from } = window
  return { slates: query, hits, rows, events: replay.events, from, until, featureSchema, notes }
}
