import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { describe, expect, onTestFinished, test } from 'vitest'
import { KNOWN_DATASETS } from '../../models/ingest/findDatasets.ts'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { fetchPublished } from '../../models/ingest/publishers/fetchPublished.ts'
import { PUBLISHED_SETS, type PublishedSet } from '../../models/ingest/publishers/publishedSets.ts'
import { seededRandom } from '../../models/random.ts'
import { ingestFolder, linesOf, placesIn } from './ingestFolder.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, attempt: number) => void

/** A publisher's server. @returns its address, and the Range of every request */
async function serve(answer: Answer): Promise<{ url: string; ranges: (string | undefined)[] }> {
  const ranges: (string | undefined)[] = []
  const server = createServer((request, response) => {
    ranges.push(request.headers.range)
    answer(request, response, ranges.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ranges }
}

const random = seededRandom(3)
/** Large enough to be cut: bytes that do not compress. */
const FILLER = Uint8Array.from({ length: 300_000 }, () => Math.floor(random() * 256))
const latin1 = (text: string) => Uint8Array.from(Buffer.from(text, 'latin1'))
const ML1M = zipSync({
  'ml-1m/README': strToU8('terms'),
  'ml-1m/users.dat': FILLER,
  'ml-1m/ratings.dat': strToU8('1::10::5::978300760\n1::20::3::978302109\n2::10::4::978301968\n'),
  'ml-1m/movies.dat': latin1('10::Léon, the "Pro" (1994)::Crime|Drama\n20::Toy Story (1995)::Animation\n'),
  '../../evil/ratings.dat': strToU8('no'),
})

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const setOf = (url: string, zip: Uint8Array, name = 'ml-1m'): PublishedSet => ({
  ...PUBLISHED_SETS.find((set) => set.name === name)!,
  url: `${url}/a.zip`,
  bytes: zip.length,
  sha256: sha256(zip),
})

/** A server as they should be: it knows Range. */
const sound =
  (zip: Uint8Array): Answer =>
  (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const body = zip.subarray(from)
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': body.length,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${zip.length - 1}/${zip.length}` } : {}),
    })
    response.end(body)
  }

/** Ends the connection after some bytes, but for the last attempt. */
const breaking =
  (zip: Uint8Array, last: number, ignoreRange = false): Answer =>
  (request, response, attempt) => {
    if (ignoreRange) delete request.headers.range
    if (attempt === last) return sound(zip)(request, response, attempt)
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': zip.length - from,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${zip.length - 1}/${zip.length}` } : {}),
    })
    response.write(zip.subarray(from, from + 100_000), () => setTimeout(() => request.socket.destroy(), 20))
  }

async function fetchTo(set: PublishedSet) {
  const root = await ingestFolder({})
  const seen: number[] = []
  const options = {
    folder: join(root, '.cache', 'data'),
    progress: (_: string, count?: { done: number }) => count && seen.push(count.done),
    wait: () => Promise.resolve(),
  }
  return {
    root,
    seen,
    options,
    folder: () => fetchPublished(set, options),
    archive: join(root, '.cache', 'downloads', 'a.zip'),
  }
}

describe('fetching a published data set', () => {
  test('downloads, checks, unpacks and converts it; then it is found by its name', async () => {
    const { url, ranges } = await serve(sound(ML1M))
    const { root, folder, seen } = await fetchTo(setOf(url, ML1M))
    expect(readdirSync(await folder()).sort()).toEqual(['README', 'items.csv', 'ratings.csv'])
    expect(ranges).toEqual([undefined])
    expect(seen.at(-1)).toBe(ML1M.length)
    expect(readdirSync(join(root, '.cache', 'downloads'))).toEqual([])
    const dataset = await loadDataset('ml-1m', placesIn(root))
    expect(linesOf(dataset)).toEqual([
      '1 10 978300760000 5 +',
      '1 20 978302109000 3 -',
      '2 10 978301968000 4 +',
    ])
    expect(dataset.catalogue).toEqual([
      { id: '10', title: 'Léon, the "Pro"', year: 1994, attributes: { genre: ['Crime', 'Drama'] } },
      { id: '20', title: 'Toy Story', year: 1995, attributes: { genre: ['Animation'] } },
    ])
  })

  test('goes on where the connection broke, by Range', async () => {
    const { url, ranges } = await serve(breaking(ML1M, 3))
    const { folder } = await fetchTo(setOf(url, ML1M))
    expect(existsSync(join(await folder(), 'ratings.csv'))).toBe(true)
    expect(ranges).toEqual([undefined, 'bytes=100000-', 'bytes=200000-'])
  })

  test('starts again where the server ignores Range', async () => {
    const { url, ranges } = await serve(breaking(ML1M, 3, true))
    const { folder } = await fetchTo(setOf(url, ML1M))
    expect(existsSync(join(await folder(), 'ratings.csv'))).toBe(true)
    expect(ranges).toHaveLength(3)
  })

  test('another call continues what an earlier one left', async () => {
    const { url, ranges } = await serve(sound(ML1M))
    const { folder, archive, root } = await fetchTo(setOf(url, ML1M))
    mkdirSync(join(root, '.cache', 'downloads'), { recursive: true })
    writeFileSync(`${archive}.part`, ML1M.subarray(0, 12_345))
    await folder()
    expect(ranges).toEqual(['bytes=12345-'])
  })

  test('waits and tries again where the server is busy', async () => {
    const { url, ranges } = await serve((request, response, attempt) => {
      if (attempt > 2) return sound(ML1M)(request, response, attempt)
      response.writeHead(503).end()
    })
    const { folder } = await fetchTo(setOf(url, ML1M))
    await folder()
    expect(ranges).toHaveLength(3)
  })

  test.each<[string, Answer, string, RegExp]>([
    [
      'other bytes of the right length',
      sound(ML1M.map((byte, i) => (i === 5000 ? byte ^ 1 : byte))),
      'hash_mismatch',
      /is not the file that is known/,
    ],
    [
      'more bytes than there should be',
      sound(Buffer.concat([ML1M, Buffer.alloc(10)])),
      'too_large',
      /is longer than the \d+ bytes/,
    ],
    [
      'a page that says no',
      (_, response) => response.writeHead(404).end('<html>'),
      'http_error',
      /answered with status 404/,
    ],
    [
      'a server that never gets far',
      (request) => request.socket.destroy(),
      'offline',
      /could not be fetched/,
    ],
  ])('%s: one clear error, and nothing that could pass for data', async (_, answer, code, message) => {
    const { url } = await serve(answer)
    const { folder, root } = await fetchTo(setOf(url, ML1M))
    await expect(folder()).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.any(String),
    })
    expect(existsSync(join(root, '.cache', 'data', 'ml-1m'))).toBe(false)
    expect(readdirSync(join(root, '.cache', 'downloads'))).toEqual([])
  })

  test('without a network it says so, and what to do', async () => {
    const { folder } = await fetchTo(setOf('http://127.0.0.1:9', ML1M))
    await expect(folder()).rejects.toMatchObject({
      code: 'offline',
      hint: expect.stringContaining('put the data into data/ yourself'),
    })
  })

  test('an archive without the files it should have is refused', async () => {
    const zip = zipSync({ 'x/ratings.dat': strToU8('1::1::1::1') })
    const { url } = await serve(sound(zip))
    const { folder } = await fetchTo(setOf(url, zip))
    await expect(folder()).rejects.toMatchObject({
      code: 'bad_data',
      message: 'The archive of ml-1m lacks movies.dat.',
    })
  })
})

