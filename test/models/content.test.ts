import { describe, expect, test } from 'vitest'
import { fitStage, openStage } from '../../models/build/stage.ts'
import { type Dataset, makeDataset } from '../../models/dataset.ts'
import { defaultSettings } from '../../models/settings.ts'
import { contentRows } from '../../models/train/content.ts'
import { parseEncoder, rowEncoder } from '../../models/train/contentEncoder.ts'
import { binCentres, softBins } from '../../models/train/contentTerms.ts'
import { trainerNamed } from '../../models/train/registry.ts'
import { syntheticWorld } from '../../models/world/syntheticWorld.ts'
import type { CatalogueItem } from '../../shared/domain/catalogue.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { historyView } from '../../shared/rank/historyView.ts'
import { createRungs } from '../../shared/rank/rungs.ts'
import { affinity, tasteShares, tasteTerms } from '../../shared/rank/taste.ts'
import { T0 } from '../worlds.ts'

const SETTINGS = defaultSettings('time')
const INGEST = { files: [], rows: 0, used: 0, rejected: {}, examples: [], notes: [] }

function datasetWith(
  catalogue: readonly CatalogueItem[],
  days: Record<string, readonly number[]> = {},
): Dataset {
  const interactions = catalogue.flatMap(({ id }) =>
    (days[id] ?? [1]).map((day, n) => ({
      user: `${id}${n}`,
      item: id,
      at: T0 + day * DAY_MS,
      value: Number.NaN,
      positive: true,
    })),
  )
  return makeDataset({ name: 'shop', order: 'time', catalogue, interactions, ingest: INGEST })
}

/** An item's row as `name value` → weight. */
function rowOf(rows: ReturnType<typeof contentRows>, item: number): Record<string, number> {
  const own: Record<string, number> = {}
  for (let e = rows.offsets[item]!; e < rows.offsets[item + 1]!; e++)
    own[`${rows.names[rows.nameOf[rows.terms[e]!]!]} ${rows.values[rows.terms[e]!]}`] = rows.weights[e]!
  return own
}

const titled = (titles: readonly string[]): CatalogueItem[] =>
  titles.map((title, i) => ({ id: `i${i}`, title }))

describe('the encoder of a catalogue', () => {
  const items: CatalogueItem[] = syntheticWorld({ films: 120, visitors: 30 }).catalogue.map((item, i) => ({
    ...item,
    text: `A tale of ${item.title} and ${i % 7 ? 'summer' : 'winter'} and ${'rain '.repeat((i % 3) + 1)}`,
    numbers: { price: (i * 7919) % 101 },
  }))

  test.each(['tf-idf', 'bm25'] as const)(
    'gives every item, to the bit, the row of training (%s)',
    (weighting) => {
      const rows = contentRows(items, SETTINGS.content, weighting)
      const encode = rowEncoder(parseEncoder(JSON.stringify(rows.encoder)))
      for (const [i, item] of items.entries()) {
        const own = { from: rows.offsets[i]!, to: rows.offsets[i + 1]! }
        const trained = Array.from(rows.terms.subarray(own.from, own.to), (term, e) => ({
          term,
          weight: rows.weights[own.from + e],
        }))
        expect(encode(item)).toEqual(trained)
        expect(trained.length).toBeGreaterThan(2)
      }
    },
  )

  test('leaves out what the vocabulary lacks, and reads a new item by the old one’s rules', () => {
    const encoder = contentRows(items, SETTINGS.content).encoder!
    const own = rowEncoder(encoder)({
      id: 'x',
      title: 'Unheard',
      attributes: { genre: ['Drama', 'Nonesuch'] },
    })
    expect(own.map(({ term }) => [encoder.names[encoder.nameOf[term]!], encoder.values[term]])).toEqual([
      ['genre', 'Drama'],
    ])
    expect(own[0]!.weight).toBe(255)
  })

  test('travels with the release, not with what is only evaluated', () => {
    const dataset = datasetWith(items.slice(0, 40))
    const stage = fitStage(dataset, SETTINGS, T0 + 9 * DAY_MS, { details: true })
    expect(parseEncoder(new TextDecoder().decode(stage.blobs.get('encoder')))).toEqual(
      contentRows(dataset.catalogue, SETTINGS.content).encoder,
    )
    expect(fitStage(dataset, SETTINGS, T0 + 9 * DAY_MS).blobs.has('encoder')).toBe(false)
  })

  test('is refused where it is damaged', () => {
    expect(() => parseEncoder('{"names":[]}')).toThrow('content encoder')
  })
})

