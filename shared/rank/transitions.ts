import type { Bundle } from '../bundle/openBundle.ts'
import type { SpannedGenerator } from './generator.ts'
import { voting } from './votes.ts'

/**
 * What follows what: score_i = Σ_h w_h · T_hi, T the directed transition lists, w the history under the profile's own decay
 * for transitions. Direction is what neighbours cannot know: the second season follows the first.
 */
export function transitions({
  transitions: lists,
  items,
  manifest,
}: Bundle): SpannedGenerator<'transitions'> | null {
  const { decay, transitionDecay = decay } = manifest.profile
  return lists ? voting('transitions', lists, items, transitionDecay) : null
}
