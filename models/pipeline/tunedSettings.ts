import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Dataset } from '../dataset.ts'
import type { Settings } from '../settings.ts'
import { cutsOf } from '../split/cuts.ts'
import { type ReplayDay, replayDays } from '../split/replay.ts'
import { before } from '../split/slice.ts'
import { chooseHalfLife } from '../train/chooseHalfLife.ts'
import { chooseSharpening } from './chooseSharpening.ts'
import { chooseTransitions } from './chooseTransitions.ts'
import { validationQuestions } from './validationQuestions.ts'

/**
 * What both halves need first, on validation days before the cut: the popularity baseline gets its best half-life, and the
 * neighbour lists, unless somebody set them, their sharpening; histories get their decay, transitions one of their own.
 */
export function tunedSettings(dataset: Dataset, given: Settings, chosen: Partial<Settings> = {}): Settings {
  const { cut, replayFrom } = cutsOf(dataset, given)
  const validation = replayDays(dataset, Math.max(replayFrom, cut - 14 * DAY_MS), cut)
  const settings = { ...given, popularHalfLife: chooseHalfLife(dataset, validation).halfLife }
  const lists = chosen.neighbours ? settings : chooseSharpening(dataset, validation, settings)
  const decay = chosen.decay ?? lists.decay
  return { ...lists, decay, transitions: chosen.transitions ?? datedTransitions(dataset, validation, lists) }
}

/** Damping and decay of the transitions. How far they look stays as given: baskets make every further step dear. */
function datedTransitions(
  dataset: Dataset,
  days: readonly ReplayDay[],
  given: Settings,
): Settings['transitions'] {
  const questions = validationQuestions(dataset, days, given.historyLength)
  if (questions.length === 0) return given.transitions
  return chooseTransitions(before(dataset, days[0]!.midnight), questions, given, [given.transitions])
    .transitions
}
