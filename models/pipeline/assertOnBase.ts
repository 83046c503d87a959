import { sha256 } from '../../shared/bundle/hash.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { featureSchemaText } from '../../shared/features/featureSchema.ts'
import type { DeltaBase } from '../build/deltaBase.ts'
import { deltaOrder } from '../build/deltaOrder.ts'
import type { Dataset } from '../dataset.ts'
import { lastMoment } from '../split/cuts.ts'

/** Days that a base serves unless told otherwise. */
export const BASE_DAYS = 7
/** Items appended to a base, as a share of its own, from which on a new one is due: nothing collaborative knows them. */
const MOST_APPENDED = 0.25

/**
 * Refuses what no delta could be honest on.
 * @throws ForYouError `not_supported` for data without times, `wrong_site`, or `bad_data` for other or older data
 */
export function assertOnBase(base: DeltaBase, dataset: Dataset, site: string): void {
  const { manifest, bundle, built } = base
  if (manifest.kind !== 'release' || !manifest.evaluation) {
    throw new ForYouError('bad_data', 'The base is no finished release.', {
      hint: 'Give the folder that "foryou train --out DIR" wrote.',
    })
  }
  if (dataset.order !== 'time') {
    throw new ForYouError(
      'not_supported',
      `${dataset.name} has no times: nothing says what came after a base.`,
      {
        hint: 'Train without --base; only files that changed travel.',
      },
    )
  }
  if (manifest.site !== site) {
    throw new ForYouError('wrong_site', `The base is of site "${manifest.site}", not "${site}".`, {
      hint: 'The site that is trained for stands in foryou.config.json, or in the file that --config names.',
    })
  }
  const ids = new Set(dataset.catalogue.map(({ id }) => id))
  const shared = bundle.ids.filter((id) => ids.has(id)).length
  if (manifest.data.name !== dataset.name || shared < bundle.items / 2) {
    throw new ForYouError(
      'bad_data',
      `The base is of the data "${manifest.data.name}"; "${dataset.name}" has ${shared} of its ${bundle.items} items.`,
      { hint: 'Train without --base for other data.' },
    )
  }
  const end = lastMoment(dataset) + 1
  if (end < built) {
    throw new ForYouError(
      'bad_data',
      `The data ends on ${day(end)}, before the base, which was built on data until ${day(built)}.`,
    )
  }
}

/** Why a new base is due although a delta would be possible; null where none is. */
export async function baseOverdue(
  { manifest, bundle, built }: DeltaBase,
  dataset: Dataset,
  days: number,
): Promise<string | null> {
  // Last interactions come a little earlier or later every night.
  const age = Math.round((lastMoment(dataset) + 1 - built) / DAY_MS)
  if (age >= days) return `it is ${age === 1 ? 'a day' : `${age} days`} old, ${days} at the most`
  const { lost, indexOf, known } = deltaOrder(dataset, bundle.ids)
  if (lost.length > 0)
    return `${lost.length === 1 ? 'an item' : `${lost.length} items`} of it left the catalogue`
  const appended = indexOf.length - known
  if (appended > MOST_APPENDED * known) return `${appended} items came since, to its ${known}`
  if (manifest.featureSchema !== (await sha256(featureSchemaText()))) return 'features have changed since'
  return null
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