describe('content rows', () => {
  const titles = titled(['red red lamp', 'red mug', 'blue lamp', 'blue mug', 'green mug', 'green tin'])

  test('by TF-IDF: (1 + ln f) · ln(N / n) over the norm', () => {
    // red twice: (1 + ln 2) · ln(6/2), lamp: ln(6/2)
    const red = (1 + Math.LN2) * Math.log(3)
    const lamp = Math.log(3)
    const norm = Math.hypot(red, lamp)
    expect(rowOf(contentRows(titles, SETTINGS.content), 0)).toEqual({
      'title red': Math.round((255 * red) / norm),
      'title lamp': Math.round((255 * lamp) / norm),
    })
  })

  test('by BM25: f (k₁ + 1) / (f + k₁ (1 − b + b · length / mean))', () => {
    // the idf of both is the same and cancels; lengths are 3 and on average 13 / 6
    const part = (f: number) => (f * 2.2) / (f + 1.2 * (0.25 + (0.75 * 3) / (13 / 6)))
    const norm = Math.hypot(part(2), part(1))
    expect(rowOf(contentRows(titles, SETTINGS.content, 'bm25'), 0)).toEqual({
      'title red': Math.round((255 * part(2)) / norm),
      'title lamp': Math.round((255 * part(1)) / norm),
    })
  })

  test('words that one item or most items have say nothing', () => {
    const row = rowOf(contentRows(titles, SETTINGS.content), 5) // tin stands in one title alone
    expect(Object.keys(row)).toEqual(['title green'])
  })

  test('of a long description only the weightiest words stay; attributes all do', () => {
    const words = 'ant bee cat dog elk fox gnu hen'.split(' ')
    const items = words.map((word, i) => ({
      id: `i${i}`,
      title: `t${i}`,
      text: words.slice(0, i + 1).join(' ') + word,
      attributes: { genre: [i % 2 ? 'even' : 'odd'] },
    }))
    const rows = contentRows([...items, ...items.map((item) => ({ ...item, id: `${item.id}b` }))], {
      ...SETTINGS.content,
      words: 3,
    })
    for (let i = 0; i < 8; i++) {
      const names = Object.keys(rowOf(rows, i))
      expect(names.filter((name) => name.startsWith('text')).length).toBeLessThanOrEqual(3)
      expect(names.filter((name) => name.startsWith('genre'))).toHaveLength(1)
    }
  })

  test('a weight of the settings moves an attribute against the others', () => {
    const items = ['a', 'b', 'c', 'd'].map((id, i) => ({
      id,
      title: id,
      attributes: { genre: [i < 2 ? 'x' : 'y'], brand: [i % 2 ? 'p' : 'q'] },
    }))
    const plain = rowOf(contentRows(items, SETTINGS.content), 0)
    expect(plain['genre x']).toBe(plain['brand q'])
    const heavy = rowOf(contentRows(items, { ...SETTINGS.content, weights: { genre: 3 } }), 0)
    expect(heavy['genre x']! / heavy['brand q']!).toBeCloseTo(3, 1)
  })

  test('numbers become soft bins: neighbours on the scale share, strangers do not', () => {
    expect(binCentres([1, 2, 3, 4, 5, 6, 7, 8], 4)).toEqual([2, 4, 6, 8])
    expect(binCentres([5, 5, 5], 4)).toEqual([5])
    const shares = (x: number) =>
      softBins('price', x, [2, 4, 8]).map(({ value, frequency }) => [value, frequency])
    expect(shares(1)).toEqual([['2', 1]])
    expect(shares(2)).toEqual([['2', 1]])
    expect(shares(5)).toEqual([
      ['4', 0.75],
      ['8', 0.25],
    ])
    expect(shares(90)).toEqual([['8', 1]])
    const items = Array.from({ length: 40 }, (_, i) => ({
      id: `i${i}`,
      title: `i${i}`,
      numbers: { price: i },
    }))
    const rows = contentRows(items, { ...SETTINGS.content, bins: 5 })
    const alike = (a: number, b: number) => {
      const [x, y] = [rowOf(rows, a), rowOf(rows, b)]
      return Object.entries(x).reduce((sum, [term, weight]) => sum + weight * (y[term] ?? 0), 0)
    }
    expect(alike(10, 11)).toBeGreaterThan(alike(10, 16))
    expect(alike(10, 39)).toBe(0)
  })
})

