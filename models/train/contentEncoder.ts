import * as v from 'valibot'
import { parseJson } from '../../shared/bundle/manifest.ts'
import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import { compare } from '../dataset.ts'
import type { Settings } from '../settings.ts'
import { type ItemTerm, isWord, termRules, termsOf } from './contentTerms.ts'

/** Attributes that can stand for taste: all that a catalogue has, mixed. */
export const TASTE = ['genre', 'category', 'brand', 'author', 'tag']
/** Rarer or more frequent terms say nothing. */
const MIN_ITEMS = 2
const MAX_SHARE = 0.5
const NORM = 255
/** BM25's saturation and length normalisation, the usual values (Robertson & Zaragoza 2009). */
const K1 = 1.2
const B = 0.75

/** How a term's frequency in an item counts. */
export type TextWeighting = 'tf-idf' | 'bm25'

const Numbers = v.array(v.pipe(v.number(), v.finite()))
const EncoderSchema = v.object({
  rules: v.object({ titles: v.boolean(), centres: v.array(v.tuple([v.string(), Numbers])) }),
  /** Attribute names, and the terms: value and position of its attribute's name. */
  names: v.array(v.string()),
  values: v.array(v.string()),
  nameOf: Numbers,
  /** Term → inverse document frequency times the attribute's weight; 0 where it says nothing about similarity. */
  idf: Numbers,
  /** Words of an item that count. */
  words: v.number(),
  /** Mean number of words an item, where BM25 weighs them; `null` for TF-IDF. */
  meanLength: v.nullable(v.pipe(v.number(), v.finite())),
})

/**
 * What the catalogue as a whole says about the terms of a single item. With it an item that comes later gets, to the bit, the
 * row that it would have got with this vocabulary:
 *
 *   tf-idf   w = idf · (1 + ln f), idf = ln(N / n)                       (Spärck Jones 1972; Salton & Buckley 1988)
 *   bm25     w = idf · f (k₁ + 1) / (f + k₁ (1 − b + b · length / mean))  (Robertson & Zaragoza 2009), words only
 *
 * times the weight that the settings give the attribute. Of the words of an item only the weightiest stay.
 */
export type ContentEncoder = v.InferOutput<typeof EncoderSchema>

/** @throws ForYouError `parse_error` naming what is wrong */
export function parseEncoder(text: string): ContentEncoder {
  return parseJson(EncoderSchema, text, 'content encoder')
}

interface Entry {
  readonly term: ItemTerm
  /** Items that carry the term; a share of an item for soft bins. */
  readonly items: number
}

export function fitEncoder(
  catalogue: readonly CatalogueItem[],
  settings: Settings['content'],
  weighting: TextWeighting,
): ContentEncoder {
  const rules = termRules(catalogue, settings.bins)
  const all = catalogue.map((item) => termsOf(item, rules))
  const kept = vocabulary(all, catalogue.length)
  const names = [...new Set(kept.map(([, { term }]) => term.name))]
  const lengths = all.map(lengthOf)
  return {
    rules: { titles: rules.titles, centres: rules.centres.map(([name, own]) => [name, [...own]]) },
    names,
    values: kept.map(([, { term }]) => term.value),
    nameOf: kept.map(([, { term }]) => names.indexOf(term.name)),
    idf: kept.map(([, { term, items }]) =>
      telling(term, items, catalogue.length)
        ? (settings.weights[term.name] ?? 1) * Math.max(0.1, Math.log(catalogue.length / items))
        : 0,
    ),
    words: settings.words,
    meanLength:
      weighting === 'bm25'
        ? lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length)
        : null,
  }
}

/** A term of an item by its number in the vocabulary, weight 0–255. */
export interface WeightedTerm {
  readonly term: number
  readonly weight: number
}

/** @returns item → its row, by rising term */
export function rowEncoder(encoder: ContentEncoder): (item: CatalogueItem) => WeightedTerm[] {
  const { names, values, nameOf, idf, rules, words, meanLength } = encoder
  const numberOf = new Map(values.map((value, t) => [keyOf({ name: names[nameOf[t]!]!, value }), t]))
  return (item) => {
    const own = termsOf(item, rules)
    const length = lengthOf(own)
    const row = own.flatMap((term) => {
      const t = numberOf.get(keyOf(term))
      if (t === undefined) return []
      const frequency = meanLength === null ? logFrequency(term) : saturation(term, length, meanLength)
      return [{ t, term, weight: idf[t]! * frequency }]
    })
    const few = weightiest(row, words).sort((a, b) => a.t - b.t)
    const norm = Math.sqrt(few.reduce((sum, { weight }) => sum + weight ** 2, 0))
    return few.map(({ t, weight }) => ({
      term: t,
      weight: weight > 0 ? Math.max(1, Math.round((NORM * weight) / norm)) : 0,
    }))
  }
}

const keyOf = ({ name, value }: Pick<ItemTerm, 'name' | 'value'>) => `${name}\0${value}`

/** Attribute values all stay, for filters; those that say nothing about similarity weigh 0. Words are only for that. */
function vocabulary(all: readonly (readonly ItemTerm[])[], items: number): [string, Entry][] {
  const found = new Map<string, Entry>()
  for (const terms of all) {
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

const lengthOf = (terms: readonly ItemTerm[]) =>
  terms.reduce((sum, term) => sum + (isWord(term) ? term.frequency : 0), 0)

function logFrequency({ frequency }: ItemTerm): number {
  return frequency > 1 ? 1 + Math.log(frequency) : frequency
}

/** BM25's weight of a word's frequency. */
function saturation(term: ItemTerm, length: number, mean: number): number {
  return isWord(term)
    ? (term.frequency * (K1 + 1)) / (term.frequency + K1 * (1 - B + (B * length) / mean))
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
