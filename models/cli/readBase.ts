import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ForYouError } from '../../shared/domain/errors.ts'
import { type BuiltBundle, readBundle } from '../build/builtBundle.ts'
import { type DeltaBase, deltaBase } from '../build/deltaBase.ts'
import type { Settings } from '../settings.ts'
import { readReport, type TrainReport } from './trainTo.ts'

/** A base as it lies on disk: an output of training, or of an earlier delta. */
export interface BaseFolder {
  readonly base: DeltaBase
  readonly built: BuiltBundle
  readonly report: TrainReport
  /** The evaluation bundle that its evaluation is of; it may have been removed. */
  readonly evaluation: string
}

/**
 * @throws ForYouError `not_found` where the folder is no output of training, `hash_mismatch` where it is damaged
 */
export async function readBase(folder: string): Promise<BaseFolder> {
  const release = join(folder, 'release')
  const report = await readReport(folder)
  if (!existsSync(join(release, 'manifest.json')) || !report) {
    throw new ForYouError(
      'not_found',
      `${folder} is no output of training: it has no release or no report.`,
      {
        hint: 'Make a base with "foryou train --out DIR", then give DIR.',
      },
    )
  }
  const built = await readBundle(release)
  return { base: deltaBase(built), built, report, evaluation: join(folder, 'evaluation') }
}

/** Settings that say nothing about the base's files. */
const FREE: readonly string[] = ['gate', 'baselines']

/**
 * A delta ranks with the base's settings: those that somebody has set otherwise would silently not count.
 * @param chosen what the configuration and the flags set
 * @throws ForYouError `bad_config` naming the settings that differ
 */
export function assertSameSettings({ report }: BaseFolder, chosen: Partial<Settings>): void {
  const settings = report.made?.settings as Readonly<Record<string, unknown>> | undefined
  const other = Object.entries(chosen)
    .filter(([name, value]) => !FREE.includes(name) && !isDeepStrictEqual(plain(value), settings?.[name]))
    .map(([name]) => name)
  if (other.length === 0) return
  throw new ForYouError('bad_config', `The base was trained with other settings: ${other.join(', ')}.`, {
    hint: 'Train without --base, so that they count; deltas on that base then have them.',
  })
}

/** As it comes back from a report. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
