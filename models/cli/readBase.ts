import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ForYouError } from '../../shared/domain/errors.ts'
import { readBundle } from '../build/builtBundle.ts'
import { type DeltaBase, deltaBase } from '../build/deltaBase.ts'
import type { Settings } from '../settings.ts'
import { readReport, type TrainReport } from './trainTo.ts'

/** A base and what is known of it: an output of training, or of an earlier delta, on disk or live. */
export interface BaseFolder {
  readonly base: DeltaBase
  readonly report: TrainReport
  /** Folder of the evaluation bundle that its evaluation is of; null where it is not at hand. */
  readonly evaluation: string | null
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
  const evaluation = join(folder, 'evaluation')
  return {
    base: deltaBase(await readBundle(release)),
    report,
    evaluation: existsSync(evaluation) ? evaluation : null,
  }
}

/** Settings that say nothing about the base's files. */
const FREE: readonly string[] = ['gate', 'baselines']

/**
 * A delta ranks with the base's settings: those that somebody has set otherwise would silently not count.
 * @param chosen what the configuration and the flags set
 * @throws ForYouError `bad_config` naming the settings that differ
 */
export function assertSameSettings({ base, report }: BaseFolder, chosen: Partial<Settings>): void {
  const { seed } = base.manifest
  const settings: Readonly<Record<string, unknown>> = { ...report.made?.settings, seed }
  const known = report.made ? Object.keys(chosen) : ['seed'] // what is live does not name its settings
  const other = Object.entries(chosen)
    .filter(([name]) => known.includes(name) && !FREE.includes(name))
    .filter(([name, value]) => !isDeepStrictEqual(plain(value), settings[name]))
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
