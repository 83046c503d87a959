import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sign } from '../../../shared/bundle/envelope.ts'
import { sha256 } from '../../../shared/bundle/hash.ts'
import { downloadOrder } from '../../../web/ranker/downloadOrder.ts'
import { FakeEdge, type FakeKeys, fakeKeys } from '../fakeEdge.ts'
import { NOW } from '../fakePlatform.ts'
import { backwards, type SampleBundle, sampleBundle } from '../sampleBundle.ts'
import { Visitor } from './visitor.ts'

/**
 * Any change of any byte of head, manifest or blobs is refused under its right name, the bundle before it goes on ranking,
 * and nothing of what was changed is on the disk afterwards.
 */
let keys: FakeKeys
let first: SampleBundle
let second: SampleBundle
let edge: FakeEdge
let visitor: Visitor

beforeAll(async () => {
  keys = await fakeKeys()
  first = await sampleBundle()
  second = await sampleBundle({ version: NOW + 1 }, { popularity: backwards() })
})
beforeEach(async () => {
  edge = new FakeEdge(keys)
  visitor = new Visitor(edge)
  await edge.promote(first)
  expect((await visitor.visit()).uptake).toBe('success')
  await edge.promote(second)
})

type Bytes = Uint8Array<ArrayBuffer>
interface Mutation {
  readonly what: string
  readonly of: (bytes: Bytes) => Bytes
}
/** A place is a share of the length, so that every byte of every file can be hit. */
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(place, fc.integer({ min: 0, max: 7 })).map(([at, bit]) => ({
    what: `bit ${bit} flipped at ${at}`,
    of: (bytes: Bytes) =>
      bytes.map((byte, i) => (i === Math.floor(at * bytes.length) ? byte ^ (1 << bit) : byte)),
  })),
  fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 9 })).map(([at, extra]) => ({
    what: `${extra.length} bytes inserted at ${at}`,
    of: (bytes: Bytes) => join(bytes.slice(0, at * bytes.length), extra, bytes.slice(at * bytes.length)),
  })),
  fc.tuple(place, fc.integer({ min: 1, max: 9 })).map(([at, count]) => ({
    what: `${count} bytes dropped at ${at}`,
    of: (bytes: Bytes) =>
      join(bytes.slice(0, at * bytes.length), bytes.slice(Math.floor(at * bytes.length) + count)),
  })),
  place.map((at) => ({ what: `cut at ${at}`, of: (bytes: Bytes) => bytes.slice(0, at * bytes.length) })),
)

function join(...parts: Uint8Array[]): Bytes {
  return new Uint8Array(parts.flatMap((part) => [...part]))
}

async function bodyOf(path: string): Promise<Bytes> {
  return new Uint8Array(await edge.current(path)().arrayBuffer())
}

const same = (a: Bytes, b: Bytes) => a.length === b.length && a.every((byte, i) => byte === b[i])

/** Serves `bytes` at `path`, sees to it that they are refused, and that the visitor takes the true ones afterwards. */
async function mustBeRefused(path: string, bytes: Bytes, names: readonly string[]): Promise<void> {
  const good = edge.current(path)
  const before = structuredClone(visitor.disk.stores)
  edge.answer(path, () => new Response(bytes))
  const visit = await visitor.visit()
  expect(names).toContain(visit.uptake)
  expect(visit).toMatchObject({ manifest: first.hash, items: ['f0', 'f1', 'f2'], reason: 'popular' })
  expect((await visitor.checkDisk()).manifest).toBe(first.hash)
  edge.answer(path, good)
  visitor.disk.stores = before // the next mutation finds what this one found
}

const MUTATED = ['hash-mismatch', 'bundle-error']
/** A changed text is no JSON, no envelope, no base64 of a signature, or not what was signed. */
const TEXT = ['parse-error', 'sign-error', 'bundle-error', 'hash-mismatch']

test('the head', async () => {
  const good = await bodyOf('/v1/head')
  await fc.assert(
    fc.asyncProperty(mutation, async ({ of }) => {
      const bytes = of(good)
      fc.pre(!same(bytes, good) && !sameMeaning(bytes, good))
      await mustBeRefused('/v1/head', bytes, TEXT)
    }),
    { numRuns: 120 },
  )
})

test('the manifest', async () => {
  const path = `/v1/m/${second.hash}`
  const good = await bodyOf(path)
  await fc.assert(
    fc.asyncProperty(mutation, async ({ of }) => {
      const bytes = of(good)
      fc.pre(!same(bytes, good) && !sameMeaning(bytes, good))
      await mustBeRefused(path, bytes, TEXT)
    }),
    { numRuns: 120 },
  )
})

/** A changed name of a field that nobody reads, or of a second form of the same base64, leaves the signed text as it was. */
function sameMeaning(a: Bytes, b: Bytes): boolean {
  const read = (bytes: Bytes) => {
    try {
      const { payload, sigs } = JSON.parse(new TextDecoder().decode(bytes))
      return JSON.stringify([
        payload,
        sigs.map(({ kid, sig }: { kid: string; sig: string }) => [kid, atob(sig)]),
      ])
    } catch {
      return null
    }
  }
  return read(a) !== null && read(a) === read(b)
}

test('every byte of every blob that is new', async () => {
  const changed = downloadOrder(second.manifest).filter(({ sha256 }) => !first.blobs.has(sha256))
  expect(changed.length).toBeGreaterThan(0)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...changed), mutation, async ({ sha256 }, { of }) => {
      const bytes = of(second.blobs.get(sha256)!)
      fc.pre(!same(bytes, second.blobs.get(sha256)!))
      await mustBeRefused(`/v1/b/${sha256}`, bytes, MUTATED)
    }),
    { numRuns: 120 },
  )
})

