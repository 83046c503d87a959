import { beforeEach, describe, expect, test } from 'vitest'
import { readCatalogue } from '../../models/ingest/readCatalogue.ts'
import { readLiveItems } from '../../models/publish/liveItems.ts'
import { newItems } from '../../models/publish/newItems.ts'
import { NOTHING, restore, type SaidChange, say, withdraw } from '../../models/publish/overlayChanges.ts'
import { putItems } from '../../models/publish/putItems.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import { withOverlay } from '../../shared/bundle/withOverlay.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { errorCode, ForYouError } from '../../shared/domain/errors.ts'
import type { Slate } from '../../shared/domain/slate.ts'
import { createRecommender } from '../../shared/rank/recommend.ts'
import { checkerboard, T0 } from '../worlds.ts'
import { ingestFolder } from './ingestFolder.ts'
import { type MemoryEdge, memoryEdge, publishDataset } from './memoryEdge.ts'

const NOW = T0 + 41 * DAY_MS
const board = checkerboard()
let edge: MemoryEdge
let name: string

beforeEach(async () => {
  edge = await memoryEdge()
  name = await publishDataset(edge, board, T0 + 40 * DAY_MS)
  await edge.client.change('promote', { manifest: name, op: 'first' })
})

const put = (change: SaidChange | null, now = NOW) =>
  putItems(edge.client, change, {
    pins: edge.world.rules.pins,
    releaseKeys: () => [edge.world.release],
    now: () => now,
    sleep: async () => undefined,
  })
const live = () => readLiveItems(edge.client, edge.world.rules.pins)
const head = () => parseHead(JSON.parse(edge.store.heads.at(-1)!.envelope).payload)
const textOf = (hash: string | undefined) => new TextDecoder().decode(edge.bytes.get(hash ?? '')!)
const popularIds = () =>
  (JSON.parse(textOf(head().active!.popularJson)) as Slate).items.map(({ item }) => item)

describe('a withdrawal', () => {
  test('is named by the head, and gone from the popular lists, in one operation; doing it again changes nothing', async () => {
    const before = head()
    expect(popularIds()).toContain('i04')
    const done = await put(withdraw(['i04', 'i05']))
    expect(done).toMatchObject({ changed: true, seq: before.seq + 1, said: { withdrawn: ['i04', 'i05'] } })
    expect(head().seq).toBe(before.seq + 1)
    expect((await live()).overlay).toMatchObject({ site: 'films', issued: NOW, withdrawn: ['i04', 'i05'] })
    expect(popularIds()).not.toContain('i04')
    expect(popularIds()).toHaveLength(18)
    const html = textOf(head().active!.popularHtml)
    expect(html).not.toContain('i04')
    expect(html).toContain('<a href="/item?id=i06">')
    const again = await put(withdraw(['i05']), NOW + 1)
    expect(again).toMatchObject({ changed: false, seq: done.seq, bytes: done.bytes })
    expect(edge.store.heads).toHaveLength(done.seq)
  })

  test('can be taken back; without anything to say there is no overlay, and the lists are the bundle’s own', async () => {
    const before = head().active
    await put(withdraw(['i04', 'i05']))
    await put(restore(['i04']))
    expect((await live()).overlay?.withdrawn).toEqual(['i05'])
    expect(popularIds()).toContain('i04')
    await put(restore(['i05']))
    expect(head().overlay).toBeUndefined()
    expect(head().active).toEqual(before)
    expect(await put(() => NOTHING)).toMatchObject({ changed: false })
  })

  test('outlives other bundles: none has popular lists that disagree with it', async () => {
    await put(withdraw(['i04']))
    const other = await publishDataset(edge, board, T0 + 39 * DAY_MS)
    await edge.client.change('promote', { manifest: other, op: 'second' })
    expect(head()).toMatchObject({ active: { manifest: other } })
    expect(head().overlay).toBeDefined()
    expect(head().active?.popularJson).toBeUndefined() // better none than one with i04
    expect(head().active?.popularHtml).toBeUndefined()
    expect(await put(null)).toMatchObject({ changed: true }) // needs no key: the document is the same
    expect(popularIds()).not.toContain('i04')
    expect(popularIds().length).toBeGreaterThan(10)
    await edge.client.change('promote', { manifest: other, op: 'again' })
    expect(popularIds()).not.toContain('i04') // the same bundle: its lists agree already
    await edge.client.change('rollback', { op: 'back' })
    expect(head().active).toMatchObject({ manifest: name })
    expect(head().active?.popularJson).toBeUndefined()
  })
})

