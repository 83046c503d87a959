import { resolve } from 'node:path'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { Config } from '../config.ts'
import type { Dataset } from '../dataset.ts'
import { assertOnBase, BASE_DAYS, baseOverdue } from '../pipeline/assertOnBase.ts'
import type { DeltaKind } from '../pipeline/deltaRelease.ts'
import type { Io, ParsedArgs } from './command.ts'
import { liveBase } from './liveBase.ts'
import { assertSameSettings, type BaseFolder, readBase } from './readBase.ts'

/** In the place of a folder. */
const LIVE = 'live'

/** What `--base`, `--base-days` and `--only` ask for. */
export interface SmallUpdate {
  readonly folder: BaseFolder
  readonly kind: DeltaKind
}

/**
 * Decides between a delta and a new base, and says which. Popularity alone is renewed whatever the age of the base: what runs
 * every hour must neither train nor stop.
 * @returns null where a new base has to be trained
 * @throws ForYouError where a base was given that no delta can be made on: of another site, other data or other settings
 */
export async function smallUpdate(
  args: ParsedArgs,
  io: Io,
  dataset: Dataset,
  { site, settings, baseDays = BASE_DAYS }: Config,
): Promise<SmallUpdate | null> {
  const only = args.string('only')
  const days = args.integer('base-days') ?? baseDays
  const path = args.string('base')
  if (only !== undefined && only !== 'popularity') {
    throw new ForYouError('bad_usage', `--only knows "popularity", not "${only}".`)
  }
  if (path === undefined) {
    if (only === undefined && args.string('base-days') === undefined) return null
    throw new ForYouError('bad_usage', '--only and --base-days say something about --base, which is missing.')
  }
  const folder = path === LIVE ? await liveBase(args, io) : await readBase(resolve(io.cwd, path))
  assertOnBase(folder.base, dataset, site)
  assertSameSettings(folder, settings)
  const overdue = await baseOverdue(folder.base, dataset, days)
  if (only) {
    if (overdue)
      io.note(`The base is due for renewal (${overdue}); popularity is renewed on it all the same.`)
    return { folder, kind: 'popularity' }
  }
  if (overdue) {
    io.note(
      `A new base is trained, ${path === LIVE ? 'what is live is due' : `the one in ${path} is due`}: ${overdue}.`,
    )
    return null
  }
  return { folder, kind: 'items' }
}
