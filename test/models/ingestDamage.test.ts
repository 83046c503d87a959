import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { ingestFolder, linesOf, placesIn } from './ingestFolder.ts'

const HEADER = 'user,item,rating,timestamp'
const GOOD = Array.from(
  { length: 200 },
  (_, i) => `u${i % 20},i${i % 33},${(i % 5) + 1},${1_700_000_000 + i}`,
)
/** The damaged record stands at this line. */
const LINE = 102

/** A file of 200 good rows with something else in the middle. */
const withRecord = (record: string | Uint8Array, end = '\n') => {
  const [head, tail] = [[HEADER, ...GOOD.slice(0, 100)], GOOD.slice(100)].map((rows) => rows.join(end) + end)
  return Buffer.concat([Buffer.from(head!), Buffer.from(record), Buffer.from(end), Buffer.from(tail!)])
}

const BAD: readonly (readonly [reason: string, record: string | Uint8Array])[] = [
  ['wrong number of columns', 'u1,i1'],
  ['wrong number of columns', 'u1,i1,3,1700000000,more'],
  ['broken quotes', 'u1,"i1,3,1700000000'],
  ['broken quotes', 'u1,"i1"x,3,1700000000'],
  ['stray carriage return', 'u1,i\r1,3,1700000000'],
  ['not UTF-8', Buffer.from('u1,caf\xe9,3,1700000000', 'latin1')],
  ['NUL character', 'u1,i\0,3,1700000000'],
  ['record too long', `u1,${'x'.repeat(2_000_001)},3,1700000000`],
  ['id too long', `u1,${'x'.repeat(257)},3,1700000000`],
  ['id too long', `u1,${'x'.repeat(1_000_000)},3,1700000000`],
  ['no user', ',i1,3,1700000000'],
  ['no user', '"  ",i1,3,1700000000'],
  ['no item', 'u1,,3,1700000000'],
  ['rating is not a number', 'u1,i1,four,1700000000'],
  ['rating is not a number', 'u1,i1,,1700000000'],
  ['rating is not finite', 'u1,i1,NaN,1700000000'],
  ['rating is not finite', 'u1,i1,Infinity,1700000000'],
  ['rating is not finite', 'u1,i1,1e999,1700000000'],
  ['rating is not a number', 'u1,i1,0x10,1700000000'],
  ['rating is not a number', 'u1,i1,=1+1,1700000000'],
  ['time is not readable', 'u1,i1,3,yesterday'],
  ['time is not readable', 'u1,i1,3,2024-02-31'],
  ['time is not readable', 'u1,i1,3,03/04/2024'],
  ['time is not readable', 'u1,i1,3,'],
  ['time is negative', 'u1,i1,3,-1700000000'],
  ['time before 1971', 'u1,i1,3,1700000'],
  ['time in the future', 'u1,i1,3,1700000000000'],
  ['time in the future', 'u1,i1,3,4000000000'],
  ['time in the future', 'u1,i1,3,9999-12-31'],
]

