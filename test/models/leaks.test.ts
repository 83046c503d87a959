import { describe, expect, test } from 'vitest'
import {
  assertDayAfter,
  assertItemsHidden,
  assertQuestionsHidden,
  assertTargetsUnseen,
  assertTrainedBefore,
  assertUsersHidden,
} from '../../models/split/assertNoLeak.ts'
import { lastOut, strongGeneralisation } from '../../models/split/foldInSplits.ts'
import { replayDays } from '../../models/split/replay.ts'
import { before as slicedBefore } from '../../models/split/slice.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { checkerboard, T0 } from '../worlds.ts'

const world = checkerboard()
const CUT = T0 + 20 * DAY_MS
const outcome = (look: () => void) => {
  try {
    look()
    return 'sound'
  } catch (error) {
    return errorCode(error)
  }
}

describe('a planted leak ends the run', () => {
  const [day] = replayDays(world, CUT, CUT + DAY_MS)
  const event = day!.events.find(({ history }) => history.length > 0)!
  const planted = (change: Partial<typeof event>) => ({ ...day!, events: [{ ...event, ...change }] })

  test('temporal', () => {
    expect(outcome(() => assertDayAfter(day!, CUT, day!.midnight))).toBe('sound')
    expect(outcome(() => assertDayAfter(day!, CUT + 1, day!.midnight))).toBe('leak')
    // Popularity that saw the day.
    expect(outcome(() => assertDayAfter(day!, CUT, day!.midnight + 1))).toBe('leak')
    // The target in the history.
    const known = { ...event.history[0]!, item: event.target }
    expect(outcome(() => assertDayAfter(planted({ history: [known] }), CUT, CUT))).toBe('leak')
    // Something of the same moment in the history.
    const same = { ...event.history[0]!, at: event.at! }
    expect(outcome(() => assertDayAfter(planted({ history: [same] }), CUT, CUT))).toBe('leak')
  })

  test('training rows at or after the cut', () => {
    expect(outcome(() => assertTrainedBefore(slicedBefore(world, CUT), CUT))).toBe('sound')
    expect(outcome(() => assertTrainedBefore(slicedBefore(world, CUT + DAY_MS), CUT))).toBe('leak')
  })

  test('last-out', () => {
    const { training, queries } = lastOut(world)
    expect(outcome(() => assertQuestionsHidden(training, queries))).toBe('sound')
    expect(outcome(() => assertQuestionsHidden(world, queries))).toBe('leak')
  })

  test('strong generalisation', () => {
    const { training, queries } = strongGeneralisation(world, 1)
    expect(outcome(() => assertUsersHidden(training, queries))).toBe('sound')
    expect(outcome(() => assertUsersHidden(world, queries))).toBe('leak')
  })

  test('any fold-in, and cold items', () => {
    const [query] = lastOut(world).queries
    expect(outcome(() => assertTargetsUnseen(query!))).toBe('sound')
    expect(outcome(() => assertTargetsUnseen({ ...query!, relevant: [query!.history[0]!.item] }))).toBe(
      'leak',
    )
    const cold = new Uint8Array(world.catalogue.length)
    expect(outcome(() => assertItemsHidden(world, cold))).toBe('sound')
    cold[world.items[0]!] = 1
    expect(outcome(() => assertItemsHidden(world, cold))).toBe('leak')
  })
})
