import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sign } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import type { ChangeKind, Wish, Written } from '../../shared/delivery/api.ts'
import { versionsOf } from '../../shared/delivery/audit.ts'
import { collectGarbage } from '../../shared/delivery/collectGarbage.ts'
import { deliveryStatus } from '../../shared/delivery/deliveryStatus.ts'
import type { AuditLine } from '../../shared/delivery/deliveryStore.ts'
import { performChange } from '../../shared/delivery/performChange.ts'
import { putSigned } from '../../shared/delivery/putSigned.ts'
import { DAY, deliveryWorld, newKey, pinned, type World } from './deliveryWorld.ts'
import { MemoryStore } from './memoryStore.ts'
import { storeContract } from './storeContract.ts'

let world: World
let store: MemoryStore
let count = 0
beforeAll(async () => {
  world = await deliveryWorld()
})
beforeEach(() => {
  store = new MemoryStore()
})

const change = <K extends ChangeKind>(
  kind: K,
  wish: Omit<Wish<K>, 'op'> & { op?: string; who?: string },
  rules = world.rules,
) => {
  store.now += 1000
  const whole = { op: `op-${count++}`, who: 'alice', ...wish } as unknown as Wish<K> & { who: string }
  return performChange(store, rules, kind, whole, store.now)
}
const headOf = (envelope: string) => parseHead((JSON.parse(envelope) as { payload: string }).payload)
const head = () => headOf(store.heads.at(-1)!.envelope)
const publish = (...texts: string[]) => world.publish(store, texts)

describe('rollback', () => {
  it('goes back one version at a time, not to and fro, and says from where', async () => {
    const [a, b, c] = [await publish('a'), await publish('b'), await publish('c')]
    for (const manifest of [a, b, c]) await change('promote', { manifest })
    await change('refresh', {})
    expect(await change('rollback', {})).toMatchObject({ manifest: b, previous: c, seq: 5 })
    expect(await change('rollback', {})).toMatchObject({ manifest: a, previous: b, seq: 6 })
    await expect(change('rollback', {})).rejects.toMatchObject({ code: 'not_found' })
    await change('promote', { manifest: c })
    expect(await change('rollback', {})).toMatchObject({ manifest: a })
  })

  it('goes to a named version only if it was live once', async () => {
    const [a, b, c] = [await publish('a'), await publish('b'), await publish('c')]
    for (const manifest of [a, b]) await change('promote', { manifest })
    await expect(change('rollback', { to: c })).rejects.toMatchObject({ code: 'not_found' })
    expect(await change('rollback', { to: a })).toMatchObject({ manifest: a })
  })

  it('ends a canary, and repeated with the same id does it once', async () => {
    const [a, b, c] = [await publish('a'), await publish('b'), await publish('c')]
    for (const manifest of [a, b]) await change('promote', { manifest })
    await change('canary', { manifest: c, permille: 50 })
    expect(await change('rollback', { op: 'back' })).toMatchObject({ manifest: a, replayed: false })
    expect(head().canary).toBeUndefined()
    expect(await change('rollback', { op: 'back' })).toMatchObject({ manifest: a, replayed: true })
    expect(store.heads).toHaveLength(4)
  })

  it('knows the order of changes within one millisecond, and when the clock goes back', async () => {
    const [a, b] = [await publish('a'), await publish('b')]
    await change('promote', { manifest: a })
    store.now -= DAY
    await change('promote', { manifest: b })
    store.now -= 1000
    expect(await change('rollback', {})).toMatchObject({ manifest: a })
    const issued = store.heads.map(({ envelope }) => headOf(envelope).issued)
    expect(issued).toEqual(issued.toSorted((x, y) => x - y))
    expect(new Set(issued).size).toBe(3)
  })

  it('respects the highest floor that was live', async () => {
    const low = await world.publish(store, ['low'], { version: 5 })
    const high = await world.publish(store, ['high'], { version: 20, floor: 10 })
    for (const manifest of [low, high]) await change('promote', { manifest })
    await expect(change('rollback', {})).rejects.toMatchObject({ code: 'rollback_refused' })
    expect(head().active?.manifest).toBe(high)
  })
})

