import { expect, it } from 'vitest'
import type { AuditLine, DeliveryStore, HeadMemory } from '../../shared/delivery/deliveryStore.ts'

const NAMES = ['a', 'b', 'c'].map((digit) => digit.repeat(64))
const memory = (floor: number): HeadMemory => ({
  floor,
  ops: [{ op: 'one', seq: 1, did: 'promote', who: 'Zoë', at: 5, manifest: null, reason: '„ä€😀"' }],
})
const line = (seq: number, at: number): AuditLine => ({
  op: `op-${seq}`,
  seq,
  did: 'refresh',
  who: 'Zoë',
  at,
  manifest: NAMES[0]!,
  kid: 'ops-1',
})

/**
 * What every place that keeps objects must do, whatever it is.
 * @param open a new, empty one, and a way to put a blob there
 */
export function storeContract(
  open: () => Promise<{ store: DeliveryStore; putBlob(name: string, bytes: number): Promise<unknown> }>,
): void {
  it('changes the head only for whoever has read the latest one', async () => {
    const { store } = await open()
    expect(await store.head()).toBeNull()
    expect(await store.putHead('first', memory(1), null)).toBe(true)
    expect(await store.putHead('again', memory(1), null)).toBe(false)
    const first = (await store.head())!
    expect(first).toMatchObject({ envelope: 'first', memory: memory(1) })
    expect(await store.putHead('second', memory(2), first.etag)).toBe(true)
    expect(await store.putHead('third', memory(3), first.etag)).toBe(false)
    expect(await store.head()).toMatchObject({ envelope: 'second', memory: memory(2) })
  })

  it('lets one of many who write at once win', async () => {
    const { store } = await open()
    const won = await Promise.all(Array.from({ length: 8 }, (_, i) => store.putHead(`${i}`, memory(i), null)))
    expect(won.filter(Boolean)).toHaveLength(1)
    expect((await store.head())!.envelope).toBe(String(won.indexOf(true)))
  })

  it('creates documents and replaces them only knowingly', async () => {
    const { store } = await open()
    const [name = ''] = NAMES
    expect(await store.document(name)).toBeNull()
    expect(await store.putDocument(name, 'text', null)).toBe(true)
    expect(await store.putDocument(name, 'other', null)).toBe(false)
    const stored = (await store.document(name))!
    expect(stored.envelope).toBe('text')
    expect(Math.abs(stored.uploaded - Date.now())).toBeLessThan(60_000)
    expect(await store.putDocument(name, 'other', stored.etag)).toBe(true)
    expect(await store.putDocument(name, 'third', stored.etag)).toBe(false)
    expect((await store.document(name))!.envelope).toBe('other')
  })

  it('tells which blobs are there, lists and removes', async () => {
    const { store, putBlob } = await open()
    const [a = '', b = '', c = ''] = NAMES
    await putBlob(a, 3)
    await putBlob(b, 5)
    await store.putDocument(c, 'text', null)
    const found = await store.blobs([a, b, c])
    expect([...found.values()].map(({ name, bytes }) => [name, bytes])).toEqual([
      [a, 3],
      [b, 5],
    ])
    const list = async (kind: 'b' | 'm' | 'p') => {
      const names: string[] = []
      for await (const { name } of store.list(kind)) names.push(name)
      return names.sort()
    }
    expect([await list('b'), await list('m'), await list('p')]).toEqual([[a, b], [c], []])
    await store.remove('b', [a, c])
    await store.remove('m', [c])
    expect([await list('b'), await list('m')]).toEqual([[b], []])
    expect(await store.document(c)).toBeNull()
  })

  it('keeps audit lines once, newest first', async () => {
    const { store } = await open()
    for (const [seq, at] of [
      [1, 1000],
      [2, 20_000],
      [3, 1_700_000_000_000],
    ] as const)
      expect(await store.putLine(line(seq, at), `head ${seq}`)).toBe(true)
    expect(await store.putLine(line(2, 20_000), 'another')).toBe(false)
    expect(await store.lines(10)).toEqual([line(3, 1_700_000_000_000), line(2, 20_000), line(1, 1000)])
    expect((await store.lines(2)).map(({ seq }) => seq)).toEqual([3, 2])
  })

  it('keeps proposals once', async () => {
    const { store } = await open()
    const proposal = { op: 'new:1', did: 'promote x', who: 'Zoë', at: 7 }
    expect(await store.putProposal(proposal)).toBe(true)
    expect(await store.putProposal({ ...proposal, who: 'bob' })).toBe(false)
    expect(await store.proposals()).toEqual([proposal])
    await store.remove('p', [proposal.op])
    expect(await store.proposals()).toEqual([])
  })
}
