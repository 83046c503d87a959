import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { sign } from '../../../shared/bundle/envelope.ts'
import { parseHead } from '../../../shared/bundle/manifest.ts'
import { canary, promote, rollback } from '../../../shared/delivery/goLive.ts'
import { kill, refresh, restoreHead } from '../../../shared/delivery/heads.ts'
import type { HeadRules } from '../../../shared/delivery/writeHead.ts'
import { MemoryStore } from '../../shared/memoryStore.ts'
import { FakeEdge, type FakeKeys, fakeKeys } from '../fakeEdge.ts'
import { NOW } from '../fakePlatform.ts'
import { backwards, type SampleBundle, sampleBundle } from '../sampleBundle.ts'
import { Visitor } from './visitor.ts'

/** What the edge's own code writes, the visitor's own code follows: any operations, in any order, some visits missed. */
let keys: FakeKeys
let bundles: SampleBundle[]

beforeAll(async () => {
  keys = await fakeKeys()
  bundles = [
    await sampleBundle(),
    await sampleBundle({ version: NOW + 1 }, { popularity: backwards() }),
    await sampleBundle({ version: NOW + 2, seed: 2 }),
  ]
})

class LiveEdge extends FakeEdge {
  readonly store = new MemoryStore()
  readonly rules: HeadRules = { site: 'films', pins: this.keys.pins, opsKey: this.keys.ops }
  #ops = 0

  async publish({ hash, payload, blobs }: SampleBundle): Promise<void> {
    this.store.now = NOW
    const envelope = JSON.stringify(await sign('manifest', payload, [this.keys.release]))
    await this.store.putDocument(hash, envelope, null)
    this.answer(`/v1/m/${hash}`, () => new Response(envelope))
    for (const [name, bytes] of blobs) {
      this.store.objects.set(name, { name, bytes: bytes.length, uploaded: NOW })
      this.answer(`/v1/b/${name}`, () => new Response(bytes))
    }
    this.answer('/v1/head', () => new Response(this.store.heads.at(-1)?.envelope))
  }

  op(): string {
    return `op-${++this.#ops}`
  }

  get live() {
    return parseHead(JSON.parse(this.store.heads.at(-1)!.envelope).payload)
  }
}

type Step =
  | { readonly does: 'promote' | 'canary'; readonly bundle: number; readonly permille: number }
  | { readonly does: 'rollback' | 'kill' | 'revive' | 'refresh' | 'restore' | 'miss' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    does: fc.constantFrom('promote' as const, 'canary' as const),
    bundle: fc.nat(2),
    permille: fc.constantFrom(0, 1000),
  }),
  fc.record({
    does: fc
      .constantFrom('rollback', 'kill', 'revive', 'refresh', 'restore', 'miss')
      .map((does) => does as 'rollback' | 'kill' | 'revive' | 'refresh' | 'restore' | 'miss'),
  }),
)

async function perform(edge: LiveEdge, { does, ...wish }: Step, now: number): Promise<void> {
  const { store, rules } = edge
  const op = edge.op()
  const { bundle = 0, permille = 0 } = wish as { bundle?: number; permille?: number }
  const manifest = bundles[bundle]!.hash
  if (does === 'promote') await promote(store, rules, { op, manifest }, now)
  if (does === 'canary') await canary(store, rules, { op, manifest, permille }, now)
  if (does === 'rollback') await rollback(store, rules, { op }, now)
  if (does === 'kill' || does === 'revive') await kill(store, rules, { op, on: does === 'kill' }, now)
  if (does === 'refresh') await refresh(store, rules, { op }, now)
  if (does === 'restore') {
    // The last heads were lost with their place; what is left is a copy of an earlier one.
    const { envelope } = store.heads[Math.floor(store.heads.length / 2)]!
    store.heads.length = 0
    await restoreHead(store, rules, { op, envelope }, now)
  }
}

test('any sequence of operations', async () => {
  const met = new Set<string | null>()
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const edge = new LiveEdge(keys)
      for (const bundle of bundles) await edge.publish(bundle)
      await promote(edge.store, edge.rules, { op: edge.op(), manifest: bundles[0]!.hash }, NOW)
      const visitor = new Visitor(edge)
      await visitor.visit()
      let seq = 1
      for (const one of steps) {
        visitor.later(0.02)
        // Refused by the edge itself, as a canary of what is live anyway, or a rollback from the first version.
        await perform(edge, one, visitor.platform.clock).catch(() => undefined)
        if (one.does === 'miss') continue
        const visit = await visitor.visit()
        const { live } = edge
        expect(['success', 'up-to-date', 'killed']).toContain(visit.uptake)
        expect(visit.seq).toBeGreaterThanOrEqual(seq)
        expect(visit.seq).toBe(live.seq)
        seq = visit.seq
        if (live.kill) expect(visit).toMatchObject({ uptake: 'killed', reason: 'killed', items: [] })
        else
          expect(visit).toMatchObject({
            manifest: live.canary?.permille ? live.canary.manifest : live.active!.manifest,
            arm: live.canary?.permille ? 'canary' : 'active',
          })
        await visitor.checkDisk()
        met.add(visit.uptake).add(visit.arm)
      }
    }),
    { numRuns: 40 },
  )
  expect([...met].sort()).toEqual(['active', 'canary', 'killed', 'success', 'up-to-date'])
})

test('a canary with a higher floor comes and goes: what is live for everybody may be promoted again', async () => {
  const edge = new LiveEdge(keys)
  const high = await sampleBundle({ version: NOW + 9, floor: NOW + 5 }, { popularity: backwards() })
  for (const bundle of [bundles[0]!, high]) await edge.publish(bundle)
  const first = bundles[0]!.hash
  const visitor = new Visitor(edge)
  await promote(edge.store, edge.rules, { op: 'a', manifest: first }, NOW)
  await canary(edge.store, edge.rules, { op: 'b', manifest: high.hash, permille: 1000 }, NOW)
  expect(await visitor.visit()).toMatchObject({ manifest: high.hash, arm: 'canary' })
  await canary(edge.store, edge.rules, { op: 'c', manifest: high.hash, permille: 0 }, NOW)
  await promote(edge.store, edge.rules, { op: 'd', manifest: first }, NOW)
  expect(await visitor.visit()).toMatchObject({ uptake: 'success', manifest: first, arm: 'active' })
  await promote(edge.store, edge.rules, { op: 'e', manifest: high.hash }, NOW)
  const back = promote(edge.store, edge.rules, { op: 'f', manifest: first }, NOW)
  await expect(back).rejects.toMatchObject({ code: 'rollback_refused' })
})
