import type { Dataset } from '../dataset.ts'
import { estimatePositionBias } from '../train/positionBias.ts'
import type { ImpressionFacts, Readiness } from './dataQuality.ts'

/** What the log says about what was shown; `null` where it says nothing. */
export function impressionsOf(dataset: Dataset): ImpressionFacts | null {
  const { impressions } = dataset
  if (!impressions) return null
  const bias = estimatePositionBias(dataset, Number.POSITIVE_INFINITY)
  const { slates, positions, propensities } = impressions
  return {
    impressions: positions.length,
    slates: new Set(slates.filter((slate) => slate >= 0)).size,
    withPosition: positions.filter((position) => position > 0).length,
    withPropensity: propensities.filter((propensity) => !Number.isNaN(propensity)).length,
    answered: bias?.clicks ?? 0,
    examined: bias ? Array.from(bias.examined, (theta) => Number(theta.toFixed(4))) : null,
  }
}

/** Whether the ranker can be kept from learning what merely stood on top. */
export function positionReadiness(facts: ImpressionFacts | null, hasTimes: boolean): Readiness {
  const what = 'correction for position bias'
  const takes = 'rows of kind "impression" with slate and position'
  if (!facts) return { what, ready: 'no', why: 'the log has no impressions: the correction is off', takes }
  if (!hasTimes)
    return { what, ready: 'no', why: 'without times no slate is replayed', takes: 'a column "timestamp"' }
  const { impressions, withPosition, answered, examined } = facts
  if (examined) {
    const why = `${answered.toLocaleString('en')} of ${impressions.toLocaleString('en')} impressions were answered`
    return { what, ready: 'yes', why }
  }
  const why =
    withPosition === 0
      ? 'the impressions have no positions: the correction is off'
      : 'too few impressions were answered to tell how positions are looked at: the correction is off'
  return {
    what,
    ready: 'no',
    why,
    takes: withPosition === 0 ? takes : 'a few hundred answered impressions on several positions',
  }
}
