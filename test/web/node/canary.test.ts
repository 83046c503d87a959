import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../../shared/bundle/hash.ts'
import type { Head } from '../../../shared/bundle/manifest.ts'
import { BundleStore } from '../../../web/ranker/bundleStore.ts'
import { inCanary } from '../../../web/ranker/canary.ts'
import { ENDPOINT, FakeEdge, type FakeKeys, fakeKeys } from '../fakeEdge.ts'
import { NOW } from '../fakePlatform.ts'
import { backwards, type SampleBundle, sampleBundle } from '../sampleBundle.ts'
import { Visitor } from './visitor.ts'

let keys: FakeKeys
let first: SampleBundle
let tried: SampleBundle
let edge: FakeEdge
let visitor: Visitor
const FIRST = { items: ['f0', 'f1', 'f2'], arm: 'active' }
const TRIED = { items: ['f39', 'f38', 'f37'], arm: 'canary' }

beforeAll(async () => {
  keys = await fakeKeys()
  first = await sampleBundle()
  tried = await sampleBundle({ version: NOW + 1 }, { popularity: backwards() })
})
beforeEach(async () => {
  edge = new FakeEdge(keys)
  visitor = new Visitor(edge)
  await edge.promote(first)
})

/** Starts a canary for a share of the visitors; the active bundle stays. */
async function canary(
  bundle: SampleBundle,
  change: Partial<NonNullable<Head['canary']>> = {},
  signer = keys,
) {
  await edge.promote(bundle, { active: edge.head.active, seq: edge.head.seq + 1 }, signer)
  await edge.setHead({ canary: { manifest: bundle.hash, permille: 1000, salt: 'a', ...change } })
}

async function share(salt: string, permille: number, secrets: number): Promise<boolean[]> {
  const drawn: boolean[] = []
  for (let i = 0; i < secrets; i++) {
    const store = new BundleStore(null)
    drawn.push(await inCanary({ manifest: '', salt, permille }, store, () => i / secrets))
  }
  return drawn
}

describe('the draw', () => {
  test('takes the share that was asked for, none at 0, all at 1000', async () => {
    const count = async (permille: number) => (await share('x', permille, 4000)).filter(Boolean).length
    expect(await count(0)).toBe(0)
    expect(await count(1000)).toBe(4000)
    // Binomial, n = 4000: within four standard deviations.
    for (const permille of [10, 100, 500]) {
      const p = permille / 1000
      expect(Math.abs((await count(permille)) - 4000 * p)).toBeLessThan(4 * Math.sqrt(4000 * p * (1 - p)))
    }
  })

  test('stays the same for a device, grows with the share, and begins anew with another salt', async () => {
    const store = new BundleStore(null)
    const draw = (salt: string, permille: number) =>
      inCanary({ manifest: '', salt, permille }, store, Math.random)
    const lowest = async (salt: string) => {
      for (let permille = 0; permille <= 1000; permille++) if (await draw(salt, permille)) return permille
      throw new Error('never')
    }
    const a = await lowest('a')
    expect(await lowest('a')).toBe(a)
    for (const more of [a + 1, 1000]) if (more <= 1000) expect(await draw('a', more)).toBe(true)
    const [one, two] = [await share('a', 500, 2000), await share('b', 500, 2000)]
    const both = one.filter((x, i) => x && two[i]).length
    expect(Math.abs(both - 500)).toBeLessThan(4 * Math.sqrt(2000 * 0.25 * 0.75))
  })

  test('the secret stays on the device, and is drawn only for a canary', async () => {
    await visitor.visit()
    expect([...visitor.disk.stores.meta.keys()]).not.toContain('secret')
    await canary(tried, { permille: 0 })
    await visitor.visit()
    const secret = visitor.disk.stores.meta.get('secret')
    expect(secret).toBe(0.5)
    await visitor.visit({ random: () => 0.9 })
    expect(visitor.disk.stores.meta.get('secret')).toBe(secret)
    expect(JSON.stringify(edge.requests)).not.toContain('0.5')
  })
})