describe('a taste of several attributes', () => {
  const items = [
    { id: 'a', title: 'a', attributes: { genre: ['tea'], brand: ['Ada'] } },
    { id: 'b', title: 'b', attributes: { genre: ['tea'], brand: ['Bo'] } },
    { id: 'c', title: 'c', attributes: { genre: ['jam'], brand: ['Ada'] } },
    { id: 'd', title: 'd', attributes: { genre: ['jam'], brand: ['Bo'] } },
    { id: 'e', title: 'e', attributes: { genre: ['tea', 'jam'] } },
  ]
  const bundleFor = async (catalogue: readonly CatalogueItem[]) => {
    const dataset = datasetWith(catalogue)
    const stage = fitStage(dataset, SETTINGS, T0 + 9 * DAY_MS, {
      trainers: [trainerNamed('personal-popularity')!],
    })
    return openStage(dataset, stage, 'popularity')
  }

  test('is the mean of what each says', async () => {
    const bundle = await bundleFor(items)
    const terms = tasteTerms(bundle)!
    expect(terms).toHaveLength(2)
    const shares = tasteShares(terms, historyView(bundle, [{ item: 'a', kind: 'view', at: T0 }]))
    const of = (id: string) => affinity(terms, shares, bundle.numberOf.get(id)!)
    expect(of('a')).toBe(1) // its genre and its brand
    expect(of('b')).toBe(0.5)
    expect(of('c')).toBe(0.5)
    expect(of('d')).toBe(0)
    expect(of('e')).toBeCloseTo(Math.SQRT1_2 / 2, 12) // one of two genres, no brand
  })

  test('ranks what shares both before what shares one', async () => {
    const extra = [...items, { id: 'f', title: 'f', attributes: { genre: ['tea'], brand: ['Ada'] } }]
    const bundle = await bundleFor(extra)
    const view = historyView(bundle, [{ item: 'a', kind: 'view', at: T0 }])
    const ranked = createRungs(bundle, null).rank('personal-popularity', view, 3, (i) => view.seen.has(i))
    expect(bundle.ids[ranked.items[0]!]).toBe('f')
  })
})

describe('the popularity trainers', () => {
  const dataset = datasetWith(
    ['old', 'rising', 'good'].map((id) => ({ id, title: id })),
    {
      old: Array.from({ length: 30 }, (_, n) => n),
      rising: [26, 27, 28, 28, 29, 29],
      good: [3, 4, 5, 6],
    },
  )
  const rated = {
    ...dataset,
    measure: 'rating' as const,
    values: dataset.values.map((_, r) => (dataset.catalogue[dataset.items[r]!]!.id === 'good' ? 5 : 2)),
  }
  test.each([
    ['popularity-count', 'old'],
    ['popularity-shrunken-mean', 'good'],
    ['popularity-trending', 'rising'],
  ])('%s puts %s first, from the decoded bundle', async (name, first) => {
    const stage = fitStage(rated, SETTINGS, T0 + 30 * DAY_MS, { trainers: [trainerNamed(name)!] })
    const bundle = await openStage(rated, stage, 'popularity')
    const { items } = createRungs(bundle, null).rank('popularity', historyView(bundle, []), 3, () => false)
    expect(bundle.ids[items[0]!]).toBe(first)
  })
})
