import { FEATURES } from '../../shared/features/features.ts'
import type { Network } from '../../shared/rank/network.ts'
import { shuffle } from '../random.ts'
import type { TrainingSlates } from './trainingSlates.ts'

const BATCH = 32
const EPOCHS = 4
const RATE = 0.02

/** What each generator says of an item, as features tell it: monotone in its score, and rescaled by z-scores anyway. */
const SAID = [
  'popular-0.5d',
  'popular-1d',
  'popular-3d',
  'popular-7d',
  'popular-30d',
  'count',
  'trend',
  'age',
  'collaborative-relative',
  'collaborative-short',
  'transitions-relative',
  'content-relative',
  'personal-popularity',
].map((name) => FEATURES.findIndex((feature) => feature.name === name))

/** A linear ranker over the same features as the network: score = w · x. What the hidden units have to be worth more than. */
export function linearRanker(learned: TrainingSlates, random: () => number): Network {
  const weights = fitLinear(learned, FEATURES.length, random)
  return { backend: 'plain', forward: (features, rows) => dots(features, rows, weights) }
}

/**
 * The plainest way to mix generators: each one's scores become z-scores over the candidates of the query, and are added with
 * weights that the replayed slates choose. It is what one would write without a network.
 */
export function zScoreBlend(learned: TrainingSlates, random: () => number): Network {
  const { slates, width, rows, lengths } = learned
  const said = new Float32Array(slates * width * SAID.length)
  const stride = width * FEATURES.length
  for (let s = 0; s < slates; s++) {
    const own = rows.subarray(s * stride, s * stride + lengths[s]! * FEATURES.length)
    said.set(zScores(own, lengths[s]!), s * width * SAID.length)
  }
  const weights = fitLinear({ ...learned, rows: said }, SAID.length, random)
  return { backend: 'plain', forward: (features, rows) => dots(zScores(features, rows), rows, weights) }
}

/** Per generator, (x − mean) / spread over the rows; 0 where all rows say the same. */
function zScores(features: Float32Array, rows: number): Float32Array {
  const out = new Float32Array(rows * SAID.length)
  for (const [g, feature] of SAID.entries()) {
    let [sum, squares] = [0, 0]
    for (let r = 0; r < rows; r++) {
      const x = features[r * FEATURES.length + feature]!
      sum += x
      squares += x * x
    }
    const mean = sum / rows
    const spread = Math.sqrt(Math.max(0, squares / rows - mean * mean))
    if (spread < 1e-6) continue
    for (let r = 0; r < rows; r++)
      out[r * SAID.length + g] = (features[r * FEATURES.length + feature]! - mean) / spread
  }
  return out
}

function dots(features: Float32Array, rows: number, weights: Float64Array): Float32Array {
  const out = new Float32Array(rows)
  for (let r = 0; r < rows; r++) {
    let sum = 0
    for (let f = 0; f < weights.length; f++) sum += weights[f]! * features[r * weights.length + f]!
    out[r] = sum
  }
  return out
}

/** Weights by the network's own loss, a listwise softmax, and by Adam with a falling rate. */
function fitLinear(training: TrainingSlates, inputs: number, random: () => number): Float64Array {
  const { slates } = training
  const weights = new Float64Array(inputs)
  const [mean, square] = [new Float64Array(inputs), new Float64Array(inputs)]
  const order = Array.from({ length: slates }, (_, s) => s)
  const steps = EPOCHS * Math.ceil(slates / BATCH)
  let step = 0
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    shuffle(order, random)
    for (let first = 0; first < slates; first += BATCH) {
      const batch = order.slice(first, first + BATCH)
      const gradient = new Float64Array(inputs)
      for (const s of batch) addGradient(training, s, weights, gradient)
      step++
      for (let f = 0; f < inputs; f++) {
        const g = gradient[f]! / batch.length
        mean[f] = 0.9 * mean[f]! + 0.1 * g
        square[f] = 0.999 * square[f]! + 0.001 * g * g
        const [m, v] = [mean[f]! / (1 - 0.9 ** step), square[f]! / (1 - 0.999 ** step)]
        weights[f]! -= (RATE * (1 - step / (steps + 1)) * m) / (Math.sqrt(v) + 1e-8)
      }
    }
  }
  return weights
}

/** Adds Σ_c p_c x_c − x_chosen of one slate, p the softmax of its scores. */
function addGradient(
  { width, rows, lengths, weights: worth }: TrainingSlates,
  s: number,
  weights: Float64Array,
  gradient: Float64Array,
): void {
  const inputs = weights.length
  const length = lengths[s]!
  const own = rows.subarray(s * width * inputs, (s * width + length) * inputs)
  const scores = dots(own, length, weights)
  const most = scores.reduce((max, x) => Math.max(max, x), Number.NEGATIVE_INFINITY)
  const shares = scores.map((x) => Math.exp(x - most))
  const total = shares.reduce((sum, x) => sum + x, 0)
  for (let c = 0; c < length; c++) {
    const pull = (worth?.[s] ?? 1) * (shares[c]! / total - (c === 0 ? 1 : 0))
    for (let f = 0; f < inputs; f++) gradient[f]! += pull * own[c * inputs + f]!
  }
}
