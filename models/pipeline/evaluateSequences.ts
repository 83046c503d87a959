import type { Rung } from '../../shared/bundle/manifest.ts'
import { openStage, withRanker } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { foldInRun } from '../evaluate/foldInRun.ts'
import { climb } from '../evaluate/ladder.ts'
import type { MetricMeans } from '../evaluate/rankQueries.ts'
import { rungCosts } from '../evaluate/rungCosts.ts'
import { openSlates } from '../evaluate/slateWriter.ts'
import { readSequences } from '../ingest/readLists.ts'
import { lane, type Progress } from '../progress.ts'
import { defaultSettings, NO_FLOORS, PRIVACY_FLOORS, type Settings } from '../settings.ts'
import { lastOut } from '../split/foldInSplits.ts'
import { chooseSequenceSettings } from './chooseSequenceSettings.ts'
import { withFloors } from './evaluateLists.ts'
import { fitSequences } from './fitSequences.ts'
import { rungsOf } from './trainBundles.ts'

export interface SequencesInput {
  readonly file: string
  readonly slates?: string
  readonly progress: Progress
}

/**
 * Leave-one-out on ordered sequences: the last item is the test, the one before it validation, every item a candidate. Nothing
 * of this is published, so the models have no privacy floors; the same with them stands beside, chosen and fitted anew.
 * @returns by model its metrics, `bytes`, `trainSeconds`, and its gain over the best model below with a 95 % interval
 */
export async function evaluateSequences(input: SequencesInput): Promise<Record<string, MetricMeans>> {
  const dataset = await readSequences(input.file)
  const given = defaultSettings('sequence')
  const free = await rankedLast(dataset, { ...given, floors: NO_FLOORS }, input.progress, input.slates)
  const floored = await rankedLast(
    dataset,
    { ...given, floors: PRIVACY_FLOORS },
    lane(input.progress, 'with the privacy floors'),
  )
  const named = floored
    .filter(([rung]) => rung !== 'popularity')
    .map(([, [m, x]]) => [withFloors(m), x] as const)
  return Object.fromEntries([...free.map(([, row]) => row), ...named])
}

/** Every rung's row; slates, where wanted, are those of the rung that validation chose. */
async function rankedLast(dataset: Dataset, given: Settings, progress: Progress, slates?: string) {
  const { training, queries, protocol } = lastOut(dataset)
  const settings = { ...given, ...(await chooseSequenceSettings(training, given, progress)) }
  const { stage, ranker, best } = await fitSequences(training, settings, progress)
  const bundle = await openStage(training, stage, 'popularity', ranker ?? undefined)
  progress(`ranking for ${queries.length} users`)
  const out = slates === undefined ? null : await openSlates(slates)
  const costs = rungCosts(withRanker(stage.blobs, ranker), stage.trainSeconds, 'popularity')
  const run = foldInRun(protocol, bundle, queries, rungsOf(bundle), costs, {
    ranked({ user }, rung, { items, scores }) {
      if (out && rung === best)
        out.add(
          dataset.users[user]!,
          Array.from(items, (i) => bundle.ids[i]!),
          scores,
        )
    },
  })
  await out?.close()
  progress(`validation chose ${best}`)
  const { ladder } = climb(run, settings.seed)
  return ladder.map(({ rung, metrics, gain }): [Rung, [string, MetricMeans]] => {
    const { model, bytes, trainSeconds } = rowCosts(rung, costs)
    const interval = gain ? { gain: gain.mean, 'gain-low': gain.low, 'gain-high': gain.high } : {}
    return [
      rung,
      [
        rung === 'ranker' ? rung : model,
        { ...metrics, bytes, trainSeconds, ...interval, chosen: rung === best ? 1 : 0 },
      ],
    ]
  })
}

/** A rung alone needs the catalogue and its own files; the ranker needs everything. */
function rowCosts(rung: Rung, costs: ReturnType<typeof rungCosts>) {
  const { popularity, collaborative, transitions, ranker } = costs
  const own = costs[rung]
  if (rung === 'popularity') return own
  if (rung !== 'ranker') return { ...own, bytes: popularity.bytes + own.bytes }
  return { ...own, bytes: popularity.bytes + collaborative.bytes + transitions.bytes + ranker.bytes }
}
