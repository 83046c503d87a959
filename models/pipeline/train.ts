import type { BuiltBundle } from '../build/builtBundle.ts'
import type { Dataset } from '../dataset.ts'
import { defaultSettings, type Settings } from '../settings.ts'
import { releaseInThread } from './releaseThread.ts'
import { type EvaluationResult, evaluationHalf, releaseBundle, type TrainOptions } from './trainBundles.ts'
import { trainWithoutTimes } from './trainWithoutTimes.ts'
import { tunedSettings } from './tunedSettings.ts'

export interface Trained {
  readonly result: EvaluationResult
  readonly release: BuiltBundle
}

/** Both bundles of a dataset: the one that is evaluated and the one that is published. */
export async function train(
  dataset: Dataset,
  chosen: Partial<Settings>,
  options: TrainOptions,
): Promise<Trained> {
  const given = { ...defaultSettings(dataset.order), ...chosen }
  if (dataset.order !== 'time') return trainWithoutTimes(dataset, given, chosen, options)
  options.progress('choosing the half-life of popularity and the sharpening of lists on validation')
  const settings = tunedSettings(dataset, given, chosen)
  const [result, fitted] = await Promise.all([
    evaluationHalf(dataset, settings, options),
    releaseInThread(dataset, settings),
  ])
  options.progress('writing the release bundle')
  return { result, release: await releaseBundle(dataset, fitted, result, options) }
}
