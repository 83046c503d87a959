import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dataFolders, findDatasets } from '../../models/ingest/findDatasets.ts'
import { loadDataset } from '../../models/ingest/loadDataset.ts'
import { ingestFolder, placesIn } from './ingestFolder.ts'

const ratings = (user: string) => `user,item,rating,timestamp\n${user},i,8,1362062307\n`

test('a name is looked for in FORYOU_DATA, then data/, then the cache', async () => {
  const folder = await ingestFolder({
    'own/a/ratings.csv': ratings('own'),
    'data/a/ratings.csv': ratings('data'),
    'data/b/ratings.csv': ratings('data'),
    '.cache/data/b/ratings.csv': ratings('cache'),
    '.cache/data/c/ratings.csv': ratings('cache'),
  })
  const places = { ...placesIn(folder), env: { FORYOU_DATA: join(folder, 'own') } }
  const userOf = async (name: string) => (await loadDataset(name, places)).users[0]
  expect(await userOf('a')).toBe('own')
  expect(await userOf('b')).toBe('data')
  expect(await userOf('c')).toBe('cache')
  expect((await findDatasets(places)).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
})

test('without a name a known data set is preferred, the first in the list', async () => {
  const folder = await ingestFolder({
    'data/aaa/ratings.csv': ratings('u'),
    'data/beauty/interactions.txt': '1 1 2 3\n',
  })
  expect((await loadDataset(undefined, placesIn(folder))).name).toBe('beauty')
  const both = await ingestFolder({
    'data/beauty/interactions.txt': '1 1 2 3\n',
    '.cache/data/movietweetings/ratings.csv': ratings('u'),
  })
  expect((await loadDataset(undefined, placesIn(both))).name).toBe('movietweetings')
})

test('without any data the synthetic world serves and says so', async () => {
  const folder = await ingestFolder({ 'data/readme.txt': 'nothing' })
  for (const env of [{}, { FORYOU_DATA: join(folder, 'absent') }, { FORYOU_DATA: '' }]) {
    const dataset = await loadDataset(undefined, { ...placesIn(folder), env })
    expect(dataset).toMatchObject({ name: 'synthetic', synthetic: true })
    expect(dataset.ingest.notes[0]).toContain('invented world')
  }
})

test('a path to a folder or a file works, relative to the current folder', async () => {
  const folder = await ingestFolder({ 'shop/events.csv': ratings('u'), 'shop/odd name.csv': ratings('v') })
  expect((await loadDataset('./shop', placesIn(folder))).users).toEqual(['u'])
  expect((await loadDataset(join(folder, 'shop'), placesIn('/'))).users).toEqual(['u'])
  expect(await loadDataset('shop/odd name.csv', placesIn(folder))).toMatchObject({
    name: 'odd name',
    users: ['v'],
  })
})

test('MovieTweetings counts a rating from 6 on, whatever its best rating is', async () => {
  const rows = 'user,item,rating,timestamp\nu,i,6,1362062307\nu,j,5,1362062308\n'
  const folder = await ingestFolder({ 'movietweetings/ratings.csv': rows, 'other/ratings.csv': rows })
  expect([...(await loadDataset('movietweetings', placesIn(folder))).positive]).toEqual([1, 0])
  expect([...(await loadDataset('movietweetings/ratings.csv', placesIn(folder))).positive]).toEqual([1, 0])
  expect([...(await loadDataset('other', placesIn(folder))).positive]).toEqual([1, 1])
})

test('what is not there is named with every place that was searched', async () => {
  const folder = await ingestFolder({ 'empty/notes.md': '' })
  const places = { ...placesIn(folder), env: { FORYOU_DATA: join(folder, 'own') } }
  await expect(loadDataset('ml-1m', places)).rejects.toMatchObject({
    code: 'not_found',
    message: 'There is no data set "ml-1m".',
    hint: expect.stringContaining(
      [...dataFolders(places), folder].map((place) => join(place, 'ml-1m')).join(', '),
    ),
  })
  await expect(loadDataset('empty', places)).rejects.toMatchObject({
    code: 'bad_data',
    message: `${join(folder, 'empty')} holds no interactions file.`,
  })
})
