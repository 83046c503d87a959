import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { medianOf, parseIsoMoment, parseNumber } from '../../models/ingest/moments.ts'
import { parseDecimal } from '../../models/ingest/parseDecimal.ts'
import { parseIsoBytes } from '../../models/ingest/parseIsoBytes.ts'
import { readInteractions } from '../../models/ingest/readInteractions.ts'
import { RejectLog } from '../../models/ingest/rejectLog.ts'
import { ingestFolder, NOW } from './ingestFolder.ts'

/** Cells as they are met, and as they should not be: quotes, breaks, other alphabets, numbers in every spelling. */
const CELLS = {
  user: [
    '1',
    '2',
    '17',
    ' 2',
    '',
    'ü',
    'u\u0308',
    '"3"',
    '"4""5"',
    '"6,7"',
    '"8\n9"',
    '"',
    'a"b',
    '\0',
    'x'.repeat(300),
  ],
  rating: [
    '4',
    '3.5',
    '-0',
    '007',
    '.5',
    '5.',
    '+2',
    '1e2',
    '',
    'x',
    '"4"',
    '123456789012345678',
    'NaN',
    '1e999',
    '0.1',
    '4\r',
  ],
  time: [
    '1700000000',
    '1700000001.5',
    '1699999999',
    '-5',
    '5',
    '9999999999',
    '2023-11-14',
    '2023-11-14 22:13:20',
    '',
    '"1700000000"',
  ],
} as const
const cell = (values: readonly string[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...values.slice(0, 3)) },
    { weight: 1, arbitrary: fc.constantFrom(...values) },
  )
const line = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.tuple(cell(CELLS.user), cell(CELLS.user), cell(CELLS.rating), cell(CELLS.time)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      [''],
      ['  '],
      ['\t', '\t'],
      ['1', '2'],
      ['1', '2', '3', '4', '5'],
      ['', '', '', ''],
    ),
  },
)
const file = fc.record({
  lines: fc.array(line, { minLength: 1, maxLength: 25 }),
  separator: fc.constantFrom(',', '\t', ';'),
  end: fc.constantFrom('\n', '\n', '\r\n'),
  bom: fc.boolean(),
  last: fc.boolean(),
  broken: fc.option(fc.nat(400), { freq: 4 }),
})

async function readBoth(bytes: Uint8Array) {
  const path = join(await ingestFolder({ 'a.csv': bytes }), 'a.csv')
  const both = []
  for (const careful of [false, true]) {
    const rejects = new RejectLog()
    const read = await readInteractions(path, rejects, { now: NOW, careful }).catch(
      (error: Error) => error.message,
    )
    both.push({ read, report: rejects.report([], 0, 0, []) })
  }
  return both
}

describe('the short cuts through plain rows', () => {
  test('come to the same rows, lines and rejects as looking at every record in full', async () => {
    let rows = 0
    await fc.assert(
      fc.asyncProperty(file, async ({ lines, separator, end, bom, last, broken }) => {
        const text = [['user', 'item', 'rating', 'time'], ...lines]
          .map((cells) => cells.join(separator))
          .join(end)
        const bytes = Buffer.from((bom ? '\uFEFF' : '') + text + (last ? end : ''))
        if (broken !== null && broken > 40 && broken < bytes.length) bytes[broken] = 0xff
        const [fast, careful] = await readBoth(bytes)
        expect(fast).toEqual(careful)
        if (typeof fast!.read === 'object') rows += fast!.read.interactions.user.length
      }),
      { numRuns: 300 },
    )
    expect(rows).toBeGreaterThan(500)
  })

  test('give the columns that were written, with their lines', async () => {
    const n = 5000
    const rows = Array.from(
      { length: n },
      (_, i) => `${(i * 7) % 911},${i},${(i % 10) / 2},${1_700_000_000 + i}`,
    )
    const [fast] = await readBoth(Buffer.from(`user,item,rating,timestamp\n${rows.join('\n')}\n`))
    const { interactions } = fast!.read as Exclude<NonNullable<typeof fast>['read'], string>
    const back = Array.from(
      { length: n },
      (_, i) =>
        `${interactions.users[interactions.user[i]!]},${interactions.items[interactions.item[i]!]},${interactions.value[i]},${interactions.at[i]! / 1000}`,
    )
    expect(back).toEqual(rows)
    expect([...interactions.line!]).toEqual(Array.from({ length: n }, (_, i) => i + 2))
  })
})

test('parseDecimal reads what it reads as Number does, and leaves the rest', () => {
  const decimal = fc.oneof(
    fc.double({ noNaN: true }).map(String),
    fc.integer().map(String),
    fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.nat(18)).map(([digits, point]) => {
      const text = digits.toString().padStart(point + 1, '0')
      return `${text.slice(0, text.length - point)}.${text.slice(text.length - point)}`
    }),
    fc.string({ maxLength: 6 }),
    fc.constantFrom('', '-', '.', '-.', '1.2.3', '--1', '1-', '0x1'),
  )
  let read = 0
  fc.assert(
    fc.property(decimal, (text) => {
      const bytes = Buffer.from(`,${text},`)
      const value = parseDecimal(bytes, 1, bytes.length - 1)
      if (Number.isNaN(value)) return
      read++
      expect(value).toBe(parseNumber(text))
    }),
    { numRuns: 2000 },
  )
  expect(read).toBeGreaterThan(200)
})

test('parseIsoBytes reads what it reads as parseIsoMoment does, and leaves the rest', () => {
  const two = (max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0'))
  const moment = fc
    .tuple(
      fc.integer({ min: 0, max: 2400 }).map((year) => String(year).padStart(4, '0')),
      two(13),
      two(32),
      fc.constantFrom('', ' ', 'T', 't', 'x'),
      two(25),
      two(61),
      two(61),
      fc.constantFrom('', 'Z', '.5', '+02', 'x'),
      fc.constantFrom('-', '/', '.'),
    )
    .map(([year, month, day, between, hour, minute, second, zone, dash]) =>
      between === ''
        ? `${year}${dash}${month}${dash}${day}${zone === 'x' ? zone : ''}`
        : `${year}${dash}${month}${dash}${day}${between}${hour}:${minute}:${second}${zone}`,
    )
  const leap = fc.constantFrom(
    '2000-02-29',
    '1900-02-29',
    '2024-02-29 23:59:59',
    '2023-02-29',
    '2024-12-31T00:00:00Z',
  )
  let read = 0
  fc.assert(
    fc.property(fc.oneof({ weight: 20, arbitrary: moment }, leap), (text) => {
      const bytes = Buffer.from(`,${text},`)
      const at = parseIsoBytes(bytes, 1, bytes.length - 1)
      if (Number.isNaN(at)) return
      read++
      expect(at).toBe(parseIsoMoment(text))
    }),
    { numRuns: 3000 },
  )
  expect(read).toBeGreaterThan(300)
})

test('medianOf is the lower middle of the sorted values', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.integer({ min: 0, max: 5 }),
          fc.double({ noNaN: true }).map((value) => value + 0),
        ),
      ),
      (values) => {
        const typed = Float64Array.from(values)
        expect(medianOf(typed)).toBe(typed.slice().sort()[Math.floor((typed.length - 1) / 2)] ?? Number.NaN)
        expect([...typed]).toEqual(values)
      },
    ),
  )
})
