import type { Dataset } from '../dataset.ts'
import { chooseListSettings } from '../pipeline/chooseListSettings.ts'
import { chooseSequenceSettings } from '../pipeline/chooseSequenceSettings.ts'
import type { Progress } from '../progress.ts'
import { defaultSettings, type Settings } from '../settings.ts'
import { type Problem, validationProblem } from './problem.ts'

/** What training would use on this data today: defaults, what it chooses by itself, and what the configuration says. */
export async function baseSettings(
  dataset: Dataset,
  chosen: Partial<Settings>,
  progress: Progress,
): Promise<Settings> {
  const given = { ...defaultSettings(dataset.order), ...chosen }
  return automatic(validationProblem(dataset, given), given, chosen, progress)
}

/** The same for any problem: its own data alone is asked. */
export async function automatic(
  { data }: Problem,
  given: Settings,
  chosen: Partial<Settings>,
  progress: Progress,
): Promise<Settings> {
  if (data.order === 'time') return given
  const validated =
    data.order === 'sequence'
      ? await chooseSequenceSettings(data, given, progress)
      : await chooseListSettings(data, given, progress)
  return { ...given, ...validated, ...chosen }
}
