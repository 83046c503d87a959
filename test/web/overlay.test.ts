import { describe, expect, test } from 'vitest'
import { sign } from '../../shared/bundle/envelope.ts'
import type { Overlay } from '../../shared/bundle/overlay.ts'
import type { RankerThread, ThreadEvent } from '../../shared/domain/rankerThread.ts'
import { downloadOrder } from '../../web/ranker/downloadOrder.ts'
import { CoreOnDevice, GRANTED } from './coreOnDevice.ts'
import { ENDPOINT, FakeEdge } from './fakeEdge.ts'
import { fakePlatform, fakeTabs, NOW, writeJunk } from './fakePlatform.ts'
import { sampleBundle } from './sampleBundle.ts'

const overlay = (change: Partial<Overlay>): Overlay => ({
  schema: 1,
  site: 'films',
  issued: NOW,
  withdrawn: [],
  items: [],
  ...change,
})
const GONE = overlay({ withdrawn: ['f0', 'f2'] })
const MORE = overlay({
  withdrawn: ['f0'],
  items: [
    { id: 'n1', details: { title: 'High Later' }, terms: [['genre', 'Western', 255]] },
    { id: 'f4', details: { price: 7.5, link: 'javascript:alert(1)' } },
  ],
})

const device = new CoreOnDevice()
const ids = async (core: RankerThread, options = {}) =>
  (await core.recommend({ k: 40, ...options })).items.map(({ item }) => item)

describe('a withdrawn item', () => {
  test('is gone after the next contact, on every surface, and stays so offline and after a restart', async () => {
    const core = await device.start()
    await core.update()
    await core.record({ item: 'f2', kind: 'view', at: NOW })
    expect(await ids(core)).toContain('f0')
    const events: ThreadEvent[] = []
    await core.subscribe((event) => events.push(event))
    await device.edge.overlay(GONE)
    expect(await core.update()).toBe('up-to-date')
    expect(events).toContain('change') // open pages ask again, though their slate was complete
    for (const one of [core, await device.restart()]) {
      for (const surface of ['for-you', 'popular', 'new', 'similar', 'because', 'recent'] as const) {
        const shown = await ids(one, { surface, item: 'f2' })
        expect(shown).not.toContain('f0')
        expect(shown).not.toContain('f2')
        if (surface !== 'because' && surface !== 'recent') expect(shown.length).toBeGreaterThan(10)
      }
      const { interactions } = await one.exportHistory()
      expect(interactions.map(({ item }) => item)).toEqual(['f2']) // the visitor's own record stays
      expect(await one.items(['f0', 'f1'])).toMatchObject([null, { id: 'f1' }])
    }
  })

  test('is never shown to a first visit, from the first slate on', async () => {
    await device.edge.overlay(GONE)
    const seen: string[] = []
    const core = device.core()
    await core.subscribe(async () => void seen.push(...(await ids(core))))
    await core.start({ endpoint: ENDPOINT, pins: device.keys.pins, consent: GRANTED, persist: 'local' })
    seen.push(...(await ids(core)))
    await core.update()
    expect(seen).toContain('f1')
    expect(seen).not.toContain('f0')
  })

  test('leaves the other tabs as well', async () => {
    const channel = fakeTabs()
    const other = await device.start({}, { channel })
    await other.update()
    const core = await device.start({}, { channel })
    await core.update()
    await device.edge.overlay(GONE)
    await core.update()
    await expect.poll(() => ids(other)).not.toContain('f0')
  })

  test('comes back once the head names no overlay any more', async () => {
    await device.edge.overlay(GONE)
    const core = await device.start()
    await core.update()
    expect(await ids(core)).not.toContain('f0')
    await device.edge.overlay(null)
    await core.update()
    expect(await ids(core)).toContain('f0')
    expect(await ids(await device.restart())).toContain('f0')
  })

  test('stays away when another bundle goes live', async () => {
    await device.edge.overlay(GONE)
    const core = await device.start()
    await core.update()
    await device.edge.promote(await sampleBundle({ built: NOW + 1, version: NOW + 1 }))
    expect(await core.update()).toBe('success')
    expect(await ids(core)).not.toContain('f0')
  })
})

