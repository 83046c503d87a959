import { describe, expect, test } from 'vitest'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { ingestFolder, placesIn } from './ingestFolder.ts'

/** Loads a shop whose log holds the given item ids, one user. */
async function load(items: string, log: readonly string[], allowBad = false, name = 'items.csv') {
  const folder = await ingestFolder({
    'shop/views.csv': `user,item\n${log.map((item) => `u,${item}\n`).join('')}`,
    [`shop/${name}`]: items,
  })
  return loadDataset('shop', { ...placesIn(folder), allowBad })
}

describe('the items file beside the interactions', () => {
  test('gives titles, years, links, images, release dates and attributes', async () => {
    const { catalogue } = await load(
      `item,title,year,url,image,release_date,genres,Brand,price_gbp,note
a,"The ""Pit""",1999,https://x.example/a,/a.png,2024-05-01,Drama|War|Drama,Acme,3.5,7
b,Second,,,,,(no genres listed),Acme,4,8
`,
      ['a'],
    )
    expect(catalogue).toEqual([
      {
        id: 'a',
        title: 'The "Pit"',
        year: 1999,
        link: 'https://x.example/a',
        image: '/a.png',
        releasedAt: Date.UTC(2024, 4, 1),
        attributes: { genre: ['Drama', 'War'], brand: ['Acme'] },
        numbers: { price_gbp: 3.5 },
      },
      { id: 'b', title: 'Second', attributes: { brand: ['Acme'] }, numbers: { price_gbp: 4 } },
    ])
  })

  test('reads descriptions and measures, but no averages of what visitors said', async () => {
    const { catalogue } = await load(
      'item,title,Overview,num_pages,Price (EUR),average_rating,ratings_count\na,One,A whale hunt,635,9.90,4.1,900\nb,Two,,,,3,2\n',
      ['a'],
    )
    expect(catalogue).toEqual([
      { id: 'a', title: 'One', text: 'A whale hunt', numbers: { num_pages: 635, price_eur: 9.9 } },
      { id: 'b', title: 'Two' },
    ])
  })

  test('takes the year out of the title where there is no year column', async () => {
    const items = 'movieId,title,genres\n1,Toy Story (1995),Animation|Comedy\n2,Heat,Action\n'
    const { catalogue } = await load(items, ['1'], false, 'movies.csv')
    expect(catalogue).toEqual([
      { id: '1', title: 'Toy Story', year: 1995, attributes: { genre: ['Animation', 'Comedy'] } },
      { id: '2', title: 'Heat', attributes: { genre: ['Action'] } },
    ])
  })

  test('reads lists of JSON lines', async () => {
    const items = '{"id":"a","name":"A","tags":["x","y"]}\n{"id":"b","name":"B","tags":["x"]}\n'
    const { catalogue } = await load(items, ['a'], false, 'items.jsonl')
    expect(catalogue[0]).toEqual({ id: 'a', title: 'A', attributes: { tag: ['x', 'y'] } })
  })

  test('a column where every item has its own text is no attribute', async () => {
    const ids = Array.from({ length: 40 }, (_, i) => `i${i}`)
    const rows = ids.map((id, i) => `${id},T${id},words about ${id},${i % 2 ? 'odd' : 'even'},${i % 3}`)
    const { catalogue } = await load(`item,title,summary,side,size\n${rows.join('\n')}\n`, ids)
    expect(catalogue[1]!.attributes).toEqual({ side: ['odd'] })
  })

  test('column names that objects already have are ordinary names', async () => {
    const { catalogue } = await load('item,constructor,__proto__\na,x,y\nb,x,y\n', ['a', 'b'])
    expect(catalogue[0]).toEqual({ id: 'a', title: 'a', attributes: { constructor: ['x'], proto: ['y'] } })
  })
})

describe('drift between log and catalogue', () => {
  test('items without an entry are counted and named', async () => {
    const { ingest, catalogue } = await load('item,title\na,A\n', ['a', 'x', 'y'])
    expect(ingest.notes).toContain(
      '2 of 3 items are not in the items file, for example "x": their ids stand as titles.',
    )
    expect(catalogue.map(({ title }) => title)).toEqual(['A', 'x', 'y'])
  })

  test('no match at all stops', async () => {
    await expect(load('item,title\n007,Seven\n', ['7'])).rejects.toMatchObject({
      code: 'bad_data',
      message: expect.stringMatching(/items\.csv has none of the items of the interactions\.$/),
      hint: 'Ids must be the same in both: here "7", there "007".',
    })
  })

  test('repeated ids: the first stays; more than 1 % stops', async () => {
    const rows = Array.from({ length: 150 }, (_, i) => `i${i},T${i}`)
    const one = await load(['item,title', ...rows, 'i0,Again'].join('\n'), ['i0'])
    expect(one.catalogue.find(({ id }) => id === 'i0')!.title).toBe('T0')
    expect(one.ingest.notes).toContain('items.csv: 1 rows repeat an id; the first of each stays.')
    const twice = ['item,title', ...rows, 'i0,Again', 'i1,Again'].join('\n')
    await expect(load(twice, ['i0'])).rejects.toThrow("2 of 152 rows repeat an item's id, first at line 152.")
    expect((await load(twice, ['i0'], true)).catalogue).toHaveLength(150)
  })

  test('without an id column it says which columns there are', async () => {
    await expect(load('title,year\nA,1999\n', ['a'])).rejects.toMatchObject({
      code: 'bad_data',
      hint: 'Call it "item". Columns found: title, year.',
    })
  })
})
