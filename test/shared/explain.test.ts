import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NetworkWeights, RankerFile } from '../../shared/bundle/rankerFile.ts'
import { FEATURE_IDS, FEATURES } from '../../shared/features/features.ts'
import { shapley } from '../../shared/rank/explain.ts'
import { plainNetwork } from '../../shared/rank/network.ts'
import { SCORE_UNITS, scaleRows, scoreRows } from '../../shared/rank/scoreCandidates.ts'
import { tanh } from '../../shared/rank/tanh.ts'

const width = FEATURES.length
const number = fc.float({ min: -2, max: 2, noNaN: true })
const floats = (length: number) =>
  fc.array(number, { minLength: length, maxLength: length }).map((values) => Float32Array.from(values))

const rankers = fc.nat({ max: 6 }).chain((hidden) =>
  fc
    .record({ w1: floats(width * (hidden + 1)), b1: floats(hidden + 1), w2: floats(hidden + 1), b2: number })
    .map((weights): RankerFile => {
      const network: NetworkWeights = { inputs: width, hidden: hidden + 1, ...weights }
      return {
        features: FEATURE_IDS,
        low: new Float32Array(width).fill(-1.5),
        high: new Float32Array(width).fill(1.5),
        mean: new Float32Array(width).fill(0.25),
        spread: new Float32Array(width).fill(0.75),
        quantiles: {},
        network,
      }
    }),
)

/** As the formula stands, each coalition through the whole network: Σ over the orders in which groups can come. */
function naive(ranker: RankerFile, row: Float32Array, empty: Float32Array): Map<string, number> {
  const personal = FEATURES.map(({ sees, source }) => (sees.includes('history') ? source : null))
  const groups = [...new Set(personal.filter((source) => source !== null))]
  const network = plainNetwork(ranker.network)
  const value = (coalition: ReadonlySet<string>) => {
    const mixed = row.map((x, f) => (personal[f] && coalition.has(personal[f]) ? x : empty[f]!))
    return network.forward(scaleRows(mixed, ranker), 1)[0]!
  }
  const shares = new Map(groups.map((group) => [group as string, 0]))
  const orders = permutations(groups)
  for (const order of orders) {
    const coalition = new Set<string>()
    for (const group of order) {
      const before = value(coalition)
      coalition.add(group)
      shares.set(group, shares.get(group)! + (value(coalition) - before) / orders.length)
    }
  }
  return shares
}

function permutations<T>(all: readonly T[]): T[][] {
  if (all.length < 2) return [[...all]]
  return all.flatMap((first) => permutations(all.filter((x) => x !== first)).map((rest) => [first, ...rest]))
}

describe('reasons', () => {
  test('are the Shapley values of the sources, and sum to the score in whole units', () => {
    fc.assert(
      fc.property(rankers, floats(width), floats(width), (ranker, row, other) => {
        const empty = other.map((x, f) => (FEATURES[f]!.sees.includes('history') ? x : row[f]!))
        const score = scoreRows(row.slice(), ranker, plainNetwork(ranker.network))[0]!
        const why = shapley(ranker, FEATURES)(row.slice(), empty.slice(), score)
        expect(why.reduce((sum, { share }) => sum + share, 0)).toBe(score)
        for (const [source, share] of naive(ranker, row, empty)) {
          const told = why.find((part) => part.source === source)?.share ?? 0
          expect(Math.abs(told / SCORE_UNITS - share)).toBeLessThan(2e-4)
        }
      }),
      { numRuns: 20 },
    )
  })
})

describe('tanh', () => {
  test('is within 1e-7 of the engine’s, odd, and 1 far out', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -20, max: 20 }), (x) => {
        expect(Math.abs(tanh(x) - Math.tanh(x))).toBeLessThan(1e-7)
        expect(tanh(-x) + tanh(x)).toBe(0)
      }),
    )
    expect([tanh(Number.POSITIVE_INFINITY), tanh(Number.NEGATIVE_INFINITY), tanh(0)]).toEqual([1, -1, 0])
    expect(tanh(Number.NaN)).toBeNaN()
  })
})