describe('a price', () => {
  test('joins what was said before, and leaves when the bundle says the same', async () => {
    await put(say([{ id: 'i03', details: { price: 5, title: 'Title i03' } }]))
    await put(say([{ id: 'i03', details: { price: 7 } }]))
    // The title is the bundle's own: nobody has to be told.
    expect((await live()).overlay?.items).toEqual([{ id: 'i03', details: { price: 7 } }])
    const catalogue = board.catalogue.map((item) => (item.id === 'i03' ? { ...item, price: 7 } : item))
    const next = await publishDataset(edge, { ...board, catalogue }, T0 + 40 * DAY_MS)
    await edge.client.change('promote', { manifest: next, op: 'next' })
    expect(await put((said) => said)).toMatchObject({ changed: true, said: NOTHING })
    expect(head().overlay).toBeUndefined()
    expect((await live()).bundle.detailsOf((await live()).bundle.numberOf.get('i03')!)?.price).toBe(7)
  })
})

describe('an addition', () => {
  const csv = `id,title,genres,release_date,price,link
n1,New one,Even,2026-02-09,12.5,https://shop.example/n1
n2,New two,Odd|Unheard,2026-02-10,,javascript:alert(1)
,No id,Even,,,
n3,Later,Even,2027-01-01,,
n1,Again,Even,,,
`
  async function addition() {
    const { manifest, encoder: weigh } = await live()
    const encoder = await weigh()
    const folder = await ingestFolder({ 'new.csv': csv })
    const read = await readCatalogue(`${folder}/new.csv`, {
      allowBad: true,
      attributes: new Set(encoder!.names),
    })
    return { read, made: newItems(read.items, encoder, manifest.origins, NOW) }
  }

  test('takes the good rows, counts the bad ones with their lines, and says what it leaves out', async () => {
    const { read, made } = await addition()
    expect(read.report.examples).toEqual([{ line: 4, reason: 'no item', value: '' }])
    expect(read.notes.join()).toContain('1 rows repeat an id')
    expect(made.items.map(({ id }) => id)).toEqual(['n2', 'n1']) // the latest first
    expect(made.notes).toEqual([
      '"n2": its link is not one that a page may use ("javascript:alert(1)"); left out.',
      '"n3" is not released before 2027-01-01T00:00:00.000Z: add it then.',
    ])
    expect(made.items[1]).toEqual({
      id: 'n1',
      details: {
        title: 'New one',
        price: 12.5,
        link: 'https://shop.example/n1',
        attributes: { genre: ['Even'] },
      },
      releasedAt: Date.UTC(2026, 1, 9),
      terms: [['genre', 'Even', 255]],
    })
    expect(made.items[0]!.terms).toEqual([['genre', 'Odd', 255]])
  })

  test('is recommended at once to whom it suits, with the content that training will give it', async () => {
    const { made } = await addition()
    await put(say(made.items))
    const { bundle, overlay } = await live()
    const device = withOverlay(bundle, overlay)
    const slate = createRecommender(device).recommend({
      k: 20,
      now: NOW,
      history: [{ item: 'i02', kind: 'view', at: NOW }],
    })
    const places = ['n1', 'n2'].map((id) => slate.items.findIndex(({ item }) => item === id))
    expect(places[0]).toBeGreaterThanOrEqual(0)
    expect(places[1] === -1 || places[1]! > places[0]!).toBe(true)
    const trained = await publishDataset(
      edge,
      {
        ...board,
        catalogue: [...board.catalogue, { id: 'n1', title: 'New one', attributes: { genre: ['Even'] } }],
      },
      T0 + 40 * DAY_MS,
    )
    await edge.client.change('promote', { manifest: trained, op: 'trained' })
    const done = await put((said) => said)
    expect(done.said.items.map(({ id }) => id)).toEqual(['n2', 'n1'])
    expect(done.said.items[1]).toEqual({
      id: 'n1',
      details: { price: 12.5, link: 'https://shop.example/n1' },
    }) // the bundle knows the rest
  })

  test('of too much at once is refused before anything is changed', async () => {
    const many = Array.from({ length: 900 }, (_, i) => ({
      id: `n${i}`,
      details: { title: 'A title that takes its place '.repeat(3) },
    }))
    const before = head()
    await expect(put(say(many))).rejects.toMatchObject({ code: 'too_large' })
    // Fewer characters than are allowed, but more bytes: a device would refuse it.
    const long = [{ id: 'n0', details: { title: '片'.repeat(2000) } }]
    const longer = Array.from({ length: 12 }, (_, i) => ({ ...long[0]!, id: `n${i}` }))
    const documents = edge.store.documents.size
    await expect(put(say(longer))).rejects.toMatchObject({ code: 'too_large' })
    expect(edge.store.documents.size).toBe(documents) // nothing was sent that no device would read
    expect(head()).toEqual(before)
    await expect(put(say(long))).resolves.toMatchObject({ changed: true })
  })
})