describe('canary', () => {
  it('keeps its salt while its share grows, and its visitors with it; another canary has another', async () => {
    const [a, b, c] = [await publish('a'), await publish('b'), await publish('c')]
    await expect(change('canary', { manifest: b, permille: 10 })).rejects.toMatchObject({ code: 'not_found' })
    await change('promote', { manifest: a })
    await change('canary', { manifest: b, permille: 10 })
    const first = head().canary!
    expect(first).toMatchObject({ manifest: b, permille: 10, notAfter: expect.any(Number) })
    await change('canary', { manifest: b, permille: 500 })
    expect(head().canary).toMatchObject({ permille: 500, salt: first.salt })
    await change('canary', { manifest: c, permille: 500 })
    expect(head().canary!.salt).not.toBe(first.salt)
    await expect(change('canary', { manifest: a, permille: 5 })).rejects.toMatchObject({ code: 'bad_usage' })
    expect(head().active?.manifest).toBe(a)
  })

  it('ends when it is promoted, or stopped, and outlives the promote of another', async () => {
    const [a, b, c] = [await publish('a'), await publish('b'), await publish('c')]
    await change('promote', { manifest: a })
    await change('canary', { manifest: b, permille: 10 })
    await change('promote', { manifest: c })
    expect(head().canary?.manifest).toBe(b)
    await change('promote', { manifest: b })
    expect(head().canary).toBeUndefined()
    await change('canary', { manifest: c, permille: 10 })
    await change('canary', { manifest: c, permille: 0 })
    expect(head()).toMatchObject({ active: { manifest: b } })
    expect('canary' in head()).toBe(false)
  })
})

describe('kill, overlay and restore', () => {
  it('kill stays through a promote until it is taken back', async () => {
    const [a, b] = [await publish('a'), await publish('b')]
    await expect(change('kill', { on: true })).rejects.toMatchObject({ code: 'not_found' })
    await change('promote', { manifest: a })
    await change('kill', { on: true, reason: 'empty lists in every browser' })
    await change('promote', { manifest: b })
    expect(head().kill).toBe(true)
    await change('kill', { on: false })
    expect('kill' in head()).toBe(false)
    expect((await store.lines(10)).find(({ did }) => did === 'kill on')).toMatchObject({
      who: 'alice',
      reason: 'empty lists in every browser',
      manifest: a,
    })
  })

  it('where blobs lie and how often devices may ask is said until it is taken back', async () => {
    const a = await publish('a')
    await change('promote', { manifest: a })
    await change('refresh', { blobBase: 'https://blobs.example', backoff: 600 })
    expect(head()).toMatchObject({ blobBase: 'https://blobs.example', backoff: 600, active: { manifest: a } })
    await change('promote', { manifest: await publish('b') })
    await change('refresh', { blobBase: null })
    expect(head().backoff).toBe(600)
    expect('blobBase' in head()).toBe(false)
    await change('refresh', { backoff: null })
    expect('backoff' in head()).toBe(false)
  })

  it('an overlay must be stored, signed by the release key, and of this site', async () => {
    await change('promote', { manifest: await publish('a') })
    const put = async (payload: object, key = world.release) => {
      const envelope = await sign('overlay', JSON.stringify(payload), [key])
      const name = await sha256(envelope.payload)
      await store.putDocument(name, JSON.stringify(envelope), null)
      return name
    }
    const good = { schema: 1, site: 'films', issued: 1, withdrawn: ['x'], items: [] }
    const overlay = await put(good)
    await change('overlay', { overlay })
    expect(head().overlay).toBe(overlay)
    await change('refresh', {})
    expect(head().overlay).toBe(overlay)
    for (const [bad, code] of [
      ['f'.repeat(64), 'not_found'],
      [await put({ ...good, issued: 2 }, world.ops), 'sign_error'],
      [await put({ ...good, site: 'shoes' }), 'wrong_site'],
    ] as const) {
      await expect(change('overlay', { overlay: bad })).rejects.toMatchObject({ code })
    }
    await change('overlay', { overlay: null })
    expect('overlay' in head()).toBe(false)
  })

  it('a restored head counts on far above its copy, and only where there is none', async () => {
    const a = await publish('a')
    await change('promote', { manifest: a })
    await change('kill', { on: true })
    const copy = store.heads.at(-1)!.envelope
    await expect(change('restore', { envelope: copy })).rejects.toMatchObject({ code: 'conflict' })
    store.heads.length = 0
    expect(await change('restore', { envelope: copy })).toMatchObject({ manifest: a, seq: 1002 })
    expect(head()).toMatchObject({ kill: true, active: { manifest: a } })
    store.heads.length = 0
    const foreign = JSON.stringify(await sign('head', JSON.parse(copy).payload, [world.release]))
    await expect(change('restore', { envelope: foreign })).rejects.toMatchObject({ code: 'sign_error' })
  })
})

