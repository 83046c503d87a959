import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeCatalogue, encodeCatalogue } from '../../shared/bundle/catalogueFile.ts'
import { decodeContent } from '../../shared/bundle/contentFile.ts'
import { decodeFile } from '../../shared/bundle/decode.ts'
import { encodeFile } from '../../shared/bundle/encode.ts'
import { MAX_HEADER_BYTES, PREFIX_BYTES } from '../../shared/bundle/format.ts'
import { GENERATORS } from '../../shared/bundle/generators.ts'
import { layoutOf } from '../../shared/bundle/layout.ts'
import { decodeNeighbours, encodeNeighbours } from '../../shared/bundle/neighboursFile.ts'
import {
  decodePopularity,
  encodeCount,
  encodePopularity,
  NO_ARRIVALS,
} from '../../shared/bundle/popularityFile.ts'
import { decodeRanker, encodeRanker, type RankerFile } from '../../shared/bundle/rankerFile.ts'
import { decodeTable, encodeTable } from '../../shared/bundle/tableFile.ts'
import { type ErrorCode, errorCode } from '../../shared/domain/errors.ts'

const catalogue = () =>
  encodeCatalogue({
    firstRow: 0,
    ids: ['a', 'ü'],
    firstDay: Int32Array.of(1, 2),
    year: Int16Array.of(1999, 0),
  })

function codeOf(run: () => unknown): ErrorCode | 'accepted' {
  try {
    run()
    return 'accepted'
  } catch (error) {
    return errorCode(error)
  }
}

function damaged(change: (bytes: Uint8Array, view: DataView) => void): ArrayBuffer {
  const buffer = catalogue()
  change(new Uint8Array(buffer), new DataView(buffer))
  return buffer
}

