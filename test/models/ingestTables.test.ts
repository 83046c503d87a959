import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, test } from 'vitest'
import { fingerprint } from '../../models/ingest/fingerprint.ts'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { ingestFolder, linesOf, NOW, placesIn } from './ingestFolder.ts'

const START = 1_700_000_000
const records = Array.from({ length: 60 }, (_, i) => ({
  user_id: `u${i % 7}`,
  movie_id: `${(i * 5) % 13}`,
  rating: (i % 9) / 2 + 1,
  timestamp: START + i * 3600,
}))
const names = ['user_id', 'movie_id', 'rating', 'timestamp'] as const
const table = (separator: string, end = '\n') =>
  [names, ...records.map((row) => names.map((name) => row[name]))]
    .map((row) => row.join(separator))
    .join(end) + end
const plain = table(',')

/** The same interactions in every form that can be read. */
const FORMS: Readonly<Record<string, string | Uint8Array>> = {
  'a.csv': plain,
  'b.csv': `\uFEFF${table(',', '\r\n')}`,
  'n.csv': table(',', '\r'),
  'c.tsv': table('\t'),
  'd.csv': table(';'),
  'e.csv': table('|'),
  'f.csv.gz': gzipSync(plain),
  'g.data': plain,
  'h.csv': plain.replaceAll('\n', '\n\n').trimEnd(),
  'i.csv': plain.replaceAll('u3', '"u3"').replace('user_id', '"user_id"'),
  'j.jsonl': records.map((row) => JSON.stringify(row)).join('\n'),
  'k.jsonl.gz': gzipSync(`${records.map((row) => JSON.stringify(row)).join('\r\n')}\r\n`),
  'l.json': JSON.stringify(records),
  'm.csv': plain.replace('user_id,movie_id,rating,timestamp', 'UserID,ASIN,Stars,Unix_Time'),
}

describe('every form of table gives the same dataset', () => {
  test.each(Object.keys(FORMS))('%s', async (name) => {
    const folder = await ingestFolder({ 'a.csv': plain, [name]: FORMS[name]! })
    const expected = await loadDataset('a.csv', placesIn(folder))
    const dataset = await loadDataset(name, placesIn(folder))
    expect(dataset.items.length).toBe(60)
    expect(await fingerprint(dataset)).toBe(await fingerprint(expected))
  })

  test.each(['timestamp', 'timestamptz', 'timestamp_ms', 'bigint'] as const)(
    'Parquet with times as %s',
    async (type) => {
      const folder = await ingestFolder({ 'a.csv': plain })
      const path = join(folder, "it's.parquet")
      // A cast to timestamptz would write the machine's local time.
      const time = {
        bigint: 'timestamp',
        timestamptz: 'to_timestamp(timestamp)',
        timestamp: 'make_timestamp(timestamp * 1000000)',
        timestamp_ms: 'make_timestamp(timestamp * 1000000)::timestamp_ms',
      }[type]
      await duckdb(
        `copy (select user_id, movie_id::double as movie_id, rating, ${time} as timestamp
             from read_csv('${join(folder, 'a.csv')}')) to '${path.replaceAll("'", "''")}' (format parquet)`,
      )
      const expected = await loadDataset('a.csv', placesIn(folder))
      const dataset = await loadDataset(path, placesIn(folder))
      expect(await fingerprint(dataset)).toBe(await fingerprint(expected))
    },
  )
})