describe('a bad record is counted with its line, and every other row counts', () => {
  test.each(BAD.map(([reason, record]) => [reason, String(record).slice(0, 40), record] as const))(
    '%s: %s',
    async (reason, _, record) => {
      const folder = await ingestFolder({ 'good.csv': withRecord(''), 'bad.csv': withRecord(record) })
      const expected = await loadDataset('good.csv', placesIn(folder))
      const { ingest, ...rest } = await loadDataset('bad.csv', placesIn(folder))
      expect(ingest).toMatchObject({ rows: 201, used: 200, rejected: { [reason]: 1 } })
      expect(ingest.examples.map(({ line }) => line)).toEqual([LINE])
      expect(ingest.examples[0]!.value.length).toBeLessThan(80)
      expect(linesOf({ ...rest, ingest })).toEqual(linesOf(expected))
    },
  )

  test('with Windows line ends, a quoted line break before it and gzip around it', async () => {
    const text = withRecord('u1,i1,four,1700000000', '\r\n').toString().replace('u3,', '"u\r\n3",')
    const folder = await ingestFolder({ 'bad.csv.gz': gzipSync(`\uFEFF${text}`) })
    const { ingest, users } = await loadDataset('bad.csv.gz', placesIn(folder))
    expect(ingest.examples).toEqual([{ line: LINE + 1, reason: 'rating is not a number', value: 'four' }])
    expect(users).toContain('u\r\n3')
  })

  test('in JSON lines', async () => {
    const rows = GOOD.map((_, i) => JSON.stringify({ user: `u${i}`, item: 'i', extra: [1] }))
    rows.splice(50, 0, '{"user": "u1", "item": ')
    rows.splice(60, 0, '[1]')
    const folder = await ingestFolder({ 'a.jsonl': rows.join('\n') })
    const { ingest } = await loadDataset('a.jsonl', placesIn(folder))
    expect(ingest).toMatchObject({ rows: 202, used: 200, rejected: { 'not a JSON object': 2 } })
    expect(ingest.examples).toEqual([
      { line: 51, reason: 'not a JSON object', value: '{"user": "u1", "item": ' },
      { line: 61, reason: 'not a JSON object', value: '[1]' },
    ])
  })

  test('what spreadsheets would run and a field of a million characters are plain text', async () => {
    const title = 'x'.repeat(1_000_000)
    const folder = await ingestFolder({
      'shop/ratings.csv': withRecord('u1,=HYPERLINK("x"),3,1700000000'),
      'shop/items.csv': `item,title,year\n"=HYPERLINK(""x"")",${title},2001\n`,
    })
    const { catalogue } = await loadDataset('shop', { ...placesIn(folder), cwd: folder })
    const item = catalogue.find(({ id }) => id === '=HYPERLINK("x")')
    expect(item).toMatchObject({ title: title.slice(0, 500), year: 2001 })
  })
})

describe('too much of it', () => {
  const twoPercent = [HEADER, ...GOOD, ...Array(4).fill('u1,i1,bad,1700000000')].join('\n')

  test('more than 1 % stops, naming file, lines and counts', async () => {
    const folder = await ingestFolder({ 'a.csv': twoPercent })
    const file = join(folder, 'a.csv')
    await expect(loadDataset('a.csv', placesIn(folder))).rejects.toMatchObject({
      code: 'bad_data',
      message: [
        `${file}: 4 of 204 rows cannot be used, 2.0 % (rating is not a number: 4).`,
        ...[202, 203, 204, 205].map((line) => `  ${file}:${line} rating is not a number: bad`),
      ].join('\n'),
      hint: expect.stringContaining('--allow-bad'),
    })
  })

  test('unless that is allowed', async () => {
    const folder = await ingestFolder({ 'a.csv': twoPercent })
    const { ingest } = await loadDataset('a.csv', { ...placesIn(folder), allowBad: true })
    expect(ingest).toMatchObject({ rows: 204, used: 200 })
    expect(ingest.examples).toHaveLength(4)
  })

  test('exactly 1 % passes', async () => {
    const folder = await ingestFolder({ 'a.csv': [HEADER, ...GOOD.slice(0, 198), 'u,i', 'u,i'].join('\n') })
    expect((await loadDataset('a.csv', placesIn(folder))).ingest).toMatchObject({ rows: 200, used: 198 })
  })

  test('with nothing left it stops even where bad rows are allowed', async () => {
    const folder = await ingestFolder({ 'a.csv': 'user,item,rating\nu,i,bad\n' })
    await expect(loadDataset('a.csv', { ...placesIn(folder), allowBad: true })).rejects.toThrow(
      'no usable interaction',
    )
  })
})

test('two stray quotes far apart cost two rows, not all between them', async () => {
  const rows = GOOD.map((row, i) =>
    i === 50 ? row.replace('i', '"i') : i === 150 ? row.replace(/,(\d),/, ',$1",') : row,
  )
  const folder = await ingestFolder({ 'a.csv': [HEADER, ...rows].join('\n') })
  const { ingest } = await loadDataset('a.csv', placesIn(folder))
  expect(ingest.examples.map(({ line }) => line)).toEqual([52, 152])
  expect(ingest).toMatchObject({
    rows: 200,
    used: 198,
    rejected: { 'broken quotes': 1, 'rating is not a number': 1 },
  })
})

