import type { Segment } from '../../shared/bundle/evaluation.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { seededRandom } from '../random.ts'
import { ratioInterval } from './bootstrap.ts'
import { dense } from './dense.ts'
import type { ItemFacts } from './itemFacts.ts'
import type { LadderRun, Question } from './ladderRun.ts'
import { hitRate, ndcg, reciprocalRank } from './metrics.ts'
import { KEPT } from './queryRecorder.ts'

/** A model of a run as segments look at it. */
interface Ranked {
  readonly name: string
  readonly top?: Int32Array
}

const NEW_DAYS = 30
/** Fewer queries, or users, than this say nothing. */
const MIN_UNITS = 10

interface Slice {
  readonly by: Segment['by']
  readonly name: string
  /** The relevant items that count for this slice; empty: the query is not in it. */
  of(question: Question): readonly number[]
}

function slices({ counts, firstSeen, head }: ItemFacts, timed: boolean): Slice[] {
  const lengths = (name: string, from: number, to: number): Slice => ({
    by: 'history',
    name,
    of: ({ length, relevant }) => (length >= from && length <= to ? relevant : []),
  })
  const items = (name: string, accepts: (item: number, at: number) => boolean): Slice => ({
    by: 'items',
    name,
    of: ({ relevant, at }) => relevant.filter((item) => accepts(item, at)),
  })
  return [
    lengths('0', 0, 0),
    lengths('1', 1, 1),
    lengths('2–4', 2, 4),
    lengths('5–19', 5, 19),
    lengths('20+', 20, Number.POSITIVE_INFINITY),
    items('head', (item) => item >= 0 && head[item] === 1),
    items('tail', (item) => item < 0 || head[item] === 0),
    ...(timed ? [items('new', (item, at) => item >= 0 && at - firstSeen[item]! <= NEW_DAYS * DAY_MS)] : []),
    items('unseen', (item) => item < 0 || counts[item] === 0),
  ]
}

/**
 * Where a model is good: queries by the length of their history, and by the kind of item that was chosen. Head items are the
 * fewest that make up half of the training interactions, tail items all others; new items were first seen at most 30 days
 * before the day that is ranked; unseen ones have no interaction in training. Only the relevant items of a kind count.
 */
export function segmentsOf(
  run: LadderRun,
  shipped: Ranked,
  popularity: Ranked,
  best: Ranked | null,
  seed: number,
): Segment[] {
  const { facts, questions, userOf } = run
  if (!facts || !questions) return []
  const timed = facts.firstSeen.some((at) => at > Number.NEGATIVE_INFINITY)
  return slices(facts, timed).map(({ by, name, of }) => {
    const inside = questions.flatMap((question, q) => {
      const relevant = of(question)
      return relevant.length > 0 ? [{ q, relevant: new Set(relevant) }] : []
    })
    const units = dense(Int32Array.from(inside, ({ q }) => userOf[q]!))
    const users = units.reduce((max, u) => Math.max(max, u + 1), 0)
    const measured = (model: Ranked) => inside.map(({ q, relevant }) => valuesOf(model, q, relevant))
    const [ours, popular, theirs] = [measured(shipped), measured(popularity), best ? measured(best) : []]
    const difference = (others: readonly Values[]) => {
      if (others.length < MIN_UNITS || users < MIN_UNITS) return null
      const gaps = Float64Array.from(ours, (values, i) => values['ndcg@10'] - others[i]!['ndcg@10'])
      return ratioInterval(gaps, new Float64Array(gaps.length).fill(1), units, seededRandom(seed))
    }
    return {
      by,
      name,
      queries: inside.length,
      users,
      shipped: meansOf(ours),
      popularity: meansOf(popular),
      best: meansOf(theirs),
      bestName: best?.name ?? '',
      difference: difference(theirs),
      overPopularity: shipped === popularity ? null : difference(popular),
    }
  })
}

type Values = { readonly 'ndcg@10': number; readonly 'hit-rate@10': number; readonly 'mrr@10': number }

function valuesOf({ top }: Ranked, q: number, relevant: ReadonlySet<number>): Values {
  const ranked = top!.subarray(q * KEPT, (q + 1) * KEPT)
  return {
    'ndcg@10': ndcg(ranked, relevant, KEPT),
    'hit-rate@10': hitRate(ranked, relevant, KEPT),
    'mrr@10': reciprocalRank(ranked, relevant),
  }
}

function meansOf(all: readonly Values[]): Record<string, number> {
  if (all.length === 0) return {}
  const mean = (name: keyof Values) => all.reduce((sum, values) => sum + values[name], 0) / all.length
  return { 'ndcg@10': mean('ndcg@10'), 'hit-rate@10': mean('hit-rate@10'), 'mrr@10': mean('mrr@10') }
}