test('for a first visit too, any byte of any blob: nothing that ranks is built on it', async () => {
  const files = downloadOrder(second.manifest)
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), mutation, async ({ sha256, role, stage }, { of }) => {
      const bytes = of(second.blobs.get(sha256)!)
      fc.pre(!same(bytes, second.blobs.get(sha256)!))
      const newcomer = new Visitor(edge)
      edge.answer(`/v1/b/${sha256}`, () => new Response(bytes))
      const visit = await newcomer.visit()
      edge.answer(`/v1/b/${sha256}`, () => new Response(second.blobs.get(sha256)!))
      expect(MUTATED).toContain(visit.uptake)
      // The stages before it are whole, and serve.
      expect(visit.items.length > 0).toBe(stage > 1)
      const active = stage > 1 ? await newcomer.checkDisk() : await newcomer.record()
      expect(files.slice(0, active?.present ?? 0).map((file) => file.role)).not.toContain(role)
      newcomer.later(0.01)
      expect(await newcomer.visit()).toMatchObject({ uptake: 'success', items: ['f39', 'f38', 'f37'] })
    }),
    { numRuns: 40 },
  )
})

test("any two valid blobs in each other's place", async () => {
  const all = [...new Set([...first.blobs.values(), ...second.blobs.values()])]
  const changed = downloadOrder(second.manifest).filter(({ sha256 }) => !first.blobs.has(sha256))
  for (const { sha256 } of changed) {
    for (const bytes of all) {
      if (!same(bytes, second.blobs.get(sha256)!)) await mustBeRefused(`/v1/b/${sha256}`, bytes, MUTATED)
    }
  }
})

describe('what other scripts of the page write into the stores', () => {
  const junk = fc.oneof(
    fc.anything(),
    fc.uint8Array().map((bytes) => bytes.slice().buffer),
    fc.constantFrom(
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
      '',
      '__proto__',
      null,
      undefined,
      new Date(Number.NaN),
    ),
  )
  const storable = (value: unknown) => {
    try {
      structuredClone(value)
      return true
    } catch {
      return false
    }
  }

  test('any value under any key: nothing throws, what ranks was verified, and the next visit has mended it', async () => {
    const entries = fc.array(
      fc.record({
        store: fc.constantFrom('blobs', 'active', 'meta', 'history'),
        which: fc.nat(),
        value: junk,
      }),
      { minLength: 1, maxLength: 6 },
    )
    const whole = structuredClone(visitor.disk.stores)
    await fc.assert(
      fc.asyncProperty(entries, async (written) => {
        visitor.disk.stores = structuredClone(whole)
        visitor.wrongBy(0)
        for (const { store, which, value } of written) {
          if (!storable(value)) continue
          const map = visitor.disk.stores[store as 'blobs']
          const names = [...map.keys(), 'other']
          map.set(names[which % names.length]!, structuredClone(value))
        }
        const { uptake, manifest, items } = await visitor.visit()
        expect(['success', 'backoff']).toContain(uptake) // junk may be a moment, and a moment may be patience
        expect([first.hash, second.hash, null]).toContain(manifest)
        if (uptake === 'success') expect([manifest, items.length]).toEqual([second.hash, 3])
        visitor.later(2)
        expect(await visitor.visit()).toMatchObject({ manifest: second.hash, items: ['f39', 'f38', 'f37'] })
        await visitor.checkRecord()
      }),
      { numRuns: 40 },
    )
  })

  test('any field of the record', async () => {
    const record = (await visitor.record())!
    const whole = structuredClone(visitor.disk.stores)
    const fields = Object.keys(record).filter((name) => name !== 'seqs' && name !== 'floor')
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...fields), junk, async (field, value) => {
        fc.pre(storable(value))
        visitor.disk.stores = structuredClone(whole)
        visitor.disk.stores.active.set('active', structuredClone({ ...record, [field]: value }))
        const visit = await visitor.visit()
        // A site's own scripts can claim to be another site; they could as well remove the element.
        if (field === 'site' && typeof value === 'string' && value !== record.site)
          expect(visit.uptake).toBe('wrong-site')
        else
          expect(visit).toMatchObject({
            uptake: 'success',
            manifest: second.hash,
            items: ['f39', 'f38', 'f37'],
          })
      }),
      { numRuns: 120 },
    )
  })

  test('a record whose manifest was tampered with, though its name is right: fetched anew', async () => {
    expect((await visitor.visit()).uptake).toBe('success')
    const record = (await visitor.record())!
    for (const envelope of ['', '{}', record.envelope.replace('films', 'shoes'), JSON.stringify(edge.head)]) {
      visitor.disk.stores.active.set('active', { ...record, envelope, previous: null })
      expect(await visitor.visit()).toMatchObject({
        uptake: 'success',
        manifest: second.hash,
        items: ['f39', 'f38', 'f37'],
      })
      expect(await visitor.record()).toMatchObject({ envelope: record.envelope, present: record.present })
    }
  })

  test('a forged release, right in every hash but signed by a stranger: ranks nothing, not even without a network', async () => {
    expect((await visitor.visit()).uptake).toBe('success')
    const record = (await visitor.record())!
    const payload = JSON.stringify({ ...second.manifest, version: NOW + 2 })
    const strangers = [(await fakeKeys()).release, { ...keys.ops, kid: keys.release.kid }]
    for (const stranger of strangers) {
      const envelope = JSON.stringify(await sign('manifest', payload, [stranger]))
      const forged = { ...record, manifest: await sha256(payload), envelope, previous: null }
      visitor.disk.stores.active.set('active', forged)
      expect(await visitor.offline()).toMatchObject({ manifest: null, items: [], reason: 'no-bundle' })
      expect(await visitor.visit()).toMatchObject({ uptake: 'success', manifest: second.hash })
    }
  })
})
