import { type BuiltBundle, builtBundle, open } from '../../models/build/builtBundle.ts'
import { goldenCases } from '../../models/build/goldenCases.ts'
import { manifestOf } from '../../models/build/manifestOf.ts'
import { popularPages } from '../../models/build/popularPages.ts'
import { withRanker } from '../../models/build/stage.ts'
import type { Dataset } from '../../models/dataset.ts'
import { manifestInput, releaseHalf } from '../../models/pipeline/trainBundles.ts'
import { defaultSettings, type Settings } from '../../models/settings.ts'
import { cutsOf } from '../../models/split/cuts.ts'
import { encodeGolden } from '../../shared/rank/golden.ts'

/**
 * The bundle that a data set is released as, with its ranker and its golden cases, but without the evaluation: whether it is
 * any good is not asked here.
 * @throws where the data gives no ranker
 */
export async function unjudgedRelease(
  dataset: Dataset,
  chosen: Partial<Settings> = {},
): Promise<BuiltBundle> {
  const settings = { ...defaultSettings(dataset.order), ...chosen }
  const { stage, ranker } = await releaseHalf(dataset, settings)
  if (!ranker) throw new Error(`${dataset.name} gives no ranker to measure.`)
  const options = { site: 'bench', fingerprint: '0'.repeat(64), archive: true, progress: () => {} }
  const { end } = cutsOf(dataset, settings)
  const input = {
    ...manifestInput(dataset, stage, end, settings.seed, options),
    kind: 'release' as const,
    forYou: 'ranker' as const,
  }
  const blobs = withRanker(stage.blobs, ranker)
  const draft = open(await builtBundle(await manifestOf(input, blobs), blobs))
  blobs.set('golden', encodeGolden(goldenCases(draft, settings.seed)))
  for (const [role, blob] of popularPages(draft, undefined)) blobs.set(role, blob)
  return builtBundle(await manifestOf(input, blobs), blobs)
}
