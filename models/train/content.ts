import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import type { Dataset } from '../dataset.ts'
import { defaultSettings, type Settings } from '../settings.ts'
import { fitEncoder, rowEncoder, TASTE, type TextWeighting } from './contentEncoder.ts'
import type { ContentRows, Trainer } from './trainer.ts'

/** Rows of weighted terms, norm 255, whose dot product says how alike two items are; see `ContentEncoder`. */
export function contentRows(
  catalogue: readonly CatalogueItem[],
  settings: Settings['content'] = defaultSettings('none').content,
  weighting: TextWeighting = 'tf-idf',
): ContentRows {
  const encoder = fitEncoder(catalogue, settings, weighting)
  const encode = rowEncoder(encoder)
  const offsets = new Uint32Array(catalogue.length + 1)
  const terms: number[] = []
  const weights: number[] = []
  for (const [i, item] of catalogue.entries()) {
    for (const { term, weight } of encode(item)) {
      terms.push(term)
      weights.push(weight)
    }
    offsets[i + 1] = terms.length
  }
  const { names, values, nameOf } = encoder
  return {
    names,
    values,
    nameOf: Uint8Array.from(nameOf),
    taste: TASTE.map((name) => names.indexOf(name)).filter((n) => n >= 0),
    offsets,
    terms: Uint32Array.from(terms),
    weights: Uint8Array.from(weights),
    encoder,
  }
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
