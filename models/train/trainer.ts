import type { Rung } from '../../shared/bundle/manifest.ts'
import type { Dataset } from '../dataset.ts'
import type { Settings } from '../settings.ts'
import type { ContentEncoder } from './contentEncoder.ts'
import type { NeighbourLists } from './neighbourLists.ts'

/** Item table before quantisation, rows by item index; items below the privacy floor have an empty row. */
export interface ItemTable {
  readonly dims: number
  /** items × dims: output-side rows, score_i = q · row_i */
  readonly rows: Float64Array
  /** What turns an item's output row into its input side. */
  readonly inputScale: Float64Array
  readonly hasRow: Uint8Array
  /** The largest entry is coded as this integer, at most 127 (the default): fewer levels cost fewer bytes. */
  readonly levels?: number
  /** 1 where a row was guessed from content, nobody having chosen the item yet. */
  readonly cold?: Uint8Array
  /** Histories are folded in by iALS's own user step; without it by a weighted sum of input sides. */
  readonly ridge?: { readonly unobserved: number; readonly regularisation: number }
}

/** TF-IDF rows by item index (CSR). */
export interface ContentRows {
  readonly names: readonly string[]
  readonly values: readonly string[]
  readonly nameOf: Uint8Array
  /** Attributes that stand for taste, positions in `names`. */
  readonly taste: readonly number[]
  readonly offsets: Uint32Array
  readonly terms: Uint32Array
  readonly weights: Uint8Array
  /** Gives an item that comes later the row that it would have got; absent where a plugin made the rows. */
  readonly encoder?: ContentEncoder
}

/** What a popularity model counts; codes are made per moment by `popularityAt`. */
export type PopularBy = 'count' | 'shrunken-mean' | 'decayed' | 'trending'

/** The finished, readonly result of a trainer: the parts of a bundle that its scores come from. */
export interface Model {
  readonly trainer: string
  readonly popularBy?: PopularBy
  readonly content?: ContentRows
  readonly table?: ItemTable
  readonly neighbours?: NeighbourLists
  /** What follows what, in the same shape. */
  readonly transitions?: NeighbourLists
  /** Item index → place in an order where similar items are near each other: what item numbers follow inside a shard. */
  readonly places?: Int32Array
  /** Weight of the table's dots beside the neighbours' votes, both in their own units. */
  readonly tableWeight?: number
  /** A model too large to ship: it is only evaluated, as what the others are measured against. */
  readonly referee?: Referee
}

/** Scores without a bundle, for models that are items × items. */
export interface Referee {
  /**
   * @param items dataset indexes of the history, oldest first
   * @param weights parallel to `items`
   * @returns a score for every dataset index; items that the model does not know have 0
   */
  score(items: Int32Array, weights: Float64Array): Float64Array
}

/** One way to fit a generator. New models are new files with one of these, listed in the registry. */
export interface Trainer {
  readonly name: string
  /** The rung of the ladder that its model fills. */
  readonly rung: Exclude<Rung, 'ranker'>
  readonly formula: string
  /** Paper or other source of the formula. */
  readonly source: string
  /** True where the model is a {@link Referee}: nothing of it can be encoded. */
  readonly offline?: true
  /** True where fitting takes much longer than for the others: it is no baseline unless all are asked for. */
  readonly costly?: true
  /** What the data must have; `null` when it has it, else one sentence on what is missing. */
  missing(dataset: Dataset, settings?: Settings): string | null
  /** The same trainer with what it computes with loaded, where that takes a moment; see {@link readyTrainer}. */
  prepare?(): Promise<Trainer>
  /** @param random seeded stream: same data, settings and seed give the same model */
  train(dataset: Dataset, settings: Settings, random: () => number): Model
}

/** What to call `train` on: trainers that compute on WebAssembly load it first. */
export async function readyTrainer(trainer: Trainer): Promise<Trainer> {
  return trainer.prepare ? trainer.prepare() : trainer
}
