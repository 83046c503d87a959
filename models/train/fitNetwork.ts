import * as tf from '@tensorflow/tfjs'
import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import { shuffle } from '../random.ts'
import type { Settings } from '../settings.ts'
import type { TrainingSlates } from './ranker.ts'
import { useWasm } from './wasmBackend.ts'

/** Slates a gradient step. */
const BATCH = 32
/** Score of the padding behind a short slate: its share of the softmax is 0. */
const PADDING = -1e9

/**
 * Fits features → tanh units → score by a listwise softmax (ListNet's top-one loss with one positive, Cao et al., ICML
 * 2007): the loss of a slate is log Σ_c exp(s_c) − s_chosen, times its weight. Adam with a falling rate, in TensorFlow.js on WebAssembly.
 */
export async function fitNetwork(
  training: TrainingSlates,
  { hidden, epochs, learningRate, weightDecay }: Settings['ranker'],
  random: () => number,
): Promise<NetworkWeights> {
  await useWasm()
  const { slates, width, rows, lengths } = training
  const inputs = rows.length / (slates * width)
  const glorot = (fanIn: number, fanOut: number) =>
    Float32Array.from({ length: fanIn * fanOut }, () => (random() * 2 - 1) * Math.sqrt(6 / (fanIn + fanOut)))
  const w1 = tf.variable(tf.tensor2d(glorot(inputs, hidden), [inputs, hidden]))
  const b1 = tf.variable(tf.zeros<tf.Rank.R1>([hidden]))
  const w2 = tf.variable(tf.tensor2d(glorot(hidden, 1), [hidden, 1]))
  const optimizer = new FallingAdam(learningRate, 0.9, 0.999)
  const order = Array.from({ length: slates }, (_, s) => s)
  const steps = epochs * Math.floor(slates / BATCH)
  let step = 0
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
            const scores = tf.tanh(x.matMul(w1).add(b1)).matMul(w2).reshape([BATCH, width]).add(padding)
            const losses = tf.logSumExp(scores, 1).sub(scores.slice([0, 0], [BATCH, 1]).reshape([BATCH]))
            const loss = (weight ? losses.mul(weight) : losses).mean()
            return loss.add(w1.square().sum().add(w2.square().sum()).mul(weightDecay)).asScalar()
          },
          false,
          [w1, b1, w2],
        )
      })
    }
  }
  // A softmax is blind to a constant, so the output bias stays 0.
  const weights = { w1: await floats(w1), b1: await floats(b1), w2: await floats(w2) }
  tf.dispose([w1, b1, w2])
  optimizer.dispose()
  return { inputs, hidden, ...weights, b2: 0 }
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
