import { describe, expect, test } from 'vitest'
import { decodeCatalogue, encodeCatalogue } from '../../shared/bundle/catalogueFile.ts'
import { decodeContent, encodeContent } from '../../shared/bundle/contentFile.ts'
import { decodeFile } from '../../shared/bundle/decode.ts'
import { decodeDelta, encodeDelta } from '../../shared/bundle/deltaFile.ts'
import { decodeDetails, encodeDetails } from '../../shared/bundle/detailsFile.ts'
import { encodeFile } from '../../shared/bundle/encode.ts'
import { DTYPES, FILE_KINDS, type FileKind, type SectionArray } from '../../shared/bundle/format.ts'
import { GENERATORS } from '../../shared/bundle/generators.ts'
import { layoutOf } from '../../shared/bundle/layout.ts'
import { decodeNeighbours, encodeNeighbours, type ListKind } from '../../shared/bundle/neighboursFile.ts'
import { applyPopularityDelta, encodePopularityDelta } from '../../shared/bundle/popularityDelta.ts'
import {
  decodePopularity,
  encodePopularity,
  NO_ARRIVALS,
  type Popularity,
} from '../../shared/bundle/popularityFile.ts'
import { decodeRanker, encodeRanker, type RankerFile } from '../../shared/bundle/rankerFile.ts'
import { decodeTable, encodeTable } from '../../shared/bundle/tableFile.ts'
import { errorCode } from '../../shared/domain/errors.ts'

/**
 * One number that is none makes a ranking meaningless (3 of 1,000 scores spoil the ten best in 99 % of sorts). Of every kind
 * of file, whatever could carry one is tried, at every place: each float of each section, each number of the JSON beside it.
 */
const popularity = (asOf = 5): Popularity => ({
  arrivals: NO_ARRIVALS,
  asOf,
  halfLives: [7],
  decayedMax: [100],
  decayed: Uint16Array.of(9, 8),
  countMax: 100,
  count: Uint16Array.of(9, 8 + asOf),
  mean: Uint16Array.of(1, 2),
  meanLow: 0,
  meanHigh: 5,
})

const ranker: RankerFile = {
  features: ['x@1', 'y@1'],
  low: Float32Array.of(0, 0),
  high: Float32Array.of(1, 1),
  mean: Float32Array.of(0, 0),
  spread: Float32Array.of(1, 1),
  quantiles: Object.fromEntries(
    GENERATORS.map((name) => [name, Float32Array.of(1, 2)]),
  ) as RankerFile['quantiles'],
  network: {
    inputs: 2,
    hidden: 2,
    w1: new Float32Array(4).fill(1),
    b1: Float32Array.of(0, 0),
    w2: Float32Array.of(1, 1),
    b2: 0.5,
  },
}

const catalogue = encodeCatalogue({
  firstRow: 0,
  ids: ['a', 'b'],
  firstDay: Int32Array.of(1, 2),
  year: Int16Array.of(1999, 0),
})
const details = encodeDetails({ firstRow: 0, details: [{ title: 'A', year: 1999 }, { title: 'B' }] })
const content = encodeContent({
  offsets: Uint32Array.of(0, 1, 2),
  terms: Uint32Array.of(0, 1),
  weights: Uint8Array.of(9, 9),
  vocabulary: { names: ['genre'], values: ['x', 'y'], nameOf: Uint8Array.of(0, 0), taste: [0] },
})
const lists = (kind: ListKind) =>
  encodeNeighbours(
    {
      step: 0.5,
      offsets: Uint32Array.of(0, 1, 2),
      targets: Uint32Array.of(1, 0),
      roots: Uint8Array.of(2, 2),
      scales: Uint8Array.of(3, 3),
    },
    layoutOf(new Uint8Array(2)),
    true,
    kind,
  )
const table = encodeTable({
  dims: 2,
  step: 0.5,
  rows: Int8Array.of(1, 2, 3, 4),
  inputScale: Uint16Array.of(1, 1),
  inputStep: 0.5,
  ridge: { unobserved: 0.1, regularisation: 2, items: 2, gram: Float64Array.of(1, 2, 3) },
})

/** Of every kind, a sound file and its reader. */
const SAMPLES: Record<FileKind, { file: ArrayBuffer; read: (file: ArrayBuffer) => unknown }> = {
  catalogue: { file: catalogue, read: (file) => decodeCatalogue(file, 'catalogue/0') },
  content: { file: content, read: (file) => decodeContent(file, 'content/0', 2) },
  table: { file: table, read: (file) => decodeTable(file, 'table/0') },
  neighbours: { file: lists('neighbours'), read: (file) => decodeNeighbours(file, 'neighbours/0', 2, 2) },
  transitions: {
    file: lists('transitions'),
    read: (file) => decodeNeighbours(file, 'transitions/0', 2, 2, 'transitions'),
  },
  popularity: { file: encodePopularity(popularity()), read: (file) => decodePopularity(file, 'popularity') },
  ranker: { file: encodeRanker(ranker), read: (file) => decodeRanker(file, 'ranker') },
  details: { file: details, read: (file) => readAll(decodeDetails(file, 'details/0')) },
  delta: { file: encodeDelta({ catalogue, content, details }), read: decodeDelta },
  'popularity-delta': {
    file: encodePopularityDelta(popularity(), popularity(9)),
    read: (file) => applyPopularityDelta(popularity(), file, 'delta.popularity'),
  },
}

