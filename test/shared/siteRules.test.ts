import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../shared/bundle/hash.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import type { ChangeKind, Wish } from '../../shared/delivery/api.ts'
import { collectGarbage } from '../../shared/delivery/collectGarbage.ts'
import { performChange } from '../../shared/delivery/performChange.ts'
import { errorCode } from '../../shared/domain/errors.ts'
import { checkRules, type Rule } from '../../shared/domain/rules.ts'
import { DAY, deliveryWorld, type World } from './deliveryWorld.ts'
import { MemoryStore } from './memoryStore.ts'

const PIN = checkRules({ schema: 1, rules: [{ name: 'Premiere', kind: 'pin', item: 'i1', slot: 1 }] })
const HIDE = checkRules({
  schema: 1,
  rules: [{ name: 'Recall', kind: 'exclude', where: { items: ['i1'] } }],
})
const LONG = checkRules({
  schema: 1,
  rules: [
    {
      name: 'Old stock',
      kind: 'boost',
      factor: 0.5,
      where: { items: Array.from({ length: 900 }, (_, i) => `item ${i}`) },
    },
  ],
})

let world: World
let store: MemoryStore
let manifest: string
let count = 0
beforeAll(async () => {
  world = await deliveryWorld()
})
beforeEach(async () => {
  store = new MemoryStore()
  manifest = await world.publish(store, ['a'])
  await change('promote', { manifest })
})

const change = <K extends ChangeKind>(kind: K, wish: Omit<Wish<K>, 'op'> & { op?: string }) => {
  store.now += 1000
  const whole = { op: `op-${count++}`, who: 'alice', ...wish } as unknown as Wish<K> & { who: string }
  return performChange(store, world.rules, kind, whole, store.now)
}
const head = () => parseHead((JSON.parse(store.heads.at(-1)!.envelope) as { payload: string }).payload)
const stored = async (text: string) => {
  const name = await sha256(text)
  store.objects.set(name, { name, bytes: text.length, uploaded: store.now })
  return name
}

describe('rules of the site', () => {
  test('travel in the head while they are short, else as a blob that it names', async () => {
    await change('rules', { rules: PIN })
    expect(head().rules).toEqual(PIN)
    await change('rules', { rules: LONG })
    const text = JSON.stringify(LONG)
    expect(head().rules).toEqual({ sha256: await sha256(text), bytes: text.length })
    expect(new TextDecoder().decode(store.contents.get(await sha256(text)))).toBe(text)
    expect(store.heads.every(({ envelope }) => envelope.length < 16 * 1024)).toBe(true)
    await change('rules', { rules: null })
    expect(head().rules).toBeUndefined()
  })

  test('stay across promote, rollback, canary, kill, overlay and refresh; a restore brings them back', async () => {
    await change('rules', { rules: PIN })
    const b = await world.publish(store, ['b'])
    await change('promote', { manifest: b })
    await change('canary', { manifest, permille: 10 })
    await change('kill', { on: true })
    await change('kill', { on: false })
    await change('refresh', {})
    await change('rollback', {})
    expect(head()).toMatchObject({ rules: PIN, active: { manifest } })
    await change('rules', { rules: LONG })
    const copy = store.heads.at(-1)!.envelope
    store.heads.length = 0
    await change('restore', { envelope: copy })
    expect(head().rules).toMatchObject({ bytes: JSON.stringify(LONG).length })
    store.heads.length = 0
    store.objects.delete(await sha256(JSON.stringify(LONG)))
    const refused = await change('restore', { envelope: copy }).catch(errorCode)
    expect(refused).toBe('not_found') // a head must not name what is not there
  })

  test('are one operation: retried it is done once, late it is refused, and the trail says who', async () => {
    const { seq } = await change('rules', { rules: PIN, op: 'one', reason: 'premiere' })
    expect(await change('rules', { rules: PIN, op: 'one' })).toMatchObject({ seq, replayed: true })
    expect(await change('rules', { rules: HIDE, op: 'one' }).catch(errorCode)).toBe('conflict')
    expect(await change('rules', { rules: HIDE, seq: seq - 1 }).catch(errorCode)).toBe('conflict')
    expect((await store.lines(1))[0]).toMatchObject({
      op: 'one',
      who: 'alice',
      reason: 'premiere',
      did: `rules ${await sha256(JSON.stringify(PIN))}`,
    })
  })

  test('that are wrong change nothing and are named with the reason', async () => {
    await change('rules', { rules: PIN })
    const before = store.heads.length
    const bad = { schema: 1, rules: [{ name: 'Half', kind: 'boost', where: { items: ['x'] }, factor: 0 }] }
    await expect(change('rules', { rules: bad as never })).rejects.toThrow('Rule "Half": "factor": must be')
    await expect(change('rules', { rules: 'x' as never })).rejects.toMatchObject({ code: 'bad_data' })
    const long = LONG.rules[0] as { where: { items: string[] } }
    const items = long.where.items.map((id) => id.padEnd(200))
    const huge = { schema: 1, rules: [{ ...LONG.rules[0], where: { items } }] }
    await expect(change('rules', { rules: huge as never })).rejects.toMatchObject({ code: 'bad_data' })
    expect(store.heads).toHaveLength(before)
  })

  test('are refused where nothing is live', async () => {
    store.heads.length = 0
    expect(await change('rules', { rules: PIN }).catch(errorCode)).toBe('not_found')
  })
})

