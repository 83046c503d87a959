import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import type { Dataset } from '../dataset.ts'
import { compare } from '../dataset.ts'
import type { ContentRows, Trainer } from './trainer.ts'

/** Attributes that can stand for taste, the first that a catalogue has. */
const TASTE = ['genre', 'category', 'brand', 'author', 'tag']
/** Words of titles count where there is no better attribute; rarer or more frequent ones say nothing. */
const MIN_ITEMS = 2
const MAX_SHARE = 0.5
const NORM = 255
/** Name under which the words of a title count. */
const WORDS = 'title'

type Term = readonly [name: string, value: string]

/**
 * TF-IDF over the catalogue's attributes, the decade and, where the catalogue has no attributes, the words of the titles:
 * w_ia = idf_a / ‖idf over i‖, idf_a = ln(N / n_a) (Spärck Jones 1972; Salton & Buckley 1988).
 */
export function contentRows(catalogue: readonly CatalogueItem[]): ContentRows {
  const hasAttributes = catalogue.some((item) => item.attributes && Object.keys(item.attributes).length > 0)
  const termsOf = catalogue.map((item) => itemTerms(item, !hasAttributes))
  const frequency = new Map<string, { term: Term; items: number }>()
  for (const terms of termsOf) {
    for (const term of terms) {
      const key = term.join('\0')
      const entry = frequency.get(key) ?? { term, items: 0 }
      entry.items++
      frequency.set(key, entry)
    }
  }
  // Attribute values all stay, for filters; those that say nothing about similarity weigh 0. Words of titles are only for that.
  const telling = ({ term, items }: { term: Term; items: number }) =>
    items >= MIN_ITEMS && (TASTE.includes(term[0]) || items <= MAX_SHARE * catalogue.length)
  const kept = [...frequency.entries()]
    .filter(([, entry]) => entry.term[0] !== WORDS || telling(entry))
    .sort(([a], [b]) => compare(a, b))
  const index = new Map(kept.map(([key], t) => [key, t]))
  const names = [...new Set(kept.map(([, { term }]) => term[0]))]
  const idf = Float64Array.from(kept, ([, entry]) =>
    telling(entry) ? Math.max(0.1, Math.log(catalogue.length / entry.items)) : 0,
  )

  const offsets = new Uint32Array(catalogue.length + 1)
  const terms: number[] = []
  const weights: number[] = []
  for (const [i, own] of termsOf.entries()) {
    const ids = own.flatMap((term) => index.get(term.join('\0')) ?? []).sort((a, b) => a - b)
    const norm = Math.sqrt(ids.reduce((sum, t) => sum + idf[t]! ** 2, 0))
    for (const t of ids) {
      terms.push(t)
      weights.push(idf[t]! > 0 ? Math.max(1, Math.round((NORM * idf[t]!) / norm)) : 0)
    }
    offsets[i + 1] = terms.length
  }
  return {
    names,
    values: kept.map(([, { term }]) => term[1]),
    nameOf: Uint8Array.from(kept, ([, { term }]) => names.indexOf(term[0])),
    taste: names.indexOf(TASTE.find((name) => names.includes(name)) ?? ''),
    offsets,
    terms: Uint32Array.from(terms),
    weights: Uint8Array.from(weights),
  }
}

function itemTerms(item: CatalogueItem, words: boolean): Term[] {
  const terms: Term[] = []
  for (const [name, values] of Object.entries(item.attributes ?? {})) {
    for (const value of new Set(values)) terms.push([name, value])
  }
  if (item.year) terms.push(['decade', `${Math.floor(item.year / 10)}0s`])
  if (words) {
    const found = item.title.toLowerCase().match(/\p{L}{3,}/gu) ?? []
    for (const word of new Set(found)) terms.push([WORDS, word])
  }
  return terms
}

const lacksItems = (dataset: Dataset) =>
  dataset.catalogue.some((item) => item.title !== item.id || item.attributes)
    ? null
    : `${dataset.name} has no item data: content needs titles or attributes.`

export const content: Trainer = {
  name: 'content',
  rung: 'content',
  formula: 'score_i = Σ_h w_h · ⟨tfidf_h, tfidf_i⟩',
  source: 'Salton & Buckley 1988',
  missing: lacksItems,
  train: (dataset) => ({ trainer: 'content', content: contentRows(dataset.catalogue) }),
}

export const personalPopularity: Trainer = {
  name: 'personal-popularity',
  rung: 'personal-popularity',
  formula:
    "score_i = popularity_i × Σ_{g ∈ i} share_g / √|i|, share = the visitor's own genres, brands or categories",
  source: 'popularity within segments, with the visitor as the segment',
  missing: (dataset) =>
    contentRows(dataset.catalogue).taste >= 0
      ? null
      : `${dataset.name} has no genres, categories or brands: popularity cannot be made personal.`,
  train: (dataset) => ({ trainer: 'personal-popularity', content: contentRows(dataset.catalogue) }),
}
