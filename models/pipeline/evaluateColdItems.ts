import { ForYouError } from '../../shared/domain/errors.ts'
import { fitStage, openStage } from '../build/stage.ts'
import type { Dataset } from '../dataset.ts'
import { foldInRun } from '../evaluate/foldInRun.ts'
import { rungCosts } from '../evaluate/rungCosts.ts'
import type { Settings } from '../settings.ts'
import { coldItemSplit } from '../split/coldItemSplit.ts'
import { lastMoment } from '../split/cuts.ts'
import { type EvaluatedBundle, evaluated } from './evaluateBundle.ts'
import { rungsOf } from './trainBundles.ts'

/** The same questions twice: what a shelf of everything shows of new items, and how well new items are told apart. */
export interface ColdItemsEvaluation {
  /** Ranked among all items. */
  readonly all: EvaluatedBundle
  /** Ranked among the hidden items alone. */
  readonly cold: EvaluatedBundle
}

/**
 * The item-cold-start protocol: generators are fitted without a tenth of the items, encoded, decoded, and asked for them. There
 * is no ranker in it: it would have to be replayed without the items as well.
 * @throws ForYouError `bad_data` where nobody can be asked
 */
export async function evaluateColdItems(
  dataset: Dataset,
  settings: Settings,
  progress: (step: string) => void,
): Promise<ColdItemsEvaluation> {
  const { protocol, training, queries, cold } = coldItemSplit(dataset, settings.seed)
  if (queries.length === 0) {
    throw new ForYouError('bad_data', 'Nobody who chose a hidden item has a history of other items.', {
      hint: 'The protocol needs users with more than one item.',
    })
  }
  progress(`fitting without the hidden items`)
  const asOf = dataset.order === 'time' ? lastMoment(training) + 1 : 0
  const stage = fitStage(training, settings, asOf)
  const bundle = await openStage(training, stage, 'popularity')
  const costs = rungCosts(stage.blobs, stage.trainSeconds, 'popularity')
  const hidden = new Set<number>()
  for (const [index, { id }] of dataset.catalogue.entries()) {
    const number = bundle.numberOf.get(id)
    if (cold[index] === 1 && number !== undefined) hidden.add(number)
  }
  progress(`ranking for ${queries.length} users, twice`)
  const among = (label: string, only?: ReadonlySet<number>) =>
    evaluated(
      foldInRun(`${protocol}, ranked among ${label}`, bundle, queries, rungsOf(bundle), costs, { only }),
      null,
    )
  return { all: among('all items'), cold: among('the hidden items alone', hidden) }
}
