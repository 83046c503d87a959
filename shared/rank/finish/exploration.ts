import type { Bundle } from '../../bundle/openBundle.ts'
import { DAY_MS } from '../../domain/clock.ts'
import type { Controls } from './controls.ts'
import { draw } from './draw.ts'
import type { FinishQuery } from './finish.ts'

/** A visit draws among so many of the newest. */
const DRAWN_FROM = 100

export interface Exploration {
  readonly rule?: string | undefined
  /** What to explore, in this visit's order. */
  readonly items: readonly number[]
  /** How many fresh items should stand in slots 0 … slot. */
  due(slot: number): number
  isFresh(item: number): boolean
}

/**
 * A share of the slots for fresh items: one in each of as many equal stretches of the page, both the slots and the items drawn by
 * the visit, so that a page stays the same while a visit lasts.
 */
export function exploration(
  bundle: Bundle,
  { share, maxAgeDays, rule }: NonNullable<Controls['explore']>,
  { k, after, never, view, visit, newest }: FinishQuery,
): Exploration {
  const since = Math.floor(bundle.popularity.asOf / DAY_MS) - maxAgeDays
  const isFresh = (item: number) => bundle.firstDay[item]! >= Math.max(0, since)
  const shown = new Set(after)
  const eligible = (item: number) => isFresh(item) && !shown.has(item) && !view.seen.has(item) && !never(item)
  const seed = visit + after.length
  const items = Array.from(newest())
    .filter(eligible)
    .slice(0, DRAWN_FROM)
    .sort((a, b) => draw(seed, a) - draw(seed, b) || a - b)
  const count = Math.round(share * k)
  const slots = Array.from({ length: count }, (_, s) => {
    const from = Math.floor((s * k) / count)
    const to = Math.floor(((s + 1) * k) / count)
    return from + Math.floor(draw(seed, -1 - s) * (to - from))
  })
  return { rule, items, isFresh, due: (slot) => slots.filter((s) => s <= slot).length }
}
