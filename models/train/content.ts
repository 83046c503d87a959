import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import type { Dataset } from '../dataset.ts'
import { compare } from '../dataset.ts'
import { defaultSettings, type Settings } from '../settings.ts'
import { catalogueTerms, type ItemTerm, isWord } from './contentTerms.ts'
import type { ContentRows, Trainer } from './trainer.ts'

/** Attributes that can stand for taste: all that a catalogue has, mixed. */
const TASTE = ['genre', 'category', 'brand', 'author', 'tag']
/** Rarer or more frequent terms say nothing. */
const MIN_ITEMS = 2
const MAX_SHARE = 0.5
const NORM = 255
/** BM25's saturation and length normalisation, the usual values (Robertson & Zaragoza 2009). */
const K1 = 1.2
const B = 0.75

/** How a term's frequency in an item counts. */
export type TextWeighting = 'tf-idf' | 'bm25'

type ContentSettings = Settings['content']

interface Entry {
  readonly term: ItemTerm
  /** Items that carry the term; a share of an item for soft bins. */
  readonly items: number
}

/**
 * Rows of weighted terms, norm 255, whose dot product says how alike two items are:
 *
 *   tf-idf   w = idf · (1 + ln f), idf = ln(N / n)                       (Spärck Jones 1972; Salton & Buckley 1988)
 *   bm25     w = idf · f (k₁ + 1) / (f + k₁ (1 − b + b · length / mean))  (Robertson & Zaragoza 2009), words only
 *
 * times the weight that the settings give the attribute. Of the words of an item only the weightiest stay.
 */
export function contentRows(
  catalogue: readonly CatalogueItem[],
  settings: ContentSettings = defaultSettings('none').content,
  weighting: TextWeighting = 'tf-idf',
): ContentRows {
  const termsOf = catalogueTerms(catalogue, settings.bins)
  const kept = vocabulary(termsOf, catalogue.length)
  const index = new Map(kept.map(([key], t) => [key, t]))
  const names = [...new Set(kept.map(([, { term }]) => term.name))]
  const idf = Float64Array.from(kept, ([, { term, items }]) =>
    telling(term, items, catalogue.length)
      ? (settings.weights[term.name] ?? 1) * Math.max(0.1, Math.log(catalogue.length / items))
      : 0,
  )
  const frequencyWeight = weighting === 'bm25' ? saturation(termsOf) : logFrequency
  const offsets = new Uint32Array(catalogue.length + 1)
  const terms: number[] = []
  const weights: number[] = []
  for (const [i, own] of termsOf.entries()) {
    const row = own.flatMap((term) => {
      const t = index.get(keyOf(term))
      return t === undefined ? [] : [{ t, term, weight: idf[t]! * frequencyWeight(term, i) }]
    })
    const few = weightiest(row, settings.words).sort((a, b) => a.t - b.t)
    const norm = Math.sqrt(few.reduce((sum, { weight }) => sum + weight ** 2, 0))
    for (const { t, weight } of few) {
      terms.push(t)
      weights.push(weight > 0 ? Math.max(1, Math.round((NORM * weight) / norm)) : 0)
    }
    offsets[i + 1] = terms.length
  }
  return {
    names,
    values: kept.map(([, { term }]) => term.value),
    nameOf: Uint8Array.from(kept, ([, { term }]) => names.indexOf(term.name)),
    taste: TASTE.map((name) => names.indexOf(name)).filter((n) => n >= 0),
    offsets,
    terms: Uint32Array.from(terms),
    weights: Uint8Array.from(weights),
  }
}

const keyOf = ({ name, value }: ItemTerm) => `${name}\0${value}`

/** Attribute values all stay, for filters; those that say nothing about similarity weigh 0. Words are only for that. */
function vocabulary(termsOf: readonly (readonly ItemTerm[])[], items: number): [string, Entry][] {
  const found = new Map<string, Entry>()
  for (const terms of termsOf) {
    for (const term of terms) {
      const entry = found.get(keyOf(term))
      const share = Math.min(1, term.frequency)
      found.set(keyOf(term), { term, items: (entry?.items ?? 0) + share })
    }
  }
  return [...found.entries()]
    .filter(([, entry]) => !isWord(entry.term) || telling(entry.term, entry.items, items))
    .sort(([a], [b]) => compare(a, b))
}

function telling({ name }: ItemTerm, items: number, all: number): boolean {
  return items >= MIN_ITEMS && (TASTE.includes(name) || items <= MAX_SHARE * all)
}

function logFrequency({ frequency }: ItemTerm): number {
  return frequency > 1 ? 1 + Math.log(frequency) : frequency
}

/** BM25's weight of a word's frequency. */
function saturation(termsOf: readonly (readonly ItemTerm[])[]): (term: ItemTerm, item: number) => number {
  const lengths = Float64Array.from(termsOf, (terms) =>
    terms.reduce((sum, term) => sum + (isWord(term) ? term.frequency : 0), 0),
  )
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length)
  return (term, i) =>
    isWord(term)
      ? (term.frequency * (K1 + 1)) / (term.frequency + K1 * (1 - B + (B * lengths[i]!) / mean))
      : term.frequency
}

/** All that is no word, and the `limit` weightiest words, ties by term: a description must not fill a bundle. */
function weightiest<T extends { t: number; term: ItemTerm; weight: number }>(
  row: readonly T[],
  limit: number,
): T[] {
  const words = row.filter(({ term }) => isWord(term)).sort((a, b) => b.weight - a.weight || a.t - b.t)
  return [...row.filter(({ term }) => !isWord(term)), ...words.slice(0, limit)]
}

const lacksItems = (dataset: Dataset) =>
  dataset.catalogue.some((item) => item.title !== item.id || item.attributes || item.text || item.numbers)
    ? null
    : `${dataset.name} has no item data: content needs titles or attributes.`

function contentTrainer(name: string, weighting: TextWeighting, formula: string, source: string): Trainer {
  return {
    name,
    rung: 'content',
    formula,
    source,
    missing: lacksItems,
    train: (dataset, settings) => ({
      trainer: name,
      content: contentRows(dataset.catalogue, settings.content, weighting),
    }),
  }
}

export const content = contentTrainer(
  'content',
  'tf-idf',
  'score_i = Σ_h w_h ⟨c_h, c_i⟩, c ∝ (1 + ln f) · ln(N / n) over attributes, words and soft bins of numbers',
  'Spärck Jones 1972; Salton & Buckley 1988',
)

export const contentBm25 = contentTrainer(
  'content-bm25',
  'bm25',
  'score_i = Σ_h w_h ⟨c_h, c_i⟩, c ∝ ln(N / n) · f (k₁ + 1) / (f + k₁ (1 − b + b · length / mean)) for words',
  'Robertson & Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009',
)

export const personalPopularity: Trainer = {
  name: 'personal-popularity',
  rung: 'personal-popularity',
  formula:
    'score_i = popularity_i × mean over taste attributes of Σ_{g ∈ i} share_g / √|i|, share = what the history holds of g',
  source: 'popularity within segments, with the visitor as the segment',
  missing: (dataset) =>
    dataset.catalogue.some(({ attributes }) => TASTE.some((name) => attributes?.[name]))
      ? null
      : `${dataset.name} has no genres, categories or brands: popularity cannot be made personal.`,
  train: (dataset, settings) => ({
    trainer: 'personal-popularity',
    content: contentRows(dataset.catalogue, settings.content),
  }),
}
