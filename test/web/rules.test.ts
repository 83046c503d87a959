import { describe, expect, test } from 'vitest'
import { sign } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { RulesInHead } from '../../shared/bundle/manifest.ts'
import type { RankerThread, ThreadEvent } from '../../shared/domain/rankerThread.ts'
import type { Rule, RulesDocument } from '../../shared/domain/rules.ts'
import { CoreOnDevice, DENIED, GRANTED } from './coreOnDevice.ts'
import { databaseNames, fakePlatform, fakeTabs, NOW, writeJunk } from './fakePlatform.ts'
import { sampleBundle } from './sampleBundle.ts'

const rules = (...all: Rule[]): RulesDocument => ({ schema: 1, rules: all })
const HIDE: Rule = { name: 'Recall', kind: 'exclude', where: { items: ['f0'] } }
const PIN: Rule = { name: 'Premiere', kind: 'pin', item: 'f9', slot: 2 }
/** Too long for a head. */
const LONG = rules({
  name: 'Recall',
  kind: 'exclude',
  where: { items: ['f0', ...Array.from({ length: 400 }, (_, i) => `some other film ${i}`)] },
})

const device = new CoreOnDevice()
const ids = async (core: RankerThread, options = {}) =>
  (await core.recommend({ k: 12, ...options })).items.map(({ item }) => item)

/** Puts rules into the head, as `foryou rules` does. */
async function set(document: RulesInHead | null): Promise<void> {
  const { rules: _, ...head } = device.edge.head
  device.edge.head = head
  await device.edge.setHead({ seq: head.seq + 1, ...(document && { rules: document }) })
}
/** Serves a document as a blob and puts its name into the head. */
async function setBlob(text: string, served = text): Promise<void> {
  const name = await sha256(text)
  device.edge.answer(`/v1/b/${name}`, () => new Response(served))
  await set({ sha256: name, bytes: text.length })
}

describe('rules of the site', () => {
  test('hold after the next contact, on every surface, and stay so offline and after a restart', async () => {
    const core = await device.start()
    await core.update()
    await core.record({ item: 'f2', kind: 'view', at: NOW })
    expect(await ids(core)).toContain('f0')
    const events: ThreadEvent[] = []
    await core.subscribe((event) => events.push(event))
    await set(rules(HIDE, PIN))
    expect(await core.update()).toBe('up-to-date')
    expect(events).toContain('change') // open pages ask again, though their slate was complete
    for (const one of [core, await device.restart()]) {
      for (const surface of ['for-you', 'popular', 'new', 'similar', 'because'] as const) {
        const shown = await ids(one, { surface, item: 'f2' })
        expect(shown).not.toContain('f0')
        expect(shown[1]).toBe('f9')
      }
    }
    const { items } = await core.recommend({ k: 12 })
    expect(items[1]?.why).toContainEqual(expect.objectContaining({ source: 'pin', rule: 'Premiere' }))
  })

  test('go with the head that has none, and stay with another bundle', async () => {
    await set(rules(HIDE))
    const core = await device.start()
    await core.update()
    await device.edge.promote(await sampleBundle({ built: NOW + 1, version: NOW + 1 }))
    expect(await core.update()).toBe('success')
    expect(await ids(core)).not.toContain('f0')
    await set(null)
    await core.update()
    expect(await ids(core)).toContain('f0')
    expect(await ids(await device.restart())).toContain('f0')
  })

  test('come as a blob where they are long, fetched once', async () => {
    await setBlob(JSON.stringify(LONG))
    const core = await device.start()
    await core.update()
    await core.update()
    expect(await ids(core)).not.toContain('f0')
    const { sha256: name } = device.edge.head.rules as { sha256: string }
    expect(device.edge.paths().filter((path) => path.endsWith(name))).toHaveLength(1)
    expect(await ids(await device.restart())).not.toContain('f0')
  })

  test('reach the other tabs as well', async () => {
    const channel = fakeTabs()
    const other = await device.start({}, { channel })
    await other.update()
    const core = await device.start({}, { channel })
    await core.update()
    await set(rules(HIDE))
    await core.update()
    await expect.poll(() => ids(other)).not.toContain('f0')
  })

  test('begin and end by the visitor’s clock; an open page hears of it at its next contact', async () => {
    const hour = 3_600_000
    await set(rules({ ...HIDE, from: NOW + hour, until: NOW + 2 * hour }))
    const core = await device.start()
    await core.update()
    const events: ThreadEvent[] = []
    await core.subscribe((event) => events.push(event))
    for (const [at, hidden] of [
      [NOW + hour - 1, false],
      [NOW + hour, true],
      [NOW + 2 * hour, false],
    ] as const) {
      device.platform.clock = at
      expect((await ids(core)).includes('f0')).toBe(!hidden)
      events.length = 0
      await core.update()
      expect(events.includes('change')).toBe(at !== NOW + hour - 1)
    }
  })

  test('lie in memory alone before consent', async () => {
    await set(rules(HIDE))
    const core = await device.start({ consent: DENIED })
    await core.update()
    expect(await ids(core)).not.toContain('f0')
    expect(await databaseNames()).not.toContain('foryou')
    await core.setConsent(GRANTED)
    await core.update()
    expect(await ids(core)).not.toContain('f0')
    expect(await ids(await device.restart())).not.toContain('f0')
  })
})

