import type { Dataset } from '../dataset.ts'
import { estimatePositionBias, withPositionWeights } from '../train/positionBias.ts'
import type { RankerDay } from '../train/replayedSlates.ts'

/** Positions whose estimate is said. */
const SHOWN = 5

/**
 * Replayed days whose events weigh by how unlikely their position was to be looked at, where the log has impressions with
 * positions; and what was done, as a sentence for the report.
 */
export function correctPositions(
  dataset: Dataset,
  days: readonly RankerDay[],
  until: number,
): { days: readonly RankerDay[]; notes: readonly string[] } {
  if (!dataset.impressions) return { days, notes: [] }
  const bias = estimatePositionBias(dataset, until)
  if (!bias) {
    return {
      days,
      notes: ['Correction for position bias is off: too few impressions with a position were answered.'],
    }
  }
  const shares = Array.from(bias.examined.subarray(0, SHOWN), (theta) => `${Math.round(100 * theta)} %`)
  const note = `Correction for position bias is on: ${bias.clicks} of ${bias.impressions} impressions were answered; the first positions are looked at ${shares.join(', ')} as often as the first.`
  return { days: withPositionWeights(dataset, days, bias), notes: [note] }
}
