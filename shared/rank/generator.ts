import type { GeneratorName, PersonalGenerator } from '../bundle/generators.ts'
import type { HistoryView } from './historyView.ts'

declare const generatorOf: unique symbol
/**
 * A generator's own score. Scores of two generators are on different scales: the brand keeps one from being passed where
 * another, or a calibrated score, is wanted, and it is no number: two of them cannot be added. Only what `calibrate.ts`
 * makes of it may be mixed.
 */
export interface RawScore<G extends GeneratorName> {
  readonly [generatorOf]: G
}

/** Brands a number; the generators themselves are the only callers. */
export function rawScore<G extends GeneratorName>(_generator: G, score: number): RawScore<G> {
  return score as unknown as RawScore<G>
}

/** The number inside, for comparing scores of one generator with each other and for calibration. */
export function scoreValue<G extends GeneratorName>(score: RawScore<G>): number {
  return score as unknown as number
}

export interface RawScores<G extends GeneratorName> {
  /** Item numbers, best first. */
  readonly items: Int32Array
  readonly scores: readonly RawScore<G>[]
}

export type Excluded = (item: number) => boolean

/** One query's scores: of any single item, and the best k. */
export interface Scored<G extends GeneratorName> {
  of(item: number): RawScore<G>
  /** The k best items with a positive score, equal to a full scan of the catalogue. */
  top(k: number, excluded: Excluded): RawScores<G>
}

export interface Generator<G extends PersonalGenerator> {
  readonly name: G
  score(view: HistoryView): Scored<G>
  /** What the h-th item of the history alone brings to `item`; the generator is linear in the history. */
  contribution(view: HistoryView, h: number, item: number): number
}

/** A generator that can be asked again cheaply, with another memory than its own. */
export interface SpannedGenerator<G extends PersonalGenerator> extends Generator<G> {
  /** Of some items, each one's share of the best score among them, 0–1, with the view's own weights. */
  shares(view: HistoryView, items: Int32Array): Float64Array
}

/** A generator that says the same to everybody: a list of the bundle, made once and then filtered. */
export interface Listed<G extends GeneratorName> {
  readonly name: G
  of(item: number): RawScore<G>
  /** The first items by falling score, ties by item number. */
  readonly items: Int32Array
}

/** Scores → shares of the best; 0 where none is positive. */
export function sharesOf(scores: Float64Array): Float64Array {
  const best = scores.reduce((max, x) => Math.max(max, x), 0)
  return scores.map((x) => (best > 0 ? Math.max(0, x) / best : 0))
}
