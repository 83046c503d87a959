import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { readLists, readSequences } from '../../models/ingest/readLists.ts'
import { ingestFolder, linesOf, placesIn } from './ingestFolder.ts'

test('lists: a user and the items, in no order, repeats once', async () => {
  const folder = await ingestFolder({ 'train.txt': 'b 3 1 3\na\t2 10\r\n\nlonely\nb 2' })
  const dataset = await readLists(join(folder, 'train.txt'))
  expect(dataset.order).toBe('none')
  expect(linesOf(dataset)).toEqual([
    'a 10 0 NaN +',
    'a 2 0 NaN +',
    'b 1 0 NaN +',
    'b 2 0 NaN +',
    'b 3 0 NaN +',
  ])
  expect(dataset.ingest).toMatchObject({ rows: 6, used: 5, rejected: { repeated: 1 } })
  expect(dataset.ingest.notes.join(' ')).toMatch(/Neither times nor order.*No item data/)
})

test('sequences: the order of a line stays, repeats too, and times are steps', async () => {
  const folder = await ingestFolder({ 'interactions.txt.gz': gzipSync('b 3 1 3\na 2\nb 9\n') })
  const dataset = await readSequences(join(folder, 'interactions.txt.gz'))
  expect(dataset.order).toBe('sequence')
  expect(linesOf(dataset)).toEqual([
    'a 2 0 NaN +',
    'b 3 0 NaN +',
    'b 1 1 NaN +',
    'b 3 2 NaN +',
    'b 9 3 NaN +',
  ])
})

test('the folder of a known data set is read in its own format', async () => {
  const folder = await ingestFolder({ 'gowalla/train.txt': '0 1 2\n', 'beauty/interactions.txt': '0 1 2\n' })
  expect((await loadDataset('gowalla', placesIn(folder))).order).toBe('none')
  expect((await loadDataset('beauty', placesIn(folder))).order).toBe('sequence')
})

test('a bad line is counted with its line; too many of them stop', async () => {
  const lines = Array.from({ length: 100 }, (_, i) => `u${i} a b`)
  const damaged = Buffer.from([...lines.slice(0, 50), 'x caf\xe9', ...lines.slice(50)].join('\n'), 'latin1')
  const folder = await ingestFolder({
    'one.txt': damaged,
    'two.txt': Buffer.concat([damaged, Buffer.from(`\nu1 ${'x'.repeat(257)}`)]),
    'empty.txt': '',
    'blank.txt': '\n\nuser\n',
  })
  const { ingest } = await readLists(join(folder, 'one.txt'))
  expect(ingest).toMatchObject({ rows: 201, used: 200, rejected: { 'not UTF-8': 1 } })
  expect(ingest.examples[0]).toMatchObject({ line: 51, reason: 'not UTF-8' })
  await expect(readLists(join(folder, 'two.txt'))).rejects.toThrow('2 of 102 rows cannot be used, 2.0 %')
  await expect(readLists(join(folder, 'two.txt'), { allowBad: true })).resolves.toMatchObject({
    order: 'none',
  })
  await expect(readLists(join(folder, 'empty.txt'))).rejects.toThrow(/empty\.txt is empty\.$/)
  await expect(readLists(join(folder, 'blank.txt'))).rejects.toThrow('blank.txt has no usable interaction.')
  await expect(readLists(join(folder, 'absent.txt'))).rejects.toMatchObject({ code: 'not_found' })
})

test('an items file beside lists gives them titles, and says what it lacks', async () => {
  const folder = await ingestFolder({
    'shop/train.txt': '1 10 20 30\n2 10 30\n',
    'shop/items.csv': 'item,title,genre\n10,Ten,a\n20,Twenty,b\n40,Forty,a\n',
    'other/train.txt': '1 x y\n',
    'other/items.csv': 'item,title\n10,Ten\n',
  })
  const dataset = await loadDataset('shop', placesIn(folder))
  expect(dataset.catalogue.map(({ title }) => title)).toEqual(['Ten', 'Twenty', '30', 'Forty'])
  expect([...dataset.uncatalogued!]).toEqual([0, 0, 1, 0])
  expect(dataset.ingest.notes[0]).toContain('1 of 3 items are not in the items file, for example "30"')
  await expect(loadDataset('other', placesIn(folder))).rejects.toThrow('has none of the items')
})
