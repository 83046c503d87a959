import type { Bundle, SparseRows } from '../../shared/bundle/openBundle.ts'
import type { ItemFacts } from './itemFacts.ts'
import { KEPT } from './queryRecorder.ts'

export interface SlateContext {
  /** slate → user, dense from 0; a user's slates in the order they were asked for */
  readonly userOf: Int32Array
  readonly facts: Pick<ItemFacts, 'counts'>
  readonly content: Bundle['content']
}

/** Slates whose diversity is computed, spread evenly: 45 pairs each. */
const DIVERSITY_SLATES = 2000

/**
 * What a model shows, whether it is chosen or not, over its first 10 items of each list.
 * @param top slates × 10 item numbers, −1 where a list is shorter
 */
export function beyondAccuracy(
  top: Int32Array,
  { userOf, facts, content }: SlateContext,
): Record<string, number> {
  return {
    [`novelty@${KEPT}`]: novelty(top, facts.counts),
    [`popularity-percentile@${KEPT}`]: meanPercentile(top, percentiles(facts.counts)),
    [`gini@${KEPT}`]: gini(exposure(top, facts.counts.length)),
    [`repeat-rate@${KEPT}`]: repeatRate(top, KEPT, userOf),
    ...(content ? { [`diversity@${KEPT}`]: diversity(top, KEPT, content, DIVERSITY_SLATES) } : {}),
  }
}

/**
 * Mean self-information of what is shown, bits: mean of −log₂ p(i), p(i) = (n_i + 1) / (N + items), n_i the item's training
 * interactions and N their sum (Zhou et al., PNAS 2010; add-one so that an unseen item has a finite one). 0 where nothing is
 * shown.
 */
export function novelty(top: Int32Array, counts: Float64Array): number {
  const total = counts.reduce((sum, x) => sum + x, 0) + counts.length
  const bits = counts.map((n) => -Math.log2((n + 1) / total))
  return meanOver(top, bits)
}

/** Item → share of the catalogue that is less popular, ties by half: the mean over the catalogue is ½. */
export function percentiles(counts: Float64Array): Float64Array {
  const sorted = counts.toSorted()
  const out = new Float64Array(counts.length)
  const rank = new Map<number, number>()
  for (let from = 0; from < sorted.length; ) {
    let to = from
    while (to < sorted.length && sorted[to] === sorted[from]) to++
    rank.set(sorted[from]!, (from + to) / 2 / sorted.length)
    from = to
  }
  for (const [i, count] of counts.entries()) out[i] = rank.get(count)!
  return out
}

/** Mean popularity percentile of the items shown, 0–1; 1 is the most popular item of all. */
export function meanPercentile(top: Int32Array, percentile: Float64Array): number {
  return meanOver(top, percentile)
}

/** How often each item is shown. */
export function exposure(top: Int32Array, items: number): Float64Array {
  const shown = new Float64Array(items)
  for (const item of top) if (item >= 0) shown[item]!++
  return shown
}

/**
 * Gini of exposure over the whole catalogue: Σ_i (2i − n − 1) x_i / (n Σ x), x ascending, i from 1. 0: all items are shown
 * equally often; (n − 1)/n: one item alone. 0 where nothing is shown.
 */
export function gini(shown: Float64Array): number {
  const n = shown.length
  const total = shown.reduce((sum, x) => sum + x, 0)
  if (total === 0) return 0
  const weighted = shown.toSorted().reduce((sum, x, i) => sum + (2 * (i + 1) - n - 1) * x, 0)
  return weighted / (n * total)
}

/**
 * Repeat rate: over all pairs of slates that one user got one after the other, the mean share of the later slate that was in
 * the earlier one, |R_t ∩ R_{t−1}| / |R_t|. 0 where nobody got two.
 */
export function repeatRate(top: Int32Array, k: number, userOf: Int32Array): number {
  const previous = new Map<number, Set<number>>()
  let sum = 0
  let pairs = 0
  for (let q = 0; q < userOf.length; q++) {
    const slate = slateOf(top, k, q)
    const before = previous.get(userOf[q]!)
    if (before && slate.length > 0) {
      sum += slate.filter((item) => before.has(item)).length / slate.length
      pairs++
    }
    previous.set(userOf[q]!, new Set(slate))
  }
  return pairs === 0 ? 0 : sum / pairs
}

/**
 * Intra-list diversity: mean over slates of 1 − mean cosine of the contents of all pairs (Ziegler et al., WWW 2005), 0–1. An
 * item without content is like no other. Slates of fewer than two items are left out; 0 where none is left.
 * @param most slates that are looked at, spread evenly
 */
export function diversity(top: Int32Array, k: number, rows: SparseRows, most: number): number {
  const slates = top.length / k
  const step = Math.max(1, slates / most)
  const norms = new Map<number, number>()
  let sum = 0
  let counted = 0
  for (let s = 0; s < slates; s += step) {
    const slate = slateOf(top, k, Math.floor(s))
    if (slate.length < 2) continue
    let cosines = 0
    for (let a = 1; a < slate.length; a++)
      for (let b = 0; b < a; b++) cosines += cosine(rows, slate[a]!, slate[b]!, norms)
    sum += 1 - cosines / ((slate.length * (slate.length - 1)) / 2)
    counted++
  }
  return counted === 0 ? 0 : sum / counted
}

function cosine(rows: SparseRows, a: number, b: number, norms: Map<number, number>): number {
  const scale = norm(rows, a, norms) * norm(rows, b, norms)
  if (scale === 0) return 0
  const { offsets, columns, weights } = rows
  let dot = 0
  let e = offsets[a]!
  let f = offsets[b]!
  while (e < offsets[a + 1]! && f < offsets[b + 1]!) {
    if (columns[e] === columns[f]) dot += weights[e++]! * weights[f++]!
    else if (columns[e]! < columns[f]!) e++
    else f++
  }
  return dot / scale
}

function norm({ offsets, weights }: SparseRows, item: number, norms: Map<number, number>): number {
  const known = norms.get(item)
  if (known !== undefined) return known
  let sum = 0
  for (let e = offsets[item] ?? 0; e < (offsets[item + 1] ?? 0); e++) sum += weights[e]! ** 2
  norms.set(item, Math.sqrt(sum))
  return Math.sqrt(sum)
}

function slateOf(top: Int32Array, k: number, slate: number): number[] {
  return Array.from(top.subarray(slate * k, slate * k + k)).filter((item) => item >= 0)
}

function meanOver(top: Int32Array, values: Float64Array): number {
  let sum = 0
  let shown = 0
  for (const item of top) {
    if (item < 0) continue
    sum += values[item]!
    shown++
  }
  return shown === 0 ? 0 : sum / shown
}
