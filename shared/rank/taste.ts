import type { Bundle } from '../bundle/openBundle.ts'
import type { HistoryView } from './historyView.ts'

/** Terms of one attribute (genres, say) of every item: offsets items + 1. */
export interface TasteAttribute {
  readonly offsets: Uint32Array
  readonly terms: Uint32Array
  /** How many terms the vocabulary has, of all attributes. */
  readonly vocabulary: number
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
    return { offsets, terms: Uint32Array.from(terms), vocabulary: nameOf.length }
  })
}

/**
 * The visitor's shares of taste: share_g = Σ_h w_h [g ∈ h] / |h| / Σ_h w_h, so that the shares of an attribute sum to 1
 * over the histories' items that have it at all. One a term, 0 for what the history has not.
 */
export function tasteShares(attributes: TasteTerms, view: HistoryView): Float64Array {
  const shares = new Float64Array(attributes[0]?.vocabulary ?? 0)
  for (const { offsets, terms } of attributes) {
    const own: number[] = []
    let total = 0
    for (let h = 0; h < view.numbers.length; h++) {
      const from = offsets[view.numbers[h]!]!
      const to = offsets[view.numbers[h]! + 1]!
      const weight = view.weights[h]!
      if (to === from || weight === 0) continue
      total += weight
      for (let e = from; e < to; e++) {
        const term = terms[e]!
        if (shares[term] === 0) own.push(term)
        shares[term]! += weight / (to - from)
      }
    }
    for (const term of own) shares[term]! /= total
  }
  return shares
}

/** No item's affinity is more: by Cauchy–Schwarz √(Σ share² / attributes), and a little for rounding. */
export function mostAffinity(attributes: TasteTerms, shares: Float64Array): number {
  let squares = 0
  for (const share of shares) squares += share * share
  return Math.sqrt(squares / attributes.length) * (1 + 1e-9)
}

/**
 * How much an item is of the visitor's taste, 0–1: the mean over the attributes of Σ_{g ∈ i} share_g / √|i|, so that a
 * long list of genres is no merit, and a favourite brand in a favourite category is more than either.
 */
export function affinity(attributes: TasteTerms, shares: Float64Array, item: number): number {
  let mix = 0
  for (const { offsets, terms } of attributes) {
    const from = offsets[item]!
    const to = offsets[item + 1]!
    if (to === from) continue
    let sum = 0
    for (let e = from; e < to; e++) sum += shares[terms[e]!]!
    mix += sum / Math.sqrt(to - from)
  }
  return mix / attributes.length
}