test('an added item is recommended to whom it suits, with its details; a changed one shows what is new and safe', async () => {
  await device.edge.overlay(MORE)
  const core = await device.start()
  await core.update()
  expect((await ids(core, { surface: 'new' }))[0]).toBe('n1')
  await core.record({ item: 'f6', kind: 'view', at: NOW })
  const { items } = await core.recommend({ k: 40 })
  const added = items.find(({ item }) => item === 'n1')
  expect(added).toMatchObject({
    details: { title: 'High Later' },
    why: [{ source: 'content', item: 'f6' }],
  })
  expect(await ids(core, { filter: { genre: 'Western' } })).toContain('n1')
  expect(await ids(core, { filter: { genre: 'Musical' } })).not.toContain('n1')
  expect(items.find(({ item }) => item === 'f4')?.details).toMatchObject({ price: 7.5, title: 'Film 4' })
  expect(items.find(({ item }) => item === 'f4')?.details?.link).toBeUndefined()
  await core.record({ item: 'n1', kind: 'view', at: NOW + 1 })
  expect(await ids(core)).not.toContain('n1')
  expect(await core.recommend({ surface: 'similar', item: 'n1', k: 3 })).toMatchObject({
    seedDetails: { title: 'High Later' },
  })
  expect((await ids(await device.restart(), { surface: 'recent' }))[0]).toBe('n1')
})

describe('an overlay that is not what it should be', () => {
  /** The first one holds, the next is as given. */
  async function afterGone(change: () => Promise<unknown>): Promise<[RankerThread, string]> {
    await device.edge.overlay(GONE)
    const core = await device.start()
    await core.update()
    await change()
    const uptake = await core.update()
    expect(await ids(core)).not.toContain('f0') // the one before stays
    expect(await ids(core)).toContain('f1')
    return [core, uptake]
  }
  const NEXT = overlay({ withdrawn: ['f1'] })
  const served = (text: string) =>
    device.edge.answer(`/v1/m/${device.edge.head.overlay}`, () => new Response(text))

  test('signed by another key, or for another purpose', async () => {
    const [core, uptake] = await afterGone(() => device.edge.overlay(NEXT, device.keys.ops))
    expect(uptake).toBe('sign-error')
    served(await device.edge.current(`/v1/m/${device.bundle.hash}`)().text())
    expect(await core.update()).toBe('sign-error')
    await device.edge.overlay(NEXT)
    expect(await core.update()).toBe('up-to-date') // nothing stays broken
    expect(await ids(core)).not.toContain('f1')
    expect(await ids(core)).toContain('f0')
  })

  test('of another site', async () => {
    expect((await afterGone(() => device.edge.overlay({ ...NEXT, site: 'other' })))[1]).toBe('wrong-site')
  })

  test('too long, absent, or another one than the head names', async () => {
    const [core, uptake] = await afterGone(async () => {
      await device.edge.overlay(NEXT)
      served(' '.repeat(64 * 1024 + 1))
    })
    expect(uptake).toBe('bundle-error')
    device.edge.answer(`/v1/m/${device.edge.head.overlay}`, () => new Response('', { status: 404 }))
    expect(await core.update()).toBe('server-error')
    device.platform.clock += 600_000
    const other = await new FakeEdge(device.keys).overlay(overlay({ withdrawn: ['f3'] }))
    served(other)
    expect(await core.update()).toBe('hash-mismatch')
    expect(await ids(core)).toEqual(expect.arrayContaining(['f1', 'f3']))
  })

  test('by any single byte', async () => {
    await device.edge.overlay(GONE)
    const core = await device.start()
    await core.update()
    const bytes = new TextEncoder().encode(await device.edge.overlay(NEXT))
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice()
      changed[at]! ^= 1
      served(new TextDecoder().decode(changed))
      expect(await core.update()).toMatch(/error|mismatch/)
      if (at % 20 === 0) expect(await ids(core)).not.toContain('f0')
    }
    expect(await ids(core)).toContain('f1')
  })

  test('in the browser’s own store counts for nothing, until the next contact brings it anew', async () => {
    await device.edge.overlay(GONE)
    await (await device.start()).update()
    const payload = JSON.stringify(overlay({ withdrawn: ['f1'] }))
    const signed = await sign('overlay', payload, [{ ...device.keys.ops, kid: device.keys.release.kid }])
    const forged = [JSON.stringify(signed), JSON.stringify({ payload, sigs: [] })]
    for (const junk of [
      ...forged,
      { name: device.edge.head.overlay, envelope: forged[0] },
      { name: 7 },
      'x',
      null,
    ]) {
      await writeJunk('meta', [['overlay', junk]])
      expect(await ids(await device.restart())).toContain('f1')
      device.platform = fakePlatform(device.edge.fetch)
      const core = await device.start()
      await core.update()
      expect(await ids(core)).not.toContain('f0')
    }
  })
})

test('no device asks for the encoder', () => {
  const encoder = { role: 'encoder', sha256: '0'.repeat(64), bytes: 1 }
  const order = downloadOrder({
    ...device.bundle.manifest,
    files: [...device.bundle.manifest.files, encoder],
  })
  expect(order.map(({ role }) => role)).not.toContain('encoder')
})