describe('a device that drew it', () => {
  test('installs it, whether it is new or had the active bundle, and says so', async () => {
    await canary(tried)
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', manifest: tried.hash, ...TRIED })
    const other = new Visitor(edge)
    await edge.setHead({ canary: undefined, seq: 7 })
    expect(await other.visit()).toMatchObject({ uptake: 'success', ...FIRST })
    await edge.setHead({ canary: { manifest: tried.hash, permille: 1000, salt: 'a' }, seq: 8 })
    expect(await other.visit()).toMatchObject({ uptake: 'success', ...TRIED })
    expect(await other.visit()).toMatchObject({ uptake: 'up-to-date', asked: ['/v1/head'], ...TRIED })
    expect(await other.offline()).toMatchObject(TRIED)
  })

  test.each([
    ['permille 0', { permille: 0 }],
    ['another salt', { salt: 'b', permille: 1 }],
  ])('leaves it by %s, though its floor and version are higher', async (_, change) => {
    const high = await sampleBundle({ version: NOW + 9, floor: NOW + 5 }, { popularity: backwards() })
    await canary(high)
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', manifest: high.hash, ...TRIED })
    await canary(high, change)
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', manifest: first.hash, ...FIRST })
    expect(await visitor.checkDisk()).toMatchObject({ manifest: first.hash, floor: 0, canary: null })
  })

  test('keeps it when it is promoted; only then its floor counts', async () => {
    const high = await sampleBundle({ version: NOW + 9, floor: NOW + 5 }, { popularity: backwards() })
    await canary(high)
    await visitor.visit()
    await edge.promote(high, { canary: undefined })
    expect(await visitor.visit()).toMatchObject({
      uptake: 'up-to-date',
      manifest: high.hash,
      asked: ['/v1/head'],
      arm: 'active',
    })
    await edge.promote(first)
    expect(await visitor.visit()).toMatchObject({ uptake: 'rollback-refused', manifest: high.hash })
  })

  test('what is both active and canary is active', async () => {
    await edge.setHead({ canary: { manifest: first.hash, permille: 1000, salt: 'a' }, seq: 2 })
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', ...FIRST })
  })
})

describe("a canary that cannot be used: everybody's bundle serves, and the outcome names what is wrong", () => {
  const faults: [what: string, uptake: string, make: () => Promise<unknown> | unknown][] = [
    [
      'absent',
      'server-error',
      () => edge.answer(`/v1/m/${tried.hash}`, () => new Response('', { status: 404 })),
    ],
    ['no manifest', 'parse-error', () => edge.answer(`/v1/m/${tried.hash}`, () => new Response('<html>'))],
    [
      'another manifest',
      'hash-mismatch',
      () => edge.answer(`/v1/m/${tried.hash}`, edge.current(`/v1/m/${first.hash}`)),
    ],
    ['of other keys', 'sign-error', async () => canary(tried, {}, { ...(await fakeKeys()), ops: keys.ops })],
    ['past its last day', 'expired', () => canary(tried, { notAfter: NOW - 1 })],
    ['for evaluation', 'bundle-error', async () => canary(await sampleBundle({ kind: 'evaluation' }))],
    ['for newer loaders', 'bundle-error', async () => canary(await sampleBundle({ minLoader: 9 }))],
    ['of another site', 'wrong-site', async () => canary(await sampleBundle({ site: 'shoes' }))],
    [
      'below its floor',
      'rollback-refused',
      async () => canary(await sampleBundle({ version: NOW, floor: NOW + 1 })),
    ],
    ['not decodable', 'bundle-error', async () => canary(await undecodable())],
    [
      'without a blob',
      'server-error',
      () => {
        const { sha256 } = tried.manifest.files.find(({ role }) => role === 'popularity')!
        edge.answer(`/v1/b/${sha256}`, () => new Response('', { status: 404 }))
      },
    ],
  ]

  test.each(faults)('%s → %s', async (_, uptake, make) => {
    await canary(tried)
    await make()
    // A device that is new has nothing else; it needs the active bundle at once.
    expect(await visitor.visit()).toMatchObject({ uptake, manifest: first.hash, ...FIRST })
    visitor.later(0.01)
    expect(await visitor.visit()).toMatchObject({ uptake, manifest: first.hash, ...FIRST })
    expect((await visitor.checkDisk()).manifest).toBe(first.hash)
  })

  test('both fail: what ranked before goes on', async () => {
    await visitor.visit()
    await canary(tried)
    const next = await sampleBundle({ version: NOW + 2 })
    await edge.promote(next)
    for (const { hash } of [tried, next]) edge.answer(`/v1/m/${hash}`, () => new Response('x'))
    expect(await visitor.visit()).toMatchObject({ uptake: 'parse-error', manifest: first.hash, ...FIRST })
  })
})