describe('rules that are not what they should be', () => {
  /** The first ones hold, the next are as given. */
  async function afterHide(change: () => Promise<unknown>): Promise<[RankerThread, string]> {
    await set(rules(HIDE))
    const core = await device.start()
    await core.update()
    await change()
    const uptake = await core.update()
    expect(await ids(core)).not.toContain('f0') // those before stay
    expect((await core.status()).problems).not.toEqual([])
    return [core, uptake]
  }

  test.each([
    [{ schema: 1, rules: [{ name: 'New', kind: 'levitate' }] }],
    [{ schema: 2, rules: [] }],
    [[]],
    [{ rules: 'x' }],
  ])('%j: unknown here', async (document) => {
    const [core, uptake] = await afterHide(() => set(document as never))
    expect(uptake).toBe('parse-error')
    await set(rules(PIN))
    expect(await core.update()).toBe('up-to-date') // nothing stays broken
    expect(await ids(core)).toContain('f0')
  })

  test('a new bundle comes into use beside them', async () => {
    const next = await sampleBundle({ built: NOW + 1, version: NOW + 1 })
    const [core] = await afterHide(async () => {
      await set({ schema: 9 } as never)
      await device.edge.promote(next)
    })
    expect((await core.status()).manifest).toBe(next.hash)
  })

  test('another blob than the head names, one that is too long, or none', async () => {
    const text = JSON.stringify(rules(PIN))
    const [core, uptake] = await afterHide(() => setBlob(text, JSON.stringify(LONG)))
    expect(uptake).toBe('hash-mismatch')
    const { sha256: name } = device.edge.head.rules as { sha256: string }
    const asked = device.edge.requests.filter(({ path }) => path.endsWith(name)).map(({ init }) => init.cache)
    expect(asked).toEqual(['default', 'reload']) // a cache may have kept a bad answer
    const pause = () => (device.platform.clock += 600_000)
    pause()
    await setBlob(' '.repeat(64 * 1024 + 1))
    expect(await core.update()).toBe('bundle-error')
    pause()
    await set({ sha256: 'f'.repeat(64), bytes: 10 })
    expect(await core.update()).toBe('server-error')
    expect(await ids(core)).not.toContain('f0')
  })

  test('in the browser’s own store count for nothing, until the next contact brings them anew', async () => {
    await set(rules(HIDE))
    await (await device.start()).update()
    const head = { ...device.edge.head, rules: rules({ ...HIDE, where: { items: ['f1'] } }) }
    const forged = await sign('head', JSON.stringify(head), [
      { ...device.keys.release, kid: device.keys.ops.kid },
    ])
    for (const junk of [JSON.stringify([JSON.stringify(forged)]), '[]', '{}', 'x', 7, null, { rules: 1 }]) {
      await writeJunk('meta', [['rules', junk]])
      expect(await ids(await device.restart())).toContain('f1')
      device.platform = fakePlatform(device.edge.fetch)
      const core = await device.start()
      await core.update()
      expect(await ids(core)).not.toContain('f0')
    }
  })
})
