import type { Bundle } from '../bundle/openBundle.ts'
import type { HistoryView } from './historyView.ts'

/** Terms of one attribute (genres, say) of every item: offsets items + 1. */
export interface TasteAttribute {
  readonly offsets: Uint32Array
  readonly terms: Uint32Array
}

/** The attributes that stand for taste: genres, categories, brands …, all that the catalogue has. */
export type TasteTerms = readonly TasteAttribute[]

/** `null` where the catalogue has no attribute that stands for taste. */
export function tasteTerms(bundle: Bundle): TasteTerms | null {
  const rows = bundle.content
  if (!rows || rows.vocabulary.taste.length === 0) return null
  const { nameOf, taste } = rows.vocabulary
  return taste.map((name) => {
    const offsets = new Uint32Array(bundle.items + 1)
    const terms: number[] = []
    for (let i = 0; i < bundle.items; i++) {
      for (let e = rows.offsets[i]!; e < rows.offsets[i + 1]!; e++) {
        if (nameOf[rows.columns[e]!] === name) terms.push(rows.columns[e]!)
      }
      offsets[i + 1] = terms.length
    }
    return { offsets, terms: Uint32Array.from(terms) }
  })
}

/**
 * The visitor's shares of taste: share_g = Σ_h w_h [g ∈ h] / |h| / Σ_h w_h, so that the shares of an attribute sum to 1
 * over the histories' items that have it at all.
 */
export function tasteShares(attributes: TasteTerms, view: HistoryView): ReadonlyMap<number, number> {
  const all = new Map<number, number>()
  for (const { offsets, terms } of attributes) {
    const shares = new Map<number, number>()
    let total = 0
    for (let h = 0; h < view.numbers.length; h++) {
      const from = offsets[view.numbers[h]!]!
      const to = offsets[view.numbers[h]! + 1]!
      if (to === from) continue
      const weight = view.weights[h]!
      total += weight
      for (let e = from; e < to; e++)
        shares.set(terms[e]!, (shares.get(terms[e]!) ?? 0) + weight / (to - from))
    }
    if (total > 0) for (const [term, weight] of shares) all.set(term, weight / total)
  }
  return all
}

/** No item's affinity is more: by Cauchy–Schwarz √(Σ share² / attributes), and a little for rounding. */
export function mostAffinity(attributes: TasteTerms, shares: ReadonlyMap<number, number>): number {
  let squares = 0
  for (const share of shares.values()) squares += share * share
  return Math.sqrt(squares / attributes.length) * (1 + 1e-9)
}

/**
 * How much an item is of the visitor's taste, 0–1: the mean over the attributes of Σ_{g ∈ i} share_g / √|i|, so that a
 * long list of genres is no merit, and a favourite brand in a favourite category is more than either.
 */
export function affinity(attributes: TasteTerms, shares: ReadonlyMap<number, number>, item: number): number {
  if (shares.size === 0) return 0
  let mix = 0
  for (const { offsets, terms } of attributes) {
    const from = offsets[item]!
    const to = offsets[item + 1]!
    if (to === from) continue
    let sum = 0
    for (let e = from; e < to; e++) sum += shares.get(terms[e]!) ?? 0
    mix += sum / Math.sqrt(to - from)
  }
  return mix / attributes.length
}