describe('the audit trail', () => {
  it('has a line for every head; whoever comes next writes the one that a crash has left out', async () => {
    const [a, b] = [await publish('a'), await publish('b')]
    const put = store.putLine.bind(store)
    store.putLine = () => Promise.reject(new Error('crashed'))
    await change('promote', { manifest: a, op: 'first' })
    expect(await store.lines(9)).toEqual([])
    store.putLine = put
    await change('promote', { manifest: b, op: 'second', who: 'bob' })
    expect(await store.lines(9)).toMatchObject([
      { seq: 2, op: 'second', who: 'bob', manifest: b, kid: 'ops-1' },
      { seq: 1, op: 'first', who: 'alice', manifest: a, did: `promote ${a}` },
    ])
    expect([...store.auditLines.values()].map(({ envelope }) => headOf(envelope).seq)).toEqual([1, 2])
  })

  it('is there before a head is replaced: no line, no change', async () => {
    await change('promote', { manifest: await publish('a') })
    store.auditLines.clear()
    store.putLine = () => Promise.reject(new Error('down'))
    await expect(change('promote', { manifest: await publish('b') })).rejects.toThrow('down')
    expect(store.heads).toHaveLength(1)
  })

  it('fits into the metadata of an object, whatever is written into it', async () => {
    const rules = { ...world.rules }
    const [a, b] = [await publish('a'), await publish('b')]
    for (let i = 0; i < 8; i++) {
      const op = `${i}`.padStart(64, 'o')
      await change(
        'promote',
        { manifest: i % 2 ? a : b, op, who: 'w'.repeat(81), reason: 'ü'.repeat(80) },
        rules,
      )
    }
    const { memory } = store.heads.at(-1)!
    const ascii = JSON.stringify(memory.ops).replace(/[^\x20-\x7e]/g, '\\u0000')
    expect(ascii.length).toBeLessThan(2000)
  })

  it('versions are a stack: promotes push, rollbacks pop, all else leaves it alone', () => {
    const step = fc.oneof(
      fc.record({ did: fc.constant('promote'), manifest: fc.constantFrom('a', 'b', 'c', 'd') }),
      fc.constant({ did: 'rollback', manifest: '' }),
      fc.constant({ did: 'refresh', manifest: '' }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const lines: AuditLine[] = []
        const stack: string[] = []
        steps.forEach(({ did, manifest }, i) => {
          if (did === 'promote' && stack.at(-1) !== manifest) stack.push(manifest)
          else if (did === 'rollback') {
            const target = stack.findLastIndex((name) => name !== stack.at(-1))
            if (target < 0) return
            stack.length = target + 1
          }
          lines.unshift({
            op: `${i}`,
            seq: i + 1,
            did,
            who: '',
            at: i,
            kid: 'k',
            manifest: stack.at(-1) ?? null,
          })
        })
        expect(versionsOf(lines).map(({ manifest }) => manifest)).toEqual(stack)
      }),
    )
  })
})

