import type { InteractionMatrix } from './interactionMatrix.ts'
import { nthGreatest } from './kernels/strongest.ts'
import { sharedFloat64, sharedInt32 } from './sharedArrays.ts'
import type { Threads } from './threads.ts'

/** Sparse lists of the strongest targets per source item, each list by rising target. */
export interface NeighbourLists {
  /** items + 1 */
  readonly offsets: Int32Array
  readonly targets: Int32Array
  readonly weights: Float64Array
}

export interface NeighbourOptions {
  /** Targets kept per source, on average over the sources that have any. */
  readonly length: number
  /** Damping of the source's popularity, D^-source. */
  readonly source: number
  /** Damping of the target's popularity, D^-target. */
  readonly target: number
  /** Damping of long histories, |u|^-user. */
  readonly user: number
  /** b, the weight of the damped second hop that is taken off: 0 … 1. */
  readonly sharpening: number
  /** Distinct users a pair needs: the privacy floor. */
  readonly minPairUsers: number
}

/** Q: its lists are this long, and damped like a cosine. */
const HOP = { length: 30, damping: 0.5, user: 0.5 }
const POWER_ITERATIONS = 30
/** Lists are cut to this many times the mean before the strongest of all are chosen. */
const LONGEST = 4
/** Every source keeps its strongest few, whatever the others have. */
const SHORTEST = 5

/**
 * Normalised co-occurrence S = D^-source · Xᵀ · diag(|u|^-user) · X · D^-target without its diagonal, sharpened to
 * S − b · S·Q with Q the cosine of the same counts, scaled to a spectral radius of 1: what two steps explain is no news of
 * one step (the sharpening process of BSPM, Choi et al., SIGIR 2023, folded into the lists). With source = target = ½,
 * user = 0 and b = 0 it is the cosine of item-kNN; long histories and popular items are damped as in GF-CF (Shen et al.,
 * CIKM 2021). Pruned to what is strongest per *source* (a row is what one history item votes for), see `allot`.
 * Never forms items × items: one dense accumulator row at a time.
 */
export function neighbourLists(
  matrix: InteractionMatrix,
  options: NeighbourOptions,
  threads: Threads,
): NeighbourLists {
  const sources = Int32Array.from({ length: matrix.items }, (_, i) => i)
  const hop = options.sharpening > 0 ? secondHop(matrix, options.minPairUsers, threads) : undefined
  const [rows] = listRows(
    matrix,
    { ...options, length: LONGEST * options.length, sharpenings: [options.sharpening], sources, hop },
    threads,
  )
  return allot(rows!, matrix, options)
}

/** Q as lists by item, scaled to a spectral radius of 1. */
export function secondHop(matrix: InteractionMatrix, minPairUsers: number, threads: Threads): NeighbourLists {
  const sources = Int32Array.from({ length: matrix.items }, (_, i) => i)
  const { length, damping, user } = HOP
  const [q] = listRows(
    matrix,
    { length, source: damping, target: damping, user, minPairUsers, sharpenings: [0], sources },
    threads,
  )
  const radius = spectralRadius(q!)
  const weights = sharedFloat64(q!.weights.length)
  for (let e = 0; e < weights.length; e++) weights[e] = q!.weights[e]! / radius
  return { offsets: onSharedMemory(q!.offsets), targets: onSharedMemory(q!.targets), weights }
}

export interface RowOptions extends Omit<NeighbourOptions, 'sharpening'> {
  readonly sources: Int32Array
  readonly sharpenings: readonly number[]
  readonly hop?: NeighbourLists | undefined
  /** Added to the denominator of the damped counts. */
  readonly shrinkage?: number
}

/** Lists of some sources, the others empty, once for each sharpening; `length` is the longest here, not the mean. */
export function listRows(
  matrix: InteractionMatrix,
  { sources, sharpenings, hop, length, minPairUsers, shrinkage = 0, ...damping }: RowOptions,
  threads: Threads,
): NeighbourLists[] {
  const itemScale = (power: number) =>
    Float64Array.from({ length: matrix.items }, (_, i) => Math.max(1, degreeOf(matrix, i)) ** -power)
  const rows = sharpenings.length * sources.length
  const out = {
    counts: sharedInt32(rows),
    targets: sharedInt32(rows * length),
    weights: sharedFloat64(rows * length),
  }
  threads.run(
    'neighbourRows',
    {
      matrix,
      sources,
      sourceScale: itemScale(damping.source),
      targetScale: itemScale(damping.target),
      userScale: Float64Array.from(
        { length: matrix.users },
        (_, u) => Math.max(1, matrix.userOffsets[u + 1]! - matrix.userOffsets[u]!) ** -damping.user,
      ),
      minPairUsers,
      shrinkage,
      ...(hop ? { hop } : {}),
      sharpenings,
      length,
      ...out,
    },
    sources.length,
  )
  return sharpenings.map((_, b) => packed(matrix.items, sources, b * sources.length, length, out))
}