test.each<[string, string | Uint8Array, RegExp]>([
  ['an empty file', '', /a\.csv is empty\.$/],
  ['only a header', `${HEADER}\n`, /a\.csv has a header but no rows\.$/],
  ['only a header without line end', HEADER, /a\.csv has a header but no rows\.$/],
  ['a broken header', 'user,"item\nu,i\n', /a\.csv: the header line is broken\.$/],
  ['one column', 'user\nu1\n', /a\.csv has only one column, "user"\.$/],
  [
    'binary junk',
    Uint8Array.from({ length: 999 }, (_, i) => (i * 37) % 256),
    /its first line is not UTF-8 text\.$/,
  ],
  ['UTF-16', Buffer.from(HEADER, 'utf16le'), /its first line is not UTF-8 text\.$/],
  ['a cut gzip file', gzipSync(HEADER.repeat(99)).subarray(0, 50), /a\.csv is a damaged gzip file: .+/],
  ['Parquet cut off', 'PAR1 and then nothing', /a\.csv cannot be read as a table: .+/],
])('%s gives one clear error', async (_, content, message) => {
  const folder = await ingestFolder({ 'a.csv': content })
  const error = await loadDataset('a.csv', placesIn(folder)).catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(ForYouError)
  expect(error).toMatchObject({ code: 'bad_data', message: expect.stringMatching(message) })
})

const cell = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => text.trim() !== '' && !text.includes('\0'))

test('reading what was printed gives it back, whatever the ids contain', async () => {
  const pair = fc.tuple(cell, cell, fc.constantFrom('\n', '\r\n'))
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { minLength: 1, maxLength: 12 }), async (pairs) => {
      const end = pairs[0]![2]
      const print = (text: string) => `"${text.replaceAll('"', '""')}"`
      const folder = await ingestFolder({
        'a.csv': `user,item${end}${pairs.map(([u, i]) => `${print(u)},${print(i)}${end}`).join('')}`,
      })
      const dataset = await loadDataset('a.csv', placesIn(folder))
      const clean = (text: string) => text.trim().normalize('NFC')
      const expected = new Set(pairs.map(([u, i]) => JSON.stringify([clean(u), clean(i)])))
      const found = dataset.users.flatMap((user, u) =>
        [...dataset.items.subarray(dataset.offsets[u], dataset.offsets[u + 1])].map((item) =>
          JSON.stringify([user, dataset.catalogue[item]!.id]),
        ),
      )
      expect(new Set(found)).toEqual(expected)
    }),
    { numRuns: 40 },
  )
})

test('any change of bytes is an error of ours or leaves all rows accounted for', async () => {
  const bytes = withRecord('u1,"i ""1""",3,1700000000')
  const edit = fc.record({
    at: fc.nat(bytes.length - 1),
    byte: fc.constantFrom(0, 10, 13, 34, 44, 92, 200, 255, 65),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 6 }), async (edits) => {
      const damaged = Uint8Array.from(bytes)
      for (const { at, byte } of edits) damaged[at] = byte
      const folder = await ingestFolder({ 'a.csv': damaged })
      try {
        const { ingest, items } = await loadDataset('a.csv', { ...placesIn(folder), allowBad: true })
        const rejected = Object.values(ingest.rejected).reduce((sum, count) => sum + count, 0)
        expect(ingest.used + rejected).toBe(ingest.rows)
        expect(ingest.used).toBe(items.length)
        // Each edit spoils two rows at the most (a line end that is gone), the others stay; but two quotes may happen
        // to make one sound field of many lines, and a changed header changes everything.
        const quotes = edits.filter(({ byte }) => byte === 34).length
        const inHeader = edits.some(({ at }) => at <= HEADER.length)
        if (quotes < 2 && !inHeader) expect(ingest.used).toBeGreaterThanOrEqual(201 - 2 * edits.length)
      } catch (cause) {
        if (!(cause instanceof ForYouError)) throw cause
        // Only a damaged header may stop everything.
        expect(edits.some(({ at }) => at <= HEADER.length)).toBe(true)
      }
    }),
    { numRuns: 80 },
  )
})