describe('popular lists', () => {
  const lists = () => [head().active?.popularJson, head().active?.popularHtml]

  test('made without what is excluded are put in the place of the others; without them there are none', async () => {
    const [json, html] = [await stored('json'), await stored('html')]
    await change('overlay', { overlay: null, popularJson: json, popularHtml: html })
    await change('rules', { rules: PIN }) // moves nothing out
    expect(lists()).toEqual([json, html])
    const own = await stored('without')
    await change('rules', { rules: HIDE, popularJson: own })
    expect(lists()).toEqual([own, undefined])
    await change('rules', { rules: { ...HIDE, rules: [...PIN.rules, ...HIDE.rules] } }) // excludes the same
    expect(lists()).toEqual([own, undefined])
    const more: Rule = { kind: 'exclude', name: 'More', where: { items: ['i2'] } }
    await change('rules', { rules: { ...HIDE, rules: [...HIDE.rules, more] } })
    expect(lists()).toEqual([undefined, undefined])
    const absent = 'f'.repeat(64)
    expect(await change('rules', { rules: HIDE, popularJson: absent }).catch(errorCode)).toBe('not_found')
  })

  test('of another bundle do not come with it while something may be excluded', async () => {
    const own = await stored('popular of b')
    const files = [{ role: 'popular.json', sha256: own, bytes: 'popular of b'.length }]
    const b = await world.publish(store, [], { files })
    for (const [rules, expected] of [
      [PIN, own],
      [HIDE, undefined],
      [LONG, undefined],
      [null, own],
    ] as const) {
      await change('promote', { manifest })
      await change('rules', { rules })
      await change('promote', { manifest: b })
      expect(lists()[0]).toBe(expected)
    }
  })
})

test('garbage collection keeps the blob that a head of the last 30 days named', async () => {
  await change('rules', { rules: LONG })
  const name = await sha256(JSON.stringify(LONG))
  store.now += 40 * DAY
  const collect = () => collectGarbage(store, world.rules, store.now)
  await collect()
  expect(store.objects.has(name)).toBe(true) // live
  await change('rules', { rules: PIN })
  await collect()
  expect(store.objects.has(name)).toBe(true) // live until just now
  store.now += 31 * DAY
  await change('refresh', {})
  await collect()
  expect(store.objects.has(name)).toBe(false)
})