describe('two persons', () => {
  const strict = () => ({ ...world.rules, approvals: true })

  it('a promote waits for somebody else, who makes it live under both names, once', async () => {
    const manifest = await publish('a')
    const wish = { manifest, op: 'new' }
    expect(await change('promote', wish, strict())).toMatchObject({ pending: true, op: 'new', manifest })
    expect(await change('promote', wish, strict())).toMatchObject({ pending: true })
    expect(store.heads).toHaveLength(0)
    await expect(change('approve', { op: 'new' }, strict())).rejects.toMatchObject({ code: 'forbidden' })
    await expect(change('approve', { op: 'old', who: 'bob' }, strict())).rejects.toMatchObject({
      code: 'not_found',
    })
    expect(await change('approve', { op: 'new', who: 'bob' }, strict())).toMatchObject({ seq: 1, manifest })
    expect(await change('approve', { op: 'new', who: 'bob' }, strict())).toMatchObject({
      seq: 1,
      replayed: true,
    })
    expect(await store.lines(1)).toMatchObject([{ who: 'alice+bob' }])
    expect((await deliveryStatus(store, strict(), store.now)).proposals).toEqual([])
  })

  it('a proposal ends after a day, and stands for one manifest', async () => {
    const [a, b] = [await publish('a'), await publish('b')]
    await change('promote', { manifest: a, op: 'new' }, strict())
    await expect(change('promote', { manifest: b, op: 'new' }, strict())).rejects.toMatchObject({
      code: 'conflict',
    })
    store.now += DAY
    await expect(change('approve', { op: 'new', who: 'bob' }, strict())).rejects.toMatchObject({
      code: 'expired',
    })
  })

  it('cannot be got round by a canary for everybody; safety needs one person only', async () => {
    const [a, b] = [await publish('a'), await publish('b')]
    await change('promote', { manifest: a, op: 'one' }, strict())
    await change('approve', { op: 'one', who: 'bob' }, strict())
    await expect(change('canary', { manifest: b, permille: 101 }, strict())).rejects.toMatchObject({
      code: 'forbidden',
    })
    await change('canary', { manifest: b, permille: 100 }, strict())
    await change('kill', { on: true }, strict())
    expect(head()).toMatchObject({ kill: true, canary: { manifest: b } })
  })
})

describe('garbage', () => {
  const collect = (dryRun = false) => collectGarbage(store, world.rules, store.now, { dryRun })

  it('is what is older than 30 days and named by no head of the last 30 days or 10 versions', async () => {
    const names: string[] = []
    for (let i = 0; i < 14; i++) {
      names.push(await publish(`only ${i}`, 'shared'))
      await change('promote', { manifest: names[i]! })
      store.now += 5 * DAY
    }
    const orphan = await publish('never live')
    const blob = await sha256('never live')
    expect(await collect(true)).toMatchObject({ documents: 4, blobs: 4 })
    expect(store.documents.size).toBe(15)
    expect(await collect()).toMatchObject({ documents: 4, blobs: 4, keptDocuments: 11 })
    expect(names.map((name) => store.documents.has(name))).toEqual(names.map((_, i) => i >= 4))
    expect(store.objects.has(await sha256('shared'))).toBe(true)
    expect([store.documents.has(orphan), store.objects.has(blob)]).toEqual([true, true])
    store.now += 31 * DAY
    await collect()
    expect([store.documents.has(orphan), store.objects.has(blob)]).toEqual([false, false])
    expect(await collect()).toMatchObject({ documents: 0, blobs: 0 })
  })

  it('keeps a canary, an overlay, and what was live until a moment ago however old it is', async () => {
    const [a, b] = [await publish('a'), await publish('b')]
    await change('promote', { manifest: a })
    await change('canary', { manifest: b, permille: 5 })
    store.now += 100 * DAY
    await collect()
    expect(store.documents.size).toBe(2)
    for (let i = 0; i < 12; i++) await change('promote', { manifest: await publish(`n${i}`) })
    store.now += 29 * DAY
    expect(await collect()).toMatchObject({ documents: 0, blobs: 0 })
    store.now += 2 * DAY
    await change('canary', { manifest: b, permille: 0 })
    expect(store.documents.has(b)).toBe(true)
    store.now += 31 * DAY
    await collect()
    expect(store.documents.has(a)).toBe(false)
    expect(store.documents.has(b)).toBe(false)
  })

  it('is never what somebody is publishing: blobs whose manifest is yet to come', async () => {
    await change('promote', { manifest: await publish('a') })
    const name = await sha256('on its way')
    store.objects.set(name, { name, bytes: 10, uploaded: store.now })
    store.now += 29 * DAY
    expect(await collect()).toMatchObject({ blobs: 0 })
    expect(store.objects.has(name)).toBe(true)
  })

  it('is never what is live, even if the line of its head was lost', async () => {
    const live = await publish('a')
    await change('promote', { manifest: live })
    store.auditLines.clear()
    store.now += 100 * DAY
    expect(await collect()).toMatchObject({ documents: 0, blobs: 0 })
    expect(store.documents.has(live)).toBe(true)
  })

  it('is never collected where nothing is live under these keys', async () => {
    await publish('a')
    store.now += 100 * DAY
    await expect(collect()).rejects.toMatchObject({ code: 'not_found' })
    expect(store.documents.size).toBe(1)
  })

  it('cannot take what is about to go live: what is that old has to be published again', async () => {
    const [a, b] = [await publish('a'), await publish('b')]
    await change('promote', { manifest: a })
    store.now += 29 * DAY
    await expect(change('promote', { manifest: b })).rejects.toMatchObject({ code: 'conflict' })
    await expect(change('canary', { manifest: b, permille: 1 })).rejects.toMatchObject({ code: 'conflict' })
    // What was live before may go live again.
    const c = await publish('c')
    await change('promote', { manifest: c })
    expect(await change('promote', { manifest: a })).toMatchObject({ manifest: a })
  })
})