test('MovieLens as its publisher packs it is read from wherever it was unpacked', async () => {
  const folder = await ingestFolder({
    'own/ml-1m/ratings.dat': '1::10::5::978300760\n2::10::3::978300761\n',
    'own/ml-1m/movies.dat': latin1('10::Léon (1994)::Crime\n'),
    'own/other/notes.dat': '1',
  })
  const places = { ...placesIn(folder), env: { FORYOU_DATA: join(folder, 'own') } }
  const dataset = await loadDataset('ml-1m', places)
  expect(linesOf(dataset)).toEqual(['1 10 978300760000 5 +', '2 10 978300761000 3 -'])
  expect(dataset.catalogue[0]).toMatchObject({ title: 'Léon', year: 1994 })
  expect(await loadDataset(join(folder, 'own', 'ml-1m'), placesIn(folder))).toMatchObject({ name: 'ml-1m' })
  await expect(loadDataset('other', places)).rejects.toMatchObject({ code: 'bad_data' })
})

describe('formats of the publishers', () => {
  const convert = (name: string, files: Record<string, Uint8Array>) =>
    new Map(
      [...PUBLISHED_SETS.find((set) => set.name === name)!.convert(new Map(Object.entries(files)))].map(
        ([file, bytes]) => [file, new TextDecoder().decode(bytes)],
      ),
    )

  test('MovieLens 100k: tabs, bars, and a column for each genre', () => {
    const files = convert('ml-100k', {
      'u.data': strToU8('196\t242\t3\t881250949\n186\t302\t3\t891717742\n'),
      'u.genre': strToU8('unknown|0\nAction|1\nComedy|2\n\n'),
      'u.item': latin1(
        '242|Kolya (1996)|24-Jan-1997||http://x|0|0|1\n302|Misérables, Les (1995)|01-Jan-1995||http://y|1|1|1\n',
      ),
    })
    expect(files.get('ratings.csv')).toBe(
      'user,item,rating,timestamp\n196,242,3,881250949\n186,302,3,891717742\n',
    )
    expect(files.get('items.csv')).toBe(
      'item,title,genres\n242,Kolya (1996),Comedy\n302,"Misérables, Les (1995)",Action|Comedy\n',
    )
  })

  test('goodbooks-10k: year, first author, and the genres among the tags, most votes first', () => {
    const files = convert('goodbooks-10k', {
      'ratings.csv': strToU8('user_id,book_id,rating\n1,1,5\n'),
      'books.csv': strToU8(
        'book_id,goodreads_book_id,authors,original_publication_year,title,image_url\n1,77,"Ann, Bob",2008.0,"Games, #1",https://i/1.jpg\n2,88,Cy,,Old,\n',
      ),
      'tags.csv': strToU8(
        'tag_id,tag_name\n1,to-read\n2,sci-fi\n3,science-fiction\n4,young-adult\n5,poetry\n',
      ),
      'book_tags.csv': strToU8(
        'goodreads_book_id,tag_id,count\n77,1,900\n77,2,30\n77,3,40\n77,4,60\n77,5,6\n',
      ),
    })
    expect(files.get('items.csv')).toBe(
      'item,title,year,author,genres,image\n1,"Games, #1",2008,Ann,science fiction|young adult,https://i/1.jpg\n2,Old,,Cy,,\n',
    )
  })

  test('every published set is known by its name, with the file that is made', () => {
    for (const { name, sha256 } of PUBLISHED_SETS) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(KNOWN_DATASETS.find((known) => known.name === name)).toMatchObject({
        file: 'ratings.csv',
        format: 'table',
      })
    }
    expect(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'data.md'), 'utf8')).toContain(
      'goodbooks-10k',
    )
  })
})