/** Rows of fixed room → lists without gaps. Sources must rise. */
function packed(
  items: number,
  sources: Int32Array,
  firstRow: number,
  length: number,
  rows: { counts: Int32Array; targets: Int32Array; weights: Float64Array },
): NeighbourLists {
  const offsets = new Int32Array(items + 1)
  for (let s = 0; s < sources.length; s++) offsets[sources[s]! + 1] = rows.counts[firstRow + s]!
  for (let i = 0; i < items; i++) offsets[i + 1]! += offsets[i]!
  const targets = new Int32Array(offsets[items]!)
  const weights = new Float64Array(offsets[items]!)
  for (let s = 0; s < sources.length; s++) {
    const from = (firstRow + s) * length
    const to = from + rows.counts[firstRow + s]!
    targets.set(rows.targets.subarray(from, to), offsets[sources[s]!]!)
    weights.set(rows.weights.subarray(from, to), offsets[sources[s]!]!)
  }
  return { offsets, targets, weights }
}

/**
 * Spends one budget over all lists: of all entries the strongest stay, measured before the source's damping (its
 * popularity is how often the list is asked), so that much-used items get long lists and rare ones short ones.
 */
export function allot(
  lists: NeighbourLists,
  matrix: InteractionMatrix,
  { length, source }: Pick<NeighbourOptions, 'length' | 'source'>,
): NeighbourLists {
  const { items } = matrix
  let sources = 0
  const strength = new Float64Array(lists.targets.length)
  const order = new Float64Array(lists.targets.length)
  for (let i = 0; i < items; i++) {
    const from = lists.offsets[i]!
    const to = lists.offsets[i + 1]!
    if (to === from) continue
    sources++
    const undamped = Math.max(1, degreeOf(matrix, i)) ** source
    for (let e = from; e < to; e++) strength[e] = lists.weights[e]! * undamped
    // The strongest few stand above everything.
    if (to - from > SHORTEST) {
      order.set(strength.subarray(from, to))
      const few = nthGreatest(order, to - from, SHORTEST)
      for (let e = from; e < to; e++) if (strength[e]! >= few) strength[e] = Number.POSITIVE_INFINITY
    } else strength.fill(Number.POSITIVE_INFINITY, from, to)
  }
  const budget = Math.round(length * sources)
  if (lists.targets.length <= budget) return lists
  order.set(strength)
  const least = nthGreatest(order, order.length, budget)
  let room = budget // for ties with the weakest that stays, in order
  for (const x of strength) if (x > least) room--
  return kept(lists, (e) => strength[e]! > least || (strength[e]! === least && room-- > 0))
}

function kept(
  { offsets, targets, weights }: NeighbourLists,
  keep: (entry: number) => boolean,
): NeighbourLists {
  const entries: number[] = []
  const next = new Int32Array(offsets.length)
  for (let i = 0; i + 1 < offsets.length; i++) {
    for (let e = offsets[i]!; e < offsets[i + 1]!; e++) if (keep(e)) entries.push(e)
    next[i + 1] = entries.length
  }
  return {
    offsets: next,
    targets: Int32Array.from(entries, (e) => targets[e]!),
    weights: Float64Array.from(entries, (e) => weights[e]!),
  }
}

/** Perron root of lists of positive weights, by power iteration from the ones. */
export function spectralRadius({ offsets, targets, weights }: NeighbourLists): number {
  const items = offsets.length - 1
  let x = new Float64Array(items).fill(1)
  let radius = 0
  for (let round = 0; round < POWER_ITERATIONS; round++) {
    const y = new Float64Array(items)
    for (let i = 0; i < items; i++)
      for (let e = offsets[i]!; e < offsets[i + 1]!; e++) y[targets[e]!]! += x[i]! * weights[e]!
    const norm = Math.sqrt(y.reduce((sum, v) => sum + v * v, 0))
    if (norm === 0) return 1
    radius = norm / Math.sqrt(x.reduce((sum, v) => sum + v * v, 0))
    x = y.map((v) => v / norm)
  }
  return radius
}

function degreeOf(matrix: InteractionMatrix, item: number): number {
  return matrix.itemOffsets[item + 1]! - matrix.itemOffsets[item]!
}

function onSharedMemory(values: Int32Array): Int32Array {
  const shared = sharedInt32(values.length)
  shared.set(values)
  return shared
}
