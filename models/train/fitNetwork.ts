import * as tf from '@tensorflow/tfjs'
import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import { shuffle } from '../random.ts'
import type { Settings } from '../settings.ts'
import { listwiseLoss } from './listwiseLoss.ts'
import type { TrainingSlates } from './trainingSlates.ts'
import { useWasm } from './wasmBackend.ts'

/** Slates a gradient step. */
const BATCH = 32
/** Held-out slates that tell one epoch from another. */
const TELLING = 100
/**
 * Weight of (log Σ_c exp(s_c))² beside a slate's loss. A softmax is blind to a constant for each slate; this keeps all slates on
 * one level, so that a score means the same for every visitor (self-normalisation, Devlin et al., ACL 2014).
 */
const LEVELLING = 0.1
/** Score of the padding behind a short slate: its share of the softmax is 0. */
const PADDING = -1e9

/**
 * Fits features → tanh units → score by a listwise softmax (ListNet's top-one loss with one positive, Cao et al., ICML
 * 2007): the loss of a slate is log Σ_c exp(s_c) − s_chosen, times its weight. Adam with a falling rate, in TensorFlow.js on
 * WebAssembly.
 * @param heldOut slates that are not learned from: the epoch with the least loss on them is what comes back, the last one
 * where they are too few to tell
 */
export async function fitNetwork(
  training: TrainingSlates,
  { hidden, epochs, learningRate, weightDecay }: Settings['ranker'],
  random: () => number,
  heldOut?: TrainingSlates,
): Promise<NetworkWeights> {
  await useWasm()
  const { slates, width, rows, lengths } = training
  const inputs = rows.length / (slates * width)
  const glorot = (fanIn: number, fanOut: number) =>
    Float32Array.from({ length: fanIn * fanOut }, () => (random() * 2 - 1) * Math.sqrt(6 / (fanIn + fanOut)))
  const w1 = tf.variable(tf.tensor2d(glorot(inputs, hidden), [inputs, hidden]))
  const b1 = tf.variable(tf.zeros<tf.Rank.R1>([hidden]))
  const w2 = tf.variable(tf.tensor2d(glorot(hidden, 1), [hidden, 1]))
  const b2 = tf.variable(tf.scalar(-Math.log(width)))
  const snapshot = async () => {
    const weights = { w1: await floats(w1), b1: await floats(b1), w2: await floats(w2) }
    return { inputs, hidden, ...weights, b2: (await floats(b2))[0]! }
  }
  const optimizer = new FallingAdam(learningRate, 0.9, 0.999)
  const order = Array.from({ length: slates }, (_, s) => s)
  const steps = epochs * Math.floor(slates / BATCH)
  let step = 0
  let best: { network: NetworkWeights; loss: number } | null = null
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random)
    for (let first = 0; first + BATCH <= slates; first += BATCH) {
      const chosen = order.slice(first, first + BATCH)
      optimizer.rate = learningRate * (1 - step++ / steps)
      tf.tidy(() => {
        const x = tf.tensor2d(gather(rows, chosen, width * inputs), [BATCH * width, inputs])
        const weight = training.weights && tf.tensor1d(gather(training.weights, chosen, 1))
        const padding = tf.tensor2d(paddingOf(lengths, chosen, width), [BATCH, width])
        optimizer.minimize(
          () => {
            const scores = tf
              .tanh(x.matMul(w1).add(b1))
              .matMul(w2)
              .add(b2)
              .reshape([BATCH, width])
              .add(padding)
            const level = tf.logSumExp(scores, 1)
            const chosenScores = scores.slice([0, 0], [BATCH, 1]).reshape([BATCH])
            const losses = level.sub(chosenScores).add(level.square().mul(LEVELLING))
            const loss = (weight ? losses.mul(weight) : losses).mean()
            return loss.add(w1.square().sum().add(w2.square().sum()).mul(weightDecay)).asScalar()
          },
          false,
          [w1, b1, w2, b2],
        )
      })
    }
    if (!heldOut || heldOut.slates < TELLING) continue
    const network = await snapshot()
    const loss = listwiseLoss(network, heldOut)
    if (!best || loss < best.loss) best = { network, loss }
  }
  const last = best?.network ?? (await snapshot())
  tf.dispose([w1, b1, w2, b2])
  optimizer.dispose()
  return last
}

/** Adam (Kingma & Ba, ICLR 2015) whose rate may change between steps. */
class FallingAdam extends tf.AdamOptimizer {
  set rate(rate: number) {
    this.learningRate = rate
  }
}

async function floats(tensor: tf.Tensor): Promise<Float32Array> {
  return Float32Array.from(await tensor.data())
}

function gather(rows: Float32Array, slates: readonly number[], size: number): Float32Array {
  const out = new Float32Array(slates.length * size)
  for (const [i, s] of slates.entries()) out.set(rows.subarray(s * size, (s + 1) * size), i * size)
  return out
}

function paddingOf(lengths: Int32Array, slates: readonly number[], width: number): Float32Array {
  const out = new Float32Array(slates.length * width)
  for (const [i, s] of slates.entries()) out.fill(PADDING, i * width + lengths[s]!, (i + 1) * width)
  return out
}