describe('a container', () => {
  test('comes back as it was', () => {
    const shard = decodeCatalogue(catalogue(), 'catalogue/0')
    expect(shard.ids).toEqual(['a', 'ü'])
    expect([...shard.year]).toEqual([1999, 0])
    expect([...shard.firstDay]).toEqual([1, 2])
  })

  test.each<[string, ArrayBuffer, ErrorCode]>([
    ['nothing', new ArrayBuffer(0), 'bundle_truncated'],
    ['another file', damaged((bytes) => bytes.set([0x50, 0x4b])), 'bundle_magic'],
    ['a later version', damaged((_, view) => view.setUint32(4, 3, true)), 'bundle_version'],
    ['half of it', catalogue().slice(0, 40), 'bundle_truncated'],
    ['something behind it', Uint8Array.from([...new Uint8Array(catalogue()), 0]).buffer, 'bundle_oversize'],
    ['an impossible header length', damaged((_, view) => view.setUint32(8, 1 << 30, true)), 'bundle_header'],
    [
      'a header that is not JSON',
      damaged((bytes) => bytes.fill(0x7b, PREFIX_BYTES, PREFIX_BYTES + 8)),
      'bundle_header',
    ],
    [
      'a header that is not UTF-8',
      damaged((bytes) => bytes.fill(0xff, PREFIX_BYTES, PREFIX_BYTES + 1)),
      'bundle_header',
    ],
  ])('refuses %s', (_, buffer, code) => {
    expect(codeOf(() => decodeCatalogue(buffer, 'catalogue/0'))).toBe(code)
  })

  test.each([
    ['offset":', 'a section that starts off its alignment', 'bundle_alignment'],
    ['length":', 'a section that reaches outside the file', 'bundle_section'],
  ])('refuses via %s %s', (field, _, code) => {
    const buffer = catalogue()
    const bytes = new Uint8Array(buffer)
    const text = new TextDecoder('latin1').decode(bytes)
    const at = text.indexOf(field, text.indexOf('"year"')) + field.length
    bytes[at + (field === 'offset":' ? 2 : 0)] = field === 'offset":' ? 0x33 : 0x39
    expect(codeOf(() => decodeCatalogue(buffer, 'catalogue/0'))).toBe(code)
  })

  test('refuses a header that is longer than any', () => {
    const long = encodeFile({ kind: 'table', meta: { x: 'x'.repeat(MAX_HEADER_BYTES) }, sections: {} })
    expect(codeOf(() => decodeFile(long, 'table', 'table/0'))).toBe('bundle_header')
  })

  test('refuses sections that overlap', () => {
    const sections = { x: new Int8Array(8), y: new Int8Array(8), z: new Int8Array(8) }
    const file = encodeFile({ kind: 'table', meta: {}, sections })
    const text = new TextDecoder('latin1').decode(file)
    const [first, second] = [...text.matchAll(/"offset":(\d+)/g)]
    expect(first![1]!.length).toBe(second![1]!.length)
    new Uint8Array(file).set(new TextEncoder().encode(first![1]), second!.index + '"offset":'.length)
    expect(codeOf(() => decodeFile(file, 'table', 'table/0'))).toBe('bundle_section')
  })

  test('refuses a file of another kind, a missing section, a wrong type and a wrong length', () => {
    const file = encodeFile({ kind: 'table', meta: {}, sections: { x: Int8Array.of(1, 2) } })
    expect(codeOf(() => decodeFile(file, 'popularity', 'popularity'))).toBe('bundle_header')
    const decoded = decodeFile(file, 'table', 'table/0')
    expect(codeOf(() => decoded.section('y', 'int8'))).toBe('bundle_section')
    expect(codeOf(() => decoded.section('x', 'uint8'))).toBe('bundle_section')
    expect(codeOf(() => decoded.section('x', 'int8', 3))).toBe('bundle_section')
  })

  test('any cut is refused, with an error that names the file', () => {
    const whole = catalogue()
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.byteLength - 1 }), (length) => {
        expect(() => decodeCatalogue(whole.slice(0, length), 'catalogue/7')).toThrow(/catalogue\/7/)
      }),
    )
  })

  test('any sections come back, aligned', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float64Array({ maxLength: 5 }), { maxLength: 5 }),
        fc.string(),
        (arrays, note) => {
          const sections = Object.fromEntries(arrays.map((a, i) => [`s${i}`, a]))
          const file = decodeFile(encodeFile({ kind: 'table', meta: { note }, sections }), 'table', 't')
          for (const [i, array] of arrays.entries()) expect(file.section(`s${i}`, 'float64')).toEqual(array)
        },
      ),
    )
  })
})

