import * as v from 'valibot'
import { checkFinite, decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'
import { GENERATORS, type GeneratorName } from './generators.ts'

/** What every ranker file holds quantiles of; those of the other generators came later and may be absent. */
const ALWAYS_CALIBRATED: readonly GeneratorName[] = [
  'collaborative',
  'transitions',
  'content',
  'personal-popularity',
]

/** How a query's candidates are gathered. */
export interface CandidatePlan {
  /** Distinct candidates of a query at the most. */
  readonly budget: number
  /** What each generator brings at the most; nothing where it is left out. */
  readonly quotas: Readonly<Partial<Record<GeneratorName, number>>>
}

/** Weights of the ranker's network: features → tanh units → one score. Row-major. */
export interface NetworkWeights {
  readonly inputs: number
  readonly hidden: number
  /** inputs × hidden */
  readonly w1: Float32Array
  readonly b1: Float32Array
  /** hidden */
  readonly w2: Float32Array
  readonly b2: number
}

/** The learned ranker: which features it reads, how they are scaled, the calibrations and the network. */
export interface RankerFile {
  /** `name@version` of each input, in order. */
  readonly features: readonly string[]
  /** Per feature: the trained range, then mean and spread inside it. x → (clamp(x, low, high) − mean) / spread. */
  readonly low: Float32Array
  readonly high: Float32Array
  readonly mean: Float32Array
  readonly spread: Float32Array
  /** Per generator: rising quantiles of its positive raw scores over replayed slates. */
  readonly quantiles: Readonly<Partial<Record<GeneratorName, Float32Array>>>
  /** The candidates that the network learned to rank; absent in files from before it was chosen by validation. */
  readonly candidates?: CandidatePlan
  readonly network: NetworkWeights
}

const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(512))
const Quota = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(1000))
const Meta = v.object({
  features: v.pipe(v.array(v.string()), v.minLength(1)),
  hidden: Size,
  b2: v.pipe(v.number(), v.finite()),
  candidates: v.optional(
    v.object({
      budget: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(10_000)),
      quotas: v.record(v.string(), Quota),
    }),
  ),
})

export function encodeRanker(ranker: RankerFile): ArrayBuffer {
  const { network, low, high, mean, spread, quantiles } = ranker
  return encodeFile({
    kind: 'ranker',
    meta: {
      features: ranker.features,
      hidden: network.hidden,
      b2: network.b2,
      ...(ranker.candidates ? { candidates: ranker.candidates } : {}),
    },
    sections: {
      low,
      high,
      mean,
      spread,
      w1: network.w1,
      b1: network.b1,
      w2: network.w2,
      ...Object.fromEntries(
        GENERATORS.flatMap((name) => (quantiles[name] ? [[`quantiles.${name}`, quantiles[name]]] : [])),
      ),
    },
  })
}

export function decodeRanker(buffer: ArrayBuffer, role: string): RankerFile {
  const file = decodeFile(buffer, 'ranker', role)
  const { features, hidden, b2, candidates } = file.meta(Meta)
  const inputs = features.length
  const floats = (name: string, length?: number) => {
    const values = file.section(name, 'float32', length)
    checkFinite(file, values, name)
    return values
  }
  const spread = floats('spread', inputs)
  if (spread.some((x) => x <= 0)) file.refuse('a feature has no spread.')
  const low = floats('low', inputs)
  const high = floats('high', inputs)
  if (low.some((x, f) => x > high[f]!)) file.refuse('the range of a feature is turned round.')
  const stored = GENERATORS.filter(
    (name) => ALWAYS_CALIBRATED.includes(name) || file.has(`quantiles.${name}`),
  )
  const quantiles = Object.fromEntries(stored.map((name) => [name, floats(`quantiles.${name}`)]))
  for (const [name, rising] of Object.entries(quantiles)) {
    if (rising.some((x, i) => i > 0 && x < rising[i - 1]!)) file.refuse(`the quantiles of ${name} fall.`)
  }
  return {
    features,
    low,
    high,
    mean: floats('mean', inputs),
    spread,
    quantiles,
    ...(candidates ? { candidates } : {}),
    network: {
      inputs,
      hidden,
      w1: floats('w1', inputs * hidden),
      b1: floats('b1', hidden),
      w2: floats('w2', hidden),
      b2,
    },
  }
}