describe('times', () => {
  const AT = Date.UTC(2024, 2, 31, 1, 30)
  test.each<[string, string]>([
    ['seconds', `${AT / 1000}`],
    ['milliseconds', `${AT}`],
    ['microseconds', `${AT * 1000}`],
    ['nanoseconds', `${BigInt(AT) * 1_000_000n}`],
    ['a decimal fraction', `${AT / 1000}.0`],
    ['ISO with Z', '2024-03-31T01:30:00Z'],
    // This hour does not exist in central Europe: the clock goes from 1 to 3 (in UTC it is as good as any).
    ['ISO without zone', '2024-03-31 01:30:00'],
    ['ISO with an offset', '2024-03-31T03:30:00.000+02:00'],
    ['a short offset', '2024-03-30 20:30:00-05'],
  ])('%s', async (_, text) => {
    const folder = await ingestFolder({ 'a.csv': `user,item,time\nu,i,${text}\n` })
    expect([...(await loadDataset('a.csv', placesIn(folder))).times]).toEqual([AT])
  })

  test('a date alone is its midnight in UTC', async () => {
    const folder = await ingestFolder({ 'a.csv': 'user,item,date\nu,i,2024-02-29\n' })
    expect([...(await loadDataset('a.csv', placesIn(folder))).times]).toEqual([Date.UTC(2024, 1, 29)])
  })

  test.each([
    ['before 2000', '1,2,3', '1970-01-01'],
    ['in the future', `${NOW / 1000 + 200_000}`, '2026-07-03'],
  ])('a middle time %s stops', async (_, times, shown) => {
    const rows = times.split(',').map((time) => `u,i,${time}`)
    const folder = await ingestFolder({ 'a.csv': `user,item,ts\n${rows.join('\n')}\n` })
    await expect(loadDataset('a.csv', placesIn(folder))).rejects.toMatchObject({
      code: 'bad_data',
      message: `a.csv: the middle time of column "ts" would be ${shown}.`,
    })
  })
})

describe('columns', () => {
  test('a mapping names what cannot be recognised', async () => {
    const folder = await ingestFolder({
      'a.csv': 'who,what,points,when\nu,i,4,2024-01-01\nu,j,1,2024-01-02\n',
    })
    const mapping = { user: 'who', item: 'what', value: 'points', time: 'when', positiveFrom: 2 }
    const dataset = await loadDataset('a.csv', { ...placesIn(folder), mapping })
    expect(linesOf(dataset)).toEqual([`u i ${Date.UTC(2024, 0, 1)} 4 +`, `u j ${Date.UTC(2024, 0, 2)} 1 -`])
  })

  test('what is not recognised is listed', async () => {
    const folder = await ingestFolder({ 'a.csv': 'who,what,points\nu,i,4\n' })
    await expect(loadDataset('a.csv', placesIn(folder))).rejects.toMatchObject({
      code: 'bad_data',
      message: 'a.csv: no column for user and item could be recognised. Columns found: who, what, points.',
      hint: expect.stringContaining('--columns user=NAME'),
    })
  })

  test('a mapping to a column that is not there is bad usage', async () => {
    const folder = await ingestFolder({ 'a.csv': 'user,item\nu,i\n' })
    await expect(
      loadDataset('a.csv', { ...placesIn(folder), mapping: { user: 'nobody' } }),
    ).rejects.toMatchObject({
      code: 'bad_usage',
      message: 'a.csv has no column "nobody". Columns found: user, item.',
    })
  })

  test('ratings: 60 % of the best and above is a success', async () => {
    const folder = await ingestFolder({ 'a.csv': 'user,item,rating\nu,i,5\nu,j,3\nu,k,2.5\n' })
    const dataset = await loadDataset('a.csv', placesIn(folder))
    expect(linesOf(dataset)).toEqual(['u i 0 5 +', 'u j 0 3 +', 'u k 0 2.5 -'])
    expect(dataset.order).toBe('none')
    expect(dataset.ingest.notes.join(' ')).toMatch(/No times.*No item data.*rating of 3 or more/)
  })

  test('quantities: a first purchase is a success, a return is left out', async () => {
    const rows = ['u,i,2,2024-01-02', 'u,i,1,2024-01-03', 'u,i,-1,2024-01-04', 'v,i,1,2024-01-05']
    const folder = await ingestFolder({ 'a.csv': `user,item,quantity,date\n${rows.join('\n')}\n` })
    const dataset = await loadDataset('a.csv', placesIn(folder))
    expect([...dataset.positive]).toEqual([1, 0, 1])
    expect(dataset.ingest).toMatchObject({ rows: 4, used: 3, rejected: { 'quantity below one': 1 } })
  })

  test('composed and decomposed ids are one', async () => {
    const folder = await ingestFolder({ 'a.csv': 'user,item\nu,caf\u00e9\nv,cafe\u0301\n u , café \n' })
    const dataset = await loadDataset('a.csv', placesIn(folder))
    expect(dataset.catalogue.map((item) => item.id)).toEqual(['café'])
    expect(dataset.users).toEqual(['u', 'v'])
    expect(dataset.ingest).toMatchObject({ rows: 3, used: 2, rejected: { repeated: 1 } })
  })
})

async function duckdb(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(sql)
  connection.closeSync()
  instance.closeSync()
}