describe('whatever happens on the way', () => {
  test('two people at once both have their way', async () => {
    const wishes = ['i01', 'i02', 'i03', 'i04'].map((id) => put(withdraw([id])))
    await Promise.all(wishes)
    expect((await live()).overlay?.withdrawn).toEqual(['i01', 'i02', 'i03', 'i04'])
    for (const id of ['i01', 'i02', 'i03', 'i04']) expect(popularIds()).not.toContain(id)
  })

  test('a failure at any request leaves the head whole, and running it again finishes', async () => {
    for (let at = 0; ; at++) {
      edge = await memoryEdge()
      name = await publishDataset(edge, board, T0 + 40 * DAY_MS)
      await edge.client.change('promote', { manifest: name, op: 'first' })
      let requests = 0
      let failed = false
      edge.before = () => {
        if (requests++ !== at) return
        failed = true
        throw new ForYouError('network', 'gone')
      }
      const before = head()
      const code = await put(withdraw(['i04'])).then(() => null, errorCode)
      if (!failed) break
      expect(code).toBe('network')
      expect(head()).toEqual(before)
      edge.before = () => undefined
      await put(withdraw(['i04']))
      expect((await live()).overlay?.withdrawn).toEqual(['i04'])
      expect(popularIds()).not.toContain('i04')
    }
  })

  test('an overlay or a blob that was tampered with is refused', async () => {
    await put(withdraw(['i04']))
    const { overlay } = head()
    const stored = edge.store.documents.get(overlay!)!
    edge.store.documents.set(overlay!, { ...stored, envelope: stored.envelope.replace('i04', 'i05') })
    await expect(put(withdraw(['i06']))).rejects.toMatchObject({ code: 'sign_error' })
    edge.store.documents.set(overlay!, stored)
    const file = (await live()).manifest.files.find(({ role }) => role === 'catalogue/0')!
    edge.bytes.get(file.sha256)![100]! ^= 1
    await expect(put(withdraw(['i06']))).rejects.toMatchObject({ code: 'hash_mismatch' })
  })

  test('nothing live is said plainly', async () => {
    edge = await memoryEdge()
    await expect(put(withdraw(['a']))).rejects.toMatchObject({ code: 'not_found' })
  })
})
