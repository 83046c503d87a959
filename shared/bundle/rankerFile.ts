import * as v from 'valibot'
import { checkFinite, decodeFile } from './decode.ts'
import { encodeFile } from './encode.ts'

/** Generators whose raw scores are calibrated before a feature may use them. */
export const CALIBRATED = ['collaborative', 'transitions', 'content', 'personal-popularity'] as const
export type CalibratedGenerator = (typeof CALIBRATED)[number]

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
  readonly quantiles: Readonly<Record<CalibratedGenerator, Float32Array>>
  readonly network: NetworkWeights
}

const Size = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(512))
const Meta = v.object({
  features: v.pipe(v.array(v.string()), v.minLength(1)),
  hidden: Size,
  b2: v.pipe(v.number(), v.finite()),
})

export function encodeRanker(ranker: RankerFile): ArrayBuffer {
  const { network, low, high, mean, spread, quantiles } = ranker
  return encodeFile({
    kind: 'ranker',
    meta: { features: ranker.features, hidden: network.hidden, b2: network.b2 },
    sections: {
      low,
      high,
      mean,
      spread,
      w1: network.w1,
      b1: network.b1,
      w2: network.w2,
      ...Object.fromEntries(CALIBRATED.map((name) => [`quantiles.${name}`, quantiles[name]])),
    },
  })
}

export function decodeRanker(buffer: ArrayBuffer, role: string): RankerFile {
  const file = decodeFile(buffer, 'ranker', role)
  const { features, hidden, b2 } = file.meta(Meta)
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
  const quantiles = Object.fromEntries(
    CALIBRATED.map((name) => [name, floats(`quantiles.${name}`)]),
  ) as Record<CalibratedGenerator, Float32Array>
  for (const name of CALIBRATED) {
    const rising = quantiles[name]
    if (rising.some((x, i) => i > 0 && x < rising[i - 1]!)) file.refuse(`the quantiles of ${name} fall.`)
  }
  return {
    features,
    low,
    high,
    mean: floats('mean', inputs),
    spread,
    quantiles,
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
