import { FEATURE_HALF_LIVES } from '../shared/features/bundleFeatures.ts'
import type { OrderOf } from './dataset.ts'

/** Distinct users that published collaborative parts need: an item to enter a table or list, a pair to enter a list. */
export interface Floors {
  readonly itemUsers: number
  readonly pairUsers: number
}

/** What everything that is published keeps to: nobody's rare item, and nobody's rare pair, can be read from a bundle. */
export const PRIVACY_FLOORS: Floors = { itemUsers: 5, pairUsers: 3 }
/** For measuring on given files alone: nothing is published, and published figures have no floor either. */
export const NO_FLOORS: Floors = { itemUsers: 1, pairUsers: 1 }

/** Everything a training run may vary. Defaults hold for data nobody has tuned on; all choices come from validation. */
export interface Settings {
  readonly seed: number
  readonly floors: Floors
  /** Modules that add trainers and metrics (absolute paths), and the trainers that take the place of their rung's own. */
  readonly plugins: { readonly modules: readonly string[]; readonly use: readonly string[] }
  /** Weight of a history item: decay^(steps back). 1 where the data has no order. */
  readonly decay: number
  /** Latest distinct items of a history that count. */
  readonly historyLength: number
  /** Half-life of "popular" in days; `null` means all-time counts. */
  readonly popularHalfLife: number | null
  readonly dims: number
  /** λ of the column scales c = (degree + λ)^−½. */
  readonly scaleShrinkage: number
  /** Integer that the table's largest entry becomes, 1–127: one step for all rows, so fewer levels cost fewer bytes. */
  readonly tableLevels: number
  /** Exponent of the output-side scale c^−p. */
  readonly outputExponent: number
  /** Weight of the table beside the neighbours, once both have the same typical best score. 0 ships no table. */
  readonly tableWeight: number
  /** Mean length and damping of the neighbour lists, see `NeighbourOptions`. */
  readonly neighbours: {
    readonly length: number
    readonly source: number
    readonly target: number
    readonly user: number
    readonly sharpening: number
  }
  readonly transitions: {
    readonly length: number
    /** Moments ahead that count as following, and the weight lost with each. */
    readonly lookahead: number
    readonly reach: number
    /** What a pair counts the other way round, 0 … 1. */
    readonly backward: number
    readonly source: number
    readonly target: number
    /** Decay of the history when it votes through transitions. */
    readonly decay: number
  }
  readonly content: {
    /** Words of an item that count, the weightiest ones: bytes of a bundle. */
    readonly words: number
    /** Bins of a numeric attribute. */
    readonly bins: number
    /** Weight of an attribute by name, 1 unless it stands here; `title` and `text` are words, `decade` is of the year. */
    readonly weights: Readonly<Record<string, number>>
  }
  readonly cold: {
    /** Length of a guessed row beside what the regression says, 0 … 1; 0 guesses none. */
    readonly damping: number
    /** λ of the regression from content to rows. */
    readonly regularisation: number
  }
  readonly itemKnn: {
    /** Most similar items that each item keeps. */
    readonly length: number
    /** Added to the denominator of the cosine. */
    readonly shrinkage: number
  }
  readonly ials: {
    /** Weight of an interaction that did not happen, beside 1 for one that did: α₀. */
    readonly unobserved: number
    /** λ, times the weight of a row's interactions. */
    readonly regularisation: number
    readonly epochs: number
  }
  readonly embeddings: {
    /** Whether vectors that are brought along are brought to length 1 first: cosine instead of dot product. */
    readonly unitNorm: boolean
  }
  readonly ease: {
    /** λ of the ridge: larger is smoother. Validation should choose it. */
    readonly regularisation: number
  }
  /** Models that are ranked beside the ladder: those that fit quickly, all that the data supports, or none. */
  readonly baselines: 'quick' | 'all' | 'none'
  /** What a release is held to besides the ladder, see `releaseGate`. */
  readonly gate: {
    /** Least share of the catalogue in the first 10 of all evaluated lists; asked of personal rungs only. */
    readonly minCoverage: number
    /** Brotli bytes of all that ranks. */
    readonly maxBytes: number
    /** Median time to rank a list, ms, and seconds of fitting, on the machine that trains. */
    readonly maxMilliseconds: number
    readonly maxTrainSeconds: number
  }
  /** Days after the cut that the evaluation ranks. */
  readonly testDays: number
  /** Days of replayed slates before the cut that the ranker learns from. */
  readonly replayDays: number
  /** Replayed slates at the most; more days are thinned evenly. */
  readonly maxSlates: number
  /** γ of the weights (1 + n)^−γ of what is learned from, n how popular the chosen item is; 0 learns from all alike. */
  readonly popularityTempering: number
  readonly ranker: {
    readonly hidden: number
    readonly epochs: number
    readonly learningRate: number
    readonly negatives: number
    /** Times the sum of the squared weights, beside the mean loss of a slate: keeps small data from being learnt by heart. */
    readonly weightDecay: number
  }
}

export function defaultSettings(order: OrderOf): Settings {
  return {
    seed: 1,
    floors: PRIVACY_FLOORS,
    plugins: { modules: [], use: [] },
    decay: order === 'none' ? 1 : 0.9,
    historyLength: order === 'time' ? 50 : 200,
    popularHalfLife: order === 'time' ? 1 : null,
    dims: 64,
    scaleShrinkage: 10,
    outputExponent: 1,
    tableLevels: 63,
    tableWeight: 0.2,
    neighbours: { length: order === 'none' ? 58 : 50, source: 0.7, target: 0.3, user: 0.6, sharpening: 0.6 },
    transitions: {
      length: 20,
      lookahead: 20,
      reach: 0.9,
      backward: 0.2,
      source: 0.3,
      target: 0.2,
      decay: 0.7,
    },
    content: { words: 12, bins: 8, weights: {} },
    cold: { damping: 0.5, regularisation: 1 },
    itemKnn: { length: 50, shrinkage: 10 },
    ials: { unobserved: 0.1, regularisation: 0.003, epochs: 10 },
    embeddings: { unitNorm: true },
    ease: { regularisation: 200 },
    baselines: 'quick',
    gate: { minCoverage: 0.005, maxBytes: 16_000_000, maxMilliseconds: 50, maxTrainSeconds: 3600 },
    testDays: 14,
    replayDays: 28,
    maxSlates: 14_000,
    popularityTempering: 0,
    ranker: { hidden: 48, epochs: 6, learningRate: 0.005, negatives: 49, weightDecay: 0.003 },
  }
}

/** Half-lives that a bundle's popularity carries: those of the features, and the chosen one. */
export function bundleHalfLives(order: OrderOf, popularHalfLife: number | null): number[] {
  if (order !== 'time') return []
  return [...new Set([...FEATURE_HALF_LIVES, ...(popularHalfLife === null ? [] : [popularHalfLife])])].sort(
    (a, b) => a - b,
  )
}
