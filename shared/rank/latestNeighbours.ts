import type { Bundle } from '../bundle/openBundle.ts'
import type { SpannedGenerator } from './generator.ts'
import { voting } from './votes.ts'

/** What an item counts for each step that it lies further back: the last few say nearly all. */
const LATEST_DECAY = 0.3

/**
 * Neighbours of the latest items: score_i = Σ_h w_h · S_hi, S the neighbour lists alone. What somebody is after just now,
 * where the collaborative generator says what they are after on the whole.
 */
export function latestNeighbours({ neighbours, items }: Bundle): SpannedGenerator<'neighbours'> | null {
  return neighbours ? voting('neighbours', neighbours, items, LATEST_DECAY) : null
}
