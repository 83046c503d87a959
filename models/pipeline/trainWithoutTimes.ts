import type { Rung } from '../../shared/bundle/manifest.ts'
import { builtBundle, open } from '../build/builtBundle.ts'
import { manifestOf } from '../build/manifestOf.ts'
import { fitStage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { foldInRun } from '../evaluate/foldInRun.ts'
import { climb, timingsOf } from '../evaluate/ladder.ts'
import { rungCosts } from '../evaluate/rungCosts.ts'
import type { Settings } from '../settings.ts'
import { lastOut, strongGeneralisation } from '../split/foldInSplits.ts'
import { chooseListSettings } from './chooseListSettings.ts'
import { validatedForSequences } from './evaluateSequences.ts'
import type { Trained } from './train.ts'
import { manifestInput, releaseBundle, rungsOf, type TrainOptions } from './trainBundles.ts'

/**
 * Training for data without times: no ranker (there is no moment to replay) and no temporal protocol. What ships is judged on
 * the last item of each user where there is an order, on users unseen in training where there is none.
 */
export async function trainWithoutTimes(
  dataset: Dataset,
  given: Settings,
  chosen: Partial<Settings>,
  options: TrainOptions,
): Promise<Trained> {
  options.progress('fitting generators on the training part')
  const split = dataset.order === 'sequence' ? lastOut(dataset) : strongGeneralisation(dataset, given.seed)
  const validated =
    dataset.order === 'sequence'
      ? await validatedForSequences(split.training, options.progress)
      : await chooseListSettings(split.training, { ...given, ...chosen }, options.progress)
  const settings = { ...given, ...validated, ...chosen }
  const stage = fitStage(split.training, settings, 0)
  const input = { ...manifestInput(dataset, stage, 0, settings.seed, options), kind: 'evaluation' as const }
  const bundle = await builtBundle(await manifestOf(input, stage.blobs), stage.blobs)
  options.progress(`ranking for ${split.queries.length} users`)
  const opened = open(bundle)
  const rungs: Rung[] = rungsOf(opened)
  const run = foldInRun(
    split.protocol,
    opened,
    split.queries,
    rungs,
    rungCosts(stage.blobs, stage.trainSeconds, 'popularity, all-time'),
  )
  const evaluation = climb(run, settings.seed)
  options.progress('fitting the release')
  const full = fitStage(dataset, settings, 0, { details: true })
  const fitted = { stage: full, ranker: null, notes: full.missing, candidateRecall: 0, slates: 0 }
  const result = {
    bundle,
    evaluation,
    timings: timingsOf(run),
    settings,
    notes: stage.missing,
    oracleNdcg: null,
    candidateRecall: 0,
    slates: 0,
  }
  return { result, release: await releaseBundle(dataset, fitted, result, options) }
}