describe('a rotation of the ops keys', () => {
  it('counts on while both are pinned, whichever signs', async () => {
    const next = await newKey('ops-2')
    const pins = { ...world.rules.pins, ops: [pinned(world.ops), pinned(next)] }
    const [a, b] = [await publish('a'), await publish('b')]
    await change('promote', { manifest: a }, { ...world.rules, pins })
    expect(await change('promote', { manifest: b }, { ...world.rules, pins, opsKey: next })).toMatchObject({
      seq: 2,
    })
    expect((await store.lines(9)).map(({ kid, seq }) => `${kid}/${seq}`)).toEqual(['ops-2/2', 'ops-1/1'])
    const after = { ...world.rules, pins: { ...pins, ops: [pinned(next)] }, opsKey: next }
    expect((await change('rollback', {}, after)) as Written).toMatchObject({ manifest: a, seq: 3 })
  })
})

describe('what is published', () => {
  it('is refused where its blobs could be collected before it goes live', async () => {
    const name = await publish('a')
    const { envelope } = store.documents.get(name)!
    store.documents.clear()
    store.now += 30 * DAY
    const put = putSigned(store, world.rules, 'manifest', name, envelope, store.now)
    await expect(put).rejects.toMatchObject({ code: 'conflict' })
  })

  it('is an overlay of this site, under the hash of its payload', async () => {
    const overlay = { schema: 1, site: 'films', issued: store.now, withdrawn: [], items: [] }
    const put = async (payload: string, name?: string) => {
      const envelope = JSON.stringify(await sign('overlay', payload, [world.release]))
      return putSigned(store, world.rules, 'overlay', name ?? (await sha256(payload)), envelope, store.now)
    }
    expect(await put(JSON.stringify(overlay))).toBe(true)
    const other = put(JSON.stringify(overlay), '0'.repeat(64))
    await expect(other).rejects.toMatchObject({ code: 'hash_mismatch' })
    const shoes = put(JSON.stringify({ ...overlay, site: 'shoes' }))
    await expect(shoes).rejects.toMatchObject({ code: 'wrong_site' })
  })
})

describe('a head of another site under the same keys', () => {
  it('counts for nothing: the site was renamed, or another one shares the place', async () => {
    await change('promote', { manifest: await publish('a') })
    const shoes = { ...world.rules, site: 'shoes' }
    await expect(collectGarbage(store, shoes, store.now)).rejects.toMatchObject({ code: 'not_found' })
    const operation = { op: 'another', on: true, who: 'somebody' }
    await expect(performChange(store, shoes, 'kill', operation, store.now)).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})

describe('the store of these tests', () => {
  storeContract(async () => {
    const memoryStore = new MemoryStore()
    memoryStore.now = Date.now()
    return {
      store: memoryStore,
      async putBlob(name, bytes) {
        memoryStore.objects.set(name, { name, bytes, uploaded: Date.now() })
      },
    }
  })
})