const readAll = ({ rows, at }: ReturnType<typeof decodeDetails>) =>
  Array.from({ length: rows }, (_, row) => at(row))

interface Parts {
  meta: Record<string, unknown>
  sections: Record<string, SectionArray>
}

/** What a file is made of, as its own header says. */
function partsOf(file: ArrayBuffer, kind: FileKind): Parts {
  decodeFile(file, kind, kind)
  const headerBytes = new DataView(file).getUint32(8, true)
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 16, headerBytes)))
  const sections: Record<string, SectionArray> = {}
  for (const { name, dtype, length, offset } of header.sections)
    sections[name] = new DTYPES[dtype as keyof typeof DTYPES](file, offset, length).slice()
  return { meta: header.meta, sections }
}

/** All places in a JSON value that hold a number. */
function numbersIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value === 'number') return [[...path]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => numbersIn(inner, [...path, name]))
}

function withNumber(value: unknown, [name, ...rest]: readonly string[], number: unknown): unknown {
  if (name === undefined) return number
  const copy = structuredClone(value) as Record<string, unknown>
  return Object.assign(copy, { [name]: withNumber(copy[name], rest, number) })
}

/** JSON has no NaN, but a number too large for it is read as Infinity. */
const TOO_LARGE = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON('1e999')
const NO_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]

const codeOf = (run: () => unknown) => {
  try {
    run()
    return 'accepted'
  } catch (error) {
    return errorCode(error)
  }
}

describe.each(FILE_KINDS)('%s', (kind) => {
  const { file, read } = SAMPLES[kind]
  const { meta, sections } = partsOf(file, kind)

  test('is sound, and comes back when it is put together again', () => {
    expect(codeOf(() => read(file))).toBe('accepted')
    expect(codeOf(() => read(encodeFile({ kind, meta, sections })))).toBe('accepted')
  })

  test('no float of any section may be anything but a number', () => {
    for (const [name, values] of Object.entries(sections)) {
      if (!(values instanceof Float32Array || values instanceof Float64Array)) continue
      for (let i = 0; i < values.length; i++) {
        for (const none of NO_NUMBERS) {
          const changed = values.slice()
          changed[i] = none
          const spoilt = encodeFile({ kind, meta, sections: { ...sections, [name]: changed } })
          expect(`${name}[${i}] = ${none}: ${codeOf(() => read(spoilt))}`).toBe(
            `${name}[${i}] = ${none}: bundle_value`,
          )
        }
      }
    }
  })

  test('nor any number beside them', () => {
    for (const path of numbersIn(meta)) {
      const changed = withNumber(meta, path, TOO_LARGE) as Record<string, unknown>
      const spoilt = encodeFile({ kind, meta: changed, sections })
      expect(`${path.join('.')}: ${codeOf(() => read(spoilt))}`).toBe(`${path.join('.')}: bundle_header`)
    }
  })

  test('no whole number of the header makes a reader allocate, or fail by anything but its own errors', () => {
    const roomy = encodeFile({ kind, meta: { ...meta, pad: 'x'.repeat(64) }, sections })
    const length = new DataView(roomy).getUint32(8, true)
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(roomy, 16, length)))
    const { pad: _, ...rest } = header.meta
    const sound = { ...header, meta: rest }
    const rewritten = (changed: unknown) => {
      const copy = roomy.slice()
      new Uint8Array(copy).set(new TextEncoder().encode(JSON.stringify(changed).padEnd(length)), 16)
      return copy
    }
    expect(codeOf(() => read(rewritten(sound)))).toBe('accepted')
    for (const path of numbersIn(sound)) {
      for (const number of [-1, 0, 1, 7, 1.5, 2 ** 31, 2 ** 32, 2 ** 53 - 1]) {
        const code = codeOf(() => read(rewritten(withNumber(sound, path, number))))
        expect(`${path.join('.')} = ${number}: ${code}`).toMatch(/: (accepted|bundle_\w+)$/)
      }
    }
  })
})

test('the kinds with floats are those that are known to have some', () => {
  const withFloats = FILE_KINDS.filter((kind) =>
    Object.values(partsOf(SAMPLES[kind].file, kind).sections).some(
      (values) => values instanceof Float32Array || values instanceof Float64Array,
    ),
  )
  expect(withFloats).toEqual(['table', 'ranker', 'popularity-delta'])
})

test('details are text: a year beyond all numbers is refused where it is read', () => {
  const { meta, sections } = partsOf(details, 'details')
  const json = new TextEncoder().encode('{"title":"A","year":1e999}')
  const spoilt = encodeFile({
    kind: 'details',
    meta,
    sections: { ...sections, offsets: Uint32Array.of(0, json.length), json },
  })
  expect(codeOf(() => readAll(decodeDetails(spoilt, 'details/0')))).toBe('bundle_value')
})

test('a delta whose factors are numbers and whose counts are not', () => {
  const { meta, sections } = partsOf(SAMPLES['popularity-delta'].file, 'popularity-delta')
  const moment = (sections.moment as Float64Array).map((x, i) => (i < 2 ? x : Number.MAX_VALUE))
  const spoilt = encodeFile({ kind: 'popularity-delta', meta, sections: { ...sections, moment } })
  expect(codeOf(() => SAMPLES['popularity-delta'].read(spoilt))).toBe('bundle_value')
})
