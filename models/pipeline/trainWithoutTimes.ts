import { builtBundle, open } from '../build/builtBundle.ts'
import { manifestOf } from '../build/manifestOf.ts'
import { fitStage, withRanker } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { foldInRun } from '../evaluate/foldInRun.ts'
import { climb, timingsOf } from '../evaluate/ladder.ts'
import { rungCosts } from '../evaluate/rungCosts.ts'
import { withTimelessSurfaces } from '../evaluate/surfaces.ts'
import type { Progress } from '../progress.ts'
import type { Settings } from '../settings.ts'
import { lastOut, strongGeneralisation } from '../split/foldInSplits.ts'
import { pluginRungs } from '../train/plugins.ts'
import { chooseListSettings } from './chooseListSettings.ts'
import { chooseSequenceSettings } from './chooseSequenceSettings.ts'
import { besideLadder } from './fitBaselines.ts'
import { fitSequences } from './fitSequences.ts'
import type { Fitted } from './fitUntil.ts'
import type { Trained } from './train.ts'
import { manifestInput, releaseBundle, rungsOf, type TrainOptions } from './trainBundles.ts'

/**
 * Training for data without times, so without a temporal protocol. Sequences are judged on each user's last item and have a
 * ranker that learned from the steps before it; lists are judged on users unseen in training and have none, because nothing
 * of them comes last.
 */
export async function trainWithoutTimes(
  dataset: Dataset,
  given: Settings,
  chosen: Partial<Settings>,
  options: TrainOptions,
): Promise<Trained> {
  const { progress } = options
  progress('fitting generators on the training part')
  const split = dataset.order === 'sequence' ? lastOut(dataset) : strongGeneralisation(dataset, given.seed)
  const start = { ...given, ...chosen }
  const validated =
    dataset.order === 'sequence'
      ? await chooseSequenceSettings(split.training, start, progress)
      : await chooseListSettings(split.training, start, progress)
  const settings = { ...given, ...validated, ...chosen }
  const fitted = await fitAll(split.training, settings, progress, false)
  const { stage, ranker, notes, candidateRecall, slates } = fitted
  const blobs = withRanker(stage.blobs, ranker)
  const input = { ...manifestInput(dataset, stage, 0, settings.seed, options), kind: 'evaluation' as const }
  const bundle = await builtBundle(await manifestOf(input, blobs), blobs)
  progress(`ranking for ${split.queries.length} users`)
  const opened = open(bundle)
  const costs = rungCosts(blobs, stage.trainSeconds, 'popularity, all-time', pluginRungs(settings))
  const beside = await besideLadder(dataset, split.training, settings, 0, opened, progress)
  const run = foldInRun(split.protocol, opened, split.queries, rungsOf(opened), costs, beside)
  const evaluation = withTimelessSurfaces(climb(run, settings.seed), opened, split.queries, settings.seed)
  progress('fitting the release')
  const release = await fitAll(dataset, settings, progress, true)
  const result = {
    bundle,
    evaluation,
    timings: timingsOf(run),
    settings,
    notes,
    oracleNdcg: null,
    candidateRecall,
    slates,
  }
  return { result, release: await releaseBundle(dataset, release, result, options) }
}

/** Everything up to the end of a dataset without times. */
async function fitAll(
  dataset: Dataset,
  settings: Settings,
  progress: Progress,
  details: boolean,
): Promise<Fitted> {
  if (dataset.order === 'sequence') return fitSequences(dataset, settings, progress, { details })
  const stage = fitStage(dataset, settings, 0, { details })
  return { stage, ranker: null, notes: stage.missing, candidateRecall: 0, slates: 0 }
}