describe('values that no encoder writes are refused', () => {
  const ranker = (change: Partial<RankerFile> = {}): RankerFile => ({
    features: ['x@1'],
    low: Float32Array.of(0),
    high: Float32Array.of(1),
    mean: Float32Array.of(0),
    spread: Float32Array.of(1),
    quantiles: Object.fromEntries(
      GENERATORS.map((name) => [name, Float32Array.of(1, 2)]),
    ) as RankerFile['quantiles'],
    network: {
      inputs: 1,
      hidden: 1,
      w1: Float32Array.of(1),
      b1: Float32Array.of(0),
      w2: Float32Array.of(1),
      b2: 0,
    },
    ...change,
  })

  test('a ranker comes back; one with NaN, no spread or falling quantiles does not', () => {
    expect(decodeRanker(encodeRanker(ranker()), 'ranker').network.w1[0]).toBe(1)
    const falling = { ...ranker().quantiles, content: Float32Array.of(2, 1) }
    for (const change of [
      { mean: Float32Array.of(Number.NaN) },
      { network: { ...ranker().network, w2: Float32Array.of(Number.POSITIVE_INFINITY) } },
      { spread: Float32Array.of(0) },
      { quantiles: falling },
    ]) {
      expect(codeOf(() => decodeRanker(encodeRanker(ranker(change)), 'ranker'))).toBe('bundle_value')
    }
  })

  test('two items of one id', () => {
    const twins = encodeCatalogue({
      firstRow: 0,
      ids: ['a', 'a'],
      firstDay: new Int32Array(2),
      year: new Int16Array(2),
    })
    expect(codeOf(() => decodeCatalogue(twins, 'catalogue/0'))).toBe('bundle_value')
  })

  test('a row of −128', () => {
    const table = encodeTable({
      dims: 1,
      step: 1,
      rows: Int8Array.of(-128),
      inputScale: Uint16Array.of(1),
      inputStep: 1,
    })
    expect(codeOf(() => decodeTable(table, 'table/0'))).toBe('bundle_value')
  })

  test('a neighbour that does not exist, and lists that do not fit each other', () => {
    const lists = (target: number) =>
      encodeNeighbours(
        {
          step: 1,
          offsets: Uint32Array.of(0, 1),
          targets: Uint32Array.of(target),
          roots: Uint8Array.of(2),
          scales: Uint8Array.of(3),
        },
        layoutOf(new Uint8Array(70_001)),
        false,
      )
    const layout = (items: number) => layoutOf(new Uint8Array(items))
    expect(codeOf(() => decodeNeighbours(lists(5), 'n', 1, 5, 'neighbours', layout(5)))).toBe('bundle_value')
    const far = decodeNeighbours(lists(70_000), 'n', 1, 70_001, 'neighbours', layout(70_001))
    expect(far.targets[0]).toBe(70_000)
    expect(far.weights[0]).toBe(2 ** 2 * 3 ** 2)
    expect(codeOf(() => decodeNeighbours(lists(5), 'n', 1, 70_001))).toBe('bundle_section')
    const damaged = (change: Record<string, Uint8Array | Uint16Array | Uint32Array>) => {
      const sound = {
        lengths: Uint16Array.of(2),
        gaps: Uint8Array.of(3, 230),
        extra: Uint8Array.of(9),
        far: new Uint32Array(),
        roots: Uint8Array.of(1, 1),
        scales: Uint8Array.of(7),
        lanes: new Uint8Array(5000),
      }
      const sections = { ...sound, ...change }
      return codeOf(() =>
        decodeNeighbours(encodeFile({ kind: 'neighbours', meta: { step: 1 }, sections }), 'n', 1, 5000),
      )
    }
    expect(damaged({})).toBe('accepted')
    expect(damaged({ lengths: Uint16Array.of(3) })).toBe('bundle_value')
    expect(damaged({ extra: new Uint8Array() })).toBe('bundle_value')
    expect(damaged({ extra: Uint8Array.of(9, 9) })).toBe('bundle_value')
    expect(damaged({ gaps: Uint8Array.of(3, 255) })).toBe('bundle_value')
    expect(damaged({ far: Uint32Array.of(1) })).toBe('bundle_value')
    expect(damaged({ roots: Uint8Array.of(1, 0) })).toBe('bundle_value')
    expect(damaged({ scales: Uint8Array.of(0) })).toBe('bundle_value')
  })

  test('content without its vocabulary', () => {
    const bare = encodeFile({
      kind: 'content',
      meta: {},
      sections: { offsets: Uint32Array.of(0, 1), terms: Uint32Array.of(0), weights: Uint8Array.of(9) },
    })
    expect(codeOf(() => decodeContent(bare, 'content/0', 1))).toBe('bundle_value')
  })

  test('popularity whose maxima and half-lives differ in number', () => {
    const file = encodePopularity({
      arrivals: NO_ARRIVALS,
      asOf: 0,
      halfLives: [1, 2],
      decayedMax: [1],
      decayed: new Uint16Array(2),
      countMax: 1,
      count: new Uint16Array(1),
      mean: new Uint16Array(0),
      meanLow: 0,
      meanHigh: 0,
    })
    expect(codeOf(() => decodePopularity(file, 'popularity'))).toBe('bundle_value')
  })
})

test('coded counts keep their order', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (a, b) => {
        if (a < b) expect(encodeCount(a, 1)).toBeLessThanOrEqual(encodeCount(b, 1))
      },
    ),
  )
})
