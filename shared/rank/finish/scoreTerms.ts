import type { Bundle } from '../../bundle/openBundle.ts'
import { DAY_MS } from '../../domain/clock.ts'
import { type Contribution, SCORE_UNITS } from '../../domain/slate.ts'
import type { HistoryView } from '../historyView.ts'
import type { Controls } from './controls.ts'
import { draw } from './draw.ts'

/** What an item that was seen this moment loses: e⁶, some 400 times less likely. */
const SEEN_LOSS = 6
/** Half of it is forgiven after so many days, or, in data without times, after so many later items. */
const SEEN_DAYS = 14
const SEEN_STEPS = 20

export interface Moment {
  readonly view: HistoryView
  /** Item → how often earlier visits showed it in vain. */
  readonly shown: Readonly<Record<string, number>>
  readonly visit: number
}

/**
 * What is added to an item's score, each a term of its own, in units of the score:
 * - `boost`: ln factor, so that the odds (or, on a list, what the item counts) are multiplied
 * - `seen`: −6 · 2^(−age / 14 days)
 * - `rotation`: −rate · ln(1 + times shown in vain) · (½ … 1½, drawn for the visit)
 */
export function scoreTerms(
  bundle: Bundle,
  { boosts, seen, rotate }: Controls,
  { view, shown, visit }: Moment,
): (item: number) => Contribution[] {
  const stepOf = new Map(Array.from(view.numbers, (item, h) => [item, h]))

  function seenLoss(item: number): number {
    const step = stepOf.get(item) ?? view.numbers.length
    const time = view.times[step] ?? 0
    const halves =
      view.now !== undefined && time > 0
        ? Math.max(0, view.now - time) / DAY_MS / SEEN_DAYS
        : step / SEEN_STEPS
    return SEEN_LOSS * 2 ** -halves
  }

  return (item) => {
    const terms: Contribution[] = []
    for (const { set, share, rule } of boosts)
      if (set.has(item)) terms.push({ source: 'boost', share, ...named(rule) })
    const lose = (source: 'seen' | 'rotation', loss: number, rule: string | undefined) => {
      const share = -Math.round(loss * SCORE_UNITS)
      if (share !== 0) terms.push({ source, share, ...named(rule) })
    }
    if (view.seen.has(item)) lose('seen', seenLoss(item), seen.rule)
    const times = rotate.rate > 0 ? (shown[bundle.ids[item]!] ?? 0) : 0
    if (times > 0)
      lose('rotation', rotate.rate * Math.log(1 + times) * (0.5 + draw(visit, item)), rotate.rule)
    return terms
  }
}

export function named(rule: string | undefined): { rule?: string } {
  return rule === undefined ? {} : { rule }
}
