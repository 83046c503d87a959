import { describe, expect, test } from 'vitest'
import type { NetworkWeights } from '../../shared/bundle/rankerFile.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import { load as loadCpu } from '../../web/ranker/tfjsCpu.ts'
import { load as loadWasm } from '../../web/ranker/tfjsWasm.ts'

/** mulberry32: the same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
const random = seeded(7)
const floats = (length: number, scale: number) =>
  Float32Array.from({ length }, () => (random() * 2 - 1) * scale)

function weights(inputs: number, hidden: number): NetworkWeights {
  return {
    inputs,
    hidden,
    w1: floats(inputs * hidden, 1),
    b1: floats(hidden, 0.5),
    w2: floats(hidden, 2),
    b2: 0.25,
  }
}

describe.each([
  ['wasm', loadWasm],
  ['cpu', loadCpu],
] as const)('tfjs on %s', (backend, load) => {
  test.each([
    [1, 1, 1],
    [17, 24, 1],
    [17, 24, 500],
    [40, 64, 999],
  ])('%i inputs, %i units, %i rows: within 1e-4 of the plain forward pass', async (inputs, hidden, rows) => {
    const network = weights(inputs, hidden)
    const tfjs = await load(network)
    expect(tfjs.backend).toBe(backend)
    const features = floats(rows * inputs, 3)
    const expected = plainNetwork(network).forward(features, rows)
    const scores = tfjs.forward(features, rows)
    expect(scores).toHaveLength(rows)
    const apart = scores.reduce((max, score, r) => Math.max(max, Math.abs(score - expected[r]!)), 0)
    expect(apart).toBeLessThanOrEqual(1e-4)
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(0.01)
  })
})
