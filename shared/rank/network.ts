import type { NetworkWeights } from '../bundle/rankerFile.ts'
import { tanh } from './tanh.ts'

/** Scores rows of features. Implementations agree within 1e-4; only this step of ranking is floating point. */
export interface Network {
  readonly backend: 'wasm' | 'cpu' | 'plain'
  /**
   * @param features rows × inputs, row-major
   * @returns one score a row, higher is better
   */
  forward(features: Float32Array, rows: number): Float32Array
}

/** score = w₂·tanh(W₁ᵀx + b₁) + b₂ in plain TypeScript, float64 accumulation: the fallback and the oracle of tfjs. */
export function plainNetwork({ inputs, hidden, w1, b1, w2, b2 }: NetworkWeights): Network {
  // Four hidden units at a time: their sums stay in registers. Units that fill up the last four weigh nothing.
  const width = Math.ceil(hidden / 4) * 4
  const weights = new Float64Array(inputs * width)
  for (let i = 0; i < inputs; i++) weights.set(w1.subarray(i * hidden, (i + 1) * hidden), i * width)
  const bias = new Float64Array(width)
  bias.set(b1)
  const out = new Float64Array(width)
  out.set(w2)
  return {
    backend: 'plain',
    forward(features, rows) {
      const scores = new Float32Array(rows)
      for (let r = 0; r < rows; r++) {
        let score = b2
        for (let h = 0; h < width; h += 4) {
          let a = bias[h]!
          let b = bias[h + 1]!
          let c = bias[h + 2]!
          let d = bias[h + 3]!
          for (let i = r * inputs, w = h; i < (r + 1) * inputs; i++, w += width) {
            const x = features[i]!
            a += x * weights[w]!
            b += x * weights[w + 1]!
            c += x * weights[w + 2]!
            d += x * weights[w + 3]!
          }
          score += out[h]! * tanh(a)
          score += out[h + 1]! * tanh(b)
          score += out[h + 2]! * tanh(c)
          score += out[h + 3]! * tanh(d)
        }
        scores[r] = score
      }
      return scores
    },
  }
}
