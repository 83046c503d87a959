import { makeDataset } from '../../models/dataset.ts'
import { seededRandom } from '../../models/random.ts'
import type { Bundle } from '../../shared/bundle/openBundle.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import type { UserHistory } from '../../shared/domain/interaction.ts'
import type { Contribution, Slate } from '../../shared/domain/slate.ts'
import { FEATURE_IDS } from '../../shared/features/features.ts'
import { bundleOf, T0 } from '../worlds.ts'

export const SHOP_ITEMS = 160
export const NOW = T0 + 40 * DAY_MS
export const GENRES = ['Drama', 'War', 'Comedy', 'Noir']
const BRANDS = ['Acme', 'Ajax', 'Alpha']

export const shopId = (n: number) => `p${String(n).padStart(3, '0')}`
/** Several genres an item, sometimes none; a brand for two of three. */
export const genresOf = (n: number) => GENRES.filter((_, g) => n % (g + 2) === 0)
export const brandOf = (n: number) => (n % 3 === 0 ? undefined : BRANDS[(n % 7) % 3])

/** A shop of 160 items whose visitors like what is near in number; items come new from day to day. */
export async function shop(): Promise<Bundle> {
  const random = seededRandom(7)
  const interactions = []
  for (let u = 0; u < 120; u++) {
    const centre = random() * SHOP_ITEMS
    for (let i = 0; i < 14; i++) {
      const n = Math.floor(centre + (random() - 0.5) * 60 * random() + SHOP_ITEMS) % SHOP_ITEMS
      const at = T0 + Math.max(n / 4, Math.floor(random() * 40)) * DAY_MS + i * 60_000
      interactions.push({ user: `u${u}`, item: shopId(n), at, value: Number.NaN, positive: true })
    }
  }
  const catalogue = Array.from({ length: SHOP_ITEMS }, (_, n) => ({
    id: shopId(n),
    title: `Thing ${n}`,
    attributes: { genre: genresOf(n), ...(brandOf(n) ? { brand: [brandOf(n)!] } : {}) },
  }))
  const ingest = { files: [], rows: 0, used: 0, rejected: {}, examples: [], notes: [] }
  return bundleOf(makeDataset({ name: 'shop', order: 'time', catalogue, interactions, ingest }))
}

/** The same bundle led by another rung; `ranker` gets a network of arbitrary weights, which is as good as any to move items in. */
export function ledBy(bundle: Bundle, rung: Bundle['manifest']['forYou']): Bundle {
  const inputs = FEATURE_IDS.length
  const random = seededRandom(3)
  const weights = (n: number) => Float32Array.from({ length: n }, () => random() - 0.5)
  const all = (x: number) => new Float32Array(inputs).fill(x)
  const quantiles = Float32Array.of(1, 10, 100, 1000)
  return {
    ...bundle,
    manifest: { ...bundle.manifest, forYou: rung },
    ranker:
      rung === 'ranker'
        ? {
            features: FEATURE_IDS,
            low: all(-10),
            high: all(10),
            mean: all(0),
            spread: all(2),
            quantiles: {
              collaborative: quantiles,
              transitions: quantiles,
              content: quantiles,
              'personal-popularity': quantiles,
            },
            network: { inputs, hidden: 4, w1: weights(inputs * 4), b1: weights(4), w2: weights(4), b2: -2 },
          }
        : null,
  }
}

export const visits = (numbers: readonly number[]): UserHistory =>
  numbers.map((n, i) => ({ item: shopId(n), kind: 'view', at: NOW - (numbers.length - i) * 3_600_000 }))

export const idsOf = ({ items }: Slate) => items.map(({ item }) => item)
export const sumOf = (why: readonly Contribution[]) => why.reduce((sum, { share }) => sum + share, 0)