/** A bundle whose hashes are right and whose popularity is nonsense. */
async function undecodable(): Promise<SampleBundle> {
  const bytes = new Uint8Array(64)
  const name = await sha256(bytes)
  const files = tried.manifest.files.map((file) =>
    file.role === 'popularity' ? { role: file.role, sha256: name, bytes: 64 } : file,
  )
  const payload = JSON.stringify({ ...tried.manifest, files })
  const blobs = new Map([...tried.blobs, [name, bytes]])
  return { manifest: { ...tried.manifest, files }, payload, hash: await sha256(payload), blobs }
}

describe('blobs beside the edge', () => {
  const BASE = 'https://cdn.test/foryou'
  const asked: string[] = []
  let base: (name: string) => Response | Promise<Response>

  beforeEach(async () => {
    asked.length = 0
    base = (name) => new Response(first.blobs.get(name))
    visitor = new Visitor(edge, {
      fetch: async (url, init) => {
        asked.push(url)
        const [, name] = url.match(/^https?:\/\/[^/]+\/foryou\/b\/(\w+)$/) ?? []
        return name ? base(name) : edge.fetch(url, init)
      },
    })
  })
  const from = (prefix: string) => asked.filter((url) => url.startsWith(prefix)).length
  const files = () => first.manifest.files.length

  test.each([BASE, `${BASE}/`])('%s is asked for blobs, and for nothing else', async (blobBase) => {
    await edge.setHead({ blobBase, seq: 2 })
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', ...FIRST })
    expect([from(`${BASE}/b/`), asked.length]).toEqual([files(), files() + 2])
  })

  test("the edge's own origin may be plain http, as on this machine", async () => {
    const local = 'http://127.0.0.1:8787'
    visitor.endpoint = local
    const fetch = visitor.platform.fetch
    const mapped = (url: string, init: RequestInit) =>
      fetch(url.includes('/foryou/b/') ? url : url.replace(local, ENDPOINT), init)
    await edge.setHead({ blobBase: `${local}/foryou`, seq: 2 })
    expect((await visitor.visit({ fetch: mapped })).uptake).toBe('success')
    expect(from(`${local}/foryou/b/`)).toBe(files())
  })

  test.each([
    'http://cdn.test/foryou',
    '//cdn.test/foryou',
    'javascript:alert(1)',
    'data:text/plain,x',
    'cdn.test',
    '',
    'https:cdn.test',
    'http://edge.test.evil/foryou',
    'https',
  ])('%j is not asked', async (blobBase) => {
    await edge.setHead({ blobBase, seq: 2 })
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', ...FIRST })
    expect(asked.every((url) => url.startsWith('https://edge.test/v1/'))).toBe(true)
  })

  test.each([
    ['is gone', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['hangs', () => Promise.reject(new DOMException('late', 'TimeoutError'))],
    ['has nothing', async () => new Response('', { status: 404 })],
    ['refuses', async () => new Response('', { status: 503, headers: { 'retry-after': '9999' } })],
    ['lies', async () => new Response('lies')],
    ['sends without end', async () => new Response(new Uint8Array(1e6))],
  ])('one that %s: the edge serves, and it is left alone for this update', async (_, answer) => {
    base = answer
    await edge.setHead({ blobBase: BASE, seq: 2 })
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', ...FIRST })
    expect(from(BASE)).toBeLessThanOrEqual(4) // as many as were under way
    expect(from('https://edge.test/v1/b/')).toBe(files())
    expect((await visitor.visit()).uptake).toBe('up-to-date')
  })
})
