import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import type { UserHistory } from '../../shared/domain/interaction.ts'
import { type GoldenCase, goldenCase } from '../../shared/rank/golden.ts'
import { popularList } from '../../shared/rank/popular.ts'
import { seededRandom } from '../random.ts'

/** Histories that a bundle is checked with at load: how many items each has. */
const LENGTHS = [0, 1, 2, 5, 12, 30]
const POOL = 300

/** Golden cases over invented histories. */
export function goldenCases(bundle: Bundle, seed: number): GoldenCase[] {
  const { now, histories } = inventedHistories(bundle, seed)
  return histories.map((history) => goldenCase(bundle, { surface: 'for-you', k: 20, now, history }))
}

/** Histories of visitors who do not exist, and their moment: draws from the popular list and the whole catalogue in turn. */
export function inventedHistories(bundle: Bundle, seed: number): { now: number; histories: UserHistory[] } {
  const random = seededRandom(seed)
  const popular = popularList(bundle, -1, POOL)
  // Data without times has no moment; its invented histories still need one.
  const now = Math.max(bundle.manifest.asOf, DAY_MS)
  // A visitor who has seen the whole of a small catalogue is rightly shown nothing, which would check nothing.
  const most = Math.floor(popular.length / 2)
  const histories = LENGTHS.map((wanted) => {
    const length = Math.min(wanted, most)
    return Array.from({ length }, (_, h) => {
      const pool = h % 3 === 2 ? bundle.items : popular.length
      const drawn = Math.floor(random() * pool)
      const number = h % 3 === 2 ? drawn : popular[drawn]!
      return { item: bundle.ids[number]!, kind: 'view' as const, at: now - (length - h) * 60_000 }
    })
  })
  return { now, histories }
}
