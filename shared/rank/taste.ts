import type { Bundle } from '../bundle/openBundle.ts'
import type { HistoryView } from './historyView.ts'

/** Terms of the taste attribute (genres, brands or categories) of every item: offsets items + 1. */
export interface TasteTerms {
  readonly offsets: Uint32Array
  readonly terms: Uint32Array
}

/** `null` where the catalogue has no attribute that stands for taste. */
export function tasteTerms(bundle: Bundle): TasteTerms | null {
  const rows = bundle.content
  if (!rows || rows.vocabulary.taste < 0) return null
  const { nameOf, taste } = rows.vocabulary
  const offsets = new Uint32Array(bundle.items + 1)
  const terms: number[] = []
  for (let i = 0; i < bundle.items; i++) {
    for (let e = rows.offsets[i]!; e < rows.offsets[i + 1]!; e++) {
      if (nameOf[rows.columns[e]!] === taste) terms.push(rows.columns[e]!)
    }
    offsets[i + 1] = terms.length
  }
  return { offsets, terms: Uint32Array.from(terms) }
}

/**
 * The visitor's shares of taste: share_g = Σ_h w_h [g ∈ h] / |h| / Σ_h w_h, so that shares sum to 1 over the histories'
 * items that have terms at all.
 */
export function tasteShares({ offsets, terms }: TasteTerms, view: HistoryView): ReadonlyMap<number, number> {
  const shares = new Map<number, number>()
  let total = 0
  for (let h = 0; h < view.numbers.length; h++) {
    const from = offsets[view.numbers[h]!]!
    const to = offsets[view.numbers[h]! + 1]!
    if (to === from) continue
    const weight = view.weights[h]!
    total += weight
    for (let e = from; e < to; e++) shares.set(terms[e]!, (shares.get(terms[e]!) ?? 0) + weight / (to - from))
  }
  for (const [term, weight] of shares) shares.set(term, weight / total)
  return shares
}

/** How much an item is of the visitor's taste, 0–1: Σ_{g ∈ i} share_g / √|i|, so that a long list of genres is no merit. */
export function affinity(terms: TasteTerms, shares: ReadonlyMap<number, number>, item: number): number {
  const from = terms.offsets[item]!
  const to = terms.offsets[item + 1]!
  if (to === from || shares.size === 0) return 0
  let sum = 0
  for (let e = from; e < to; e++) sum += shares.get(terms.terms[e]!) ?? 0
  return sum / Math.sqrt(to - from)
}
