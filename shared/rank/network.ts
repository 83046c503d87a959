import type { NetworkWeights } from '../bundle/rankerFile.ts'

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
  const unit = new Float64Array(hidden)
  return {
    backend: 'plain',
    forward(features, rows) {
      const scores = new Float32Array(rows)
      for (let r = 0; r < rows; r++) {
        unit.set(b1)
        for (let i = 0; i < inputs; i++) {
          const x = features[r * inputs + i]!
          if (x === 0) continue
          for (let h = 0, w = i * hidden; h < hidden; h++, w++) unit[h]! += x * w1[w]!
        }
        let score = b2
        for (let h = 0; h < hidden; h++) score += w2[h]! * Math.tanh(unit[h]!)
        scores[r] = score
      }
      return scores
    },
  }
}
