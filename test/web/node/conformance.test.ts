import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type SigningKey, sign } from '../../../shared/bundle/envelope.ts'
import { sha256 } from '../../../shared/bundle/hash.ts'
import { DAY_MS } from '../../../shared/domain/clock.ts'
import type { Uptake } from '../../../shared/domain/rankerThread.ts'
import { FEATURE_IDS } from '../../../shared/features/features.ts'
import { encodeGolden } from '../../../shared/rank/golden.ts'
import { FakeEdge, type FakeKeys, fakeKeys } from '../fakeEdge.ts'
import { NOW } from '../fakePlatform.ts'
import { backwards, idleRanker, type SampleBundle, sampleBundle } from '../sampleBundle.ts'
import { type Visit, Visitor } from './visitor.ts'

/**
 * The cases of the TUF conformance suite (theupdateframework/tuf-conformance) that apply to one signed head over one signed
 * manifest, and those of the failure table. Each asserts what the visitor keeps, the named outcome, and that the old bundle
 * still ranks, with and without a network. Not ported: chains of roots, delegations and thresholds above one, which we do
 * not have; and equal versions of different content, which compare-and-swap at the edge rules out.
 */
let keys: FakeKeys
let other: FakeKeys
let first: SampleBundle
let second: SampleBundle
let edge: FakeEdge
let visitor: Visitor

const FIRST_ITEMS = ['f0', 'f1', 'f2']
const SECOND_ITEMS = ['f39', 'f38', 'f37']

beforeAll(async () => {
  keys = await fakeKeys()
  other = await fakeKeys('2')
  first = await sampleBundle()
  second = await sampleBundle({ version: NOW + 1 }, { popularity: backwards() })
})

beforeEach(async () => {
  edge = new FakeEdge(keys)
  visitor = new Visitor(edge)
  await edge.promote(first)
  expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: FIRST_ITEMS })
})

async function refused(uptake: Uptake, bundle = first, items = FIRST_ITEMS): Promise<Visit> {
  const visit = await visitor.visit()
  expect(visit).toMatchObject({ uptake, items, manifest: bundle.hash })
  expect((await visitor.checkDisk()).manifest).toBe(bundle.hash)
  const offline = await visitor.offline()
  expect(offline).toMatchObject({ items, manifest: bundle.hash })
  expect(['offline', 'backoff']).toContain(offline.uptake)
  return visit
}

async function taken(bundle = second, items = SECOND_ITEMS): Promise<Visit> {
  const visit = await visitor.visit()
  expect(visit).toMatchObject({ uptake: 'success', items, manifest: bundle.hash, problems: [] })
  expect((await visitor.checkDisk()).manifest).toBe(bundle.hash)
  return visit
}

const blob = (bundle: SampleBundle, role: string) =>
  `/v1/b/${bundle.manifest.files.find((file) => file.role === role)!.sha256}`
const seconds = (after: number) => NOW + after * 1000
const serve = (path: string, body: () => BodyInit, init?: ResponseInit) =>
  edge.answer(path, () => new Response(body(), init))

test('basic init and refresh: what is asked for, and nothing twice', async () => {
  const newcomer = new Visitor(edge)
  edge.requests.length = 0
  const { asked } = await newcomer.visit()
  // None waits for ever, and none tells where the visitor is.
  for (const { init } of edge.requests) {
    expect(init).toMatchObject({
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: expect.any(AbortSignal),
    })
  }
  expect(asked.slice(0, 2)).toEqual(['/v1/head', `/v1/m/${first.hash}`])
  expect(asked).toHaveLength(2 + first.manifest.files.length)
  expect(await newcomer.visit()).toMatchObject({ uptake: 'up-to-date', asked: ['/v1/head'], seq: 1 })
  await edge.promote(second)
  await taken()
})

describe('features that this loader cannot compute', () => {
  const known = FEATURE_IDS[0]!
  const newer = known.replace(/@.*/, '@99')
  test.each([
    ['another version', newer, `${newer}, and there is ${known}`],
    ['an unknown one', 'mood@1', 'mood@1, and there is none of that name'],
  ])('%s, told by the manifest: nothing more is asked for, what is there goes on', async (_, id, words) => {
    await edge.promote(await sampleBundle({ version: NOW + 1, features: [known, id] }))
    const { asked, problems } = await refused('bundle-error')
    expect(asked).toHaveLength(2)
    expect(problems.join()).toContain(`The bundle's ranker reads ${words}.`)
    await edge.promote(
      await sampleBundle({ version: NOW + 2, features: [known] }, { popularity: backwards() }),
    )
    expect(await visitor.visit()).toMatchObject({ uptake: 'success', items: SECOND_ITEMS })
  })

  test('told by the ranker alone, as in bundles of before: refused when it has arrived', async () => {
    const files = { ranker: idleRanker([...FEATURE_IDS.slice(1), newer]), golden: encodeGolden([]) }
    await edge.promote(await sampleBundle({ version: NOW + 1 }, files))
    const { problems } = await refused('bundle-error')
    expect(problems.join()).toContain(`The ranker reads ${newer}, and there is ${known}.`)
  })
})

describe('rollback', () => {
  test('new_timestamp_version_rollback: a lower seq', async () => {
    const old = edge.current('/v1/head')
    await edge.promote(second)
    await taken()
    edge.answer('/v1/head', old)
    await refused('rollback-refused', second, SECOND_ITEMS)
  })

  test('simple_snapshot_rollback: other bytes behind a manifest that is here already', async () => {
    await edge.promote(second)
    await taken()
    edge.answer(`/v1/m/${second.hash}`, edge.current(`/v1/m/${first.hash}`))
    expect(await visitor.visit()).toMatchObject({
      uptake: 'up-to-date',
      items: SECOND_ITEMS,
      asked: ['/v1/head'],
    })
  })

  test('snapshot_rollback: a new head that names a manifest below the highest floor seen', async () => {
    const floored = await sampleBundle({ version: NOW + 2, floor: NOW + 1 }, { popularity: backwards() })
    await edge.promote(floored)
    await taken(floored)
    await edge.promote(first)
    await refused('rollback-refused', floored, SECOND_ITEMS)
    await edge.promote(second) // exactly at the floor
    await taken()
  })

  test('targets_rollback: a manifest below its own floor', async () => {
    await edge.promote(await sampleBundle({ version: NOW + 1, floor: NOW + 2 }))
    await refused('rollback-refused')
  })

  test('a floor counts from the moment it was seen, even if the bundle never arrived', async () => {
    const floored = await sampleBundle({ version: NOW + 2, floor: NOW + 1 }, { popularity: backwards() })
    await edge.promote(floored)
    serve(blob(floored, 'popularity'), () => 'x')
    await refused('hash-mismatch')
    await edge.promote(await sampleBundle({ version: NOW, seed: 2 }))
    visitor.later(0.01)
    await refused('rollback-refused')
  })

  test('a seq counts from the moment it was seen, even if the bundle never arrived', async () => {
    const old = edge.current('/v1/head')
    await edge.promote(await sampleBundle({ kind: 'evaluation' }))
    await refused('bundle-error')
    edge.answer('/v1/head', old)
    await refused('rollback-refused')
  })

  test('new_snapshot_version_mismatch: the head names another manifest than its address holds', async () => {
    await edge.promote(second)
    edge.answer(`/v1/m/${second.hash}`, edge.current(`/v1/m/${first.hash}`))
    await refused('hash-mismatch')
  })

  test('an operator goes back by a new head', async () => {
    await edge.promote(second)
    await taken()
    await edge.promote(first)
    await taken(first, FIRST_ITEMS)
  })

  test('the floor that was built into the loader holds for the first visit too', async () => {
    const newcomer = new Visitor(edge)
    newcomer.pins = { ...keys.pins, floor: NOW + 1 }
    expect(await newcomer.visit()).toMatchObject({ uptake: 'rollback-refused', manifest: null, items: [] })
    await edge.promote(second)
    expect(await newcomer.visit()).toMatchObject({ uptake: 'success', items: SECOND_ITEMS })
  })

  test('a stale pointer of a cache: older, valid, and refused as long as it is older than what was seen', async () => {
    const stale = edge.current('/v1/head')
    await edge.promote(first, { seq: 2 })
    const fresh = edge.current('/v1/head')
    expect((await visitor.visit()).uptake).toBe('up-to-date')
    edge.answer('/v1/head', stale)
    await refused('rollback-refused')
    edge.answer('/v1/head', fresh)
    expect((await visitor.visit()).uptake).toBe('up-to-date')
  })
})

describe('fast-forward', () => {
  const rotated = () => ({ release: keys.pins.release, ops: [...keys.pins.ops, ...other.pins.ops] })
  const byOther = (): FakeKeys => ({ ...keys, ops: other.ops })

  test('a jump beyond a million is refused, one below is not', async () => {
    await edge.promote(second, { seq: 1_000_002 })
    await refused('rollback-refused')
    await edge.promote(second, { seq: 1_000_001 })
    await taken()
  })

  test('new_timestamp_fast_forward_recovery: seq begins anew with another ops key', async () => {
    await edge.promote(first, { seq: 1_000_000 })
    expect((await visitor.visit()).seq).toBe(1_000_000)
    visitor.pins = rotated()
    await edge.promote(second, { seq: 1, issued: NOW + 1 }, byOther())
    await taken()
  })

  test('a stolen key cannot bar the way by dating its head into the future', async () => {
    await edge.promote(first, { seq: 2, issued: NOW + 3650 * DAY_MS, expires: NOW + 3660 * DAY_MS })
    expect((await visitor.visit()).uptake).toBe('up-to-date')
    visitor.pins = rotated()
    visitor.later(1)
    await edge.promote(second, { seq: 1, issued: NOW + DAY_MS, expires: NOW + 8 * DAY_MS }, byOther())
    await taken()
  })

  test('after a rotation the last head of the earlier key does not come back', async () => {
    const old = edge.current('/v1/head')
    visitor.pins = rotated()
    await edge.promote(second, { seq: 2, issued: NOW + 1 }, byOther())
    visitor.later(1)
    await taken()
    edge.answer('/v1/head', old)
    await refused('rollback-refused', second, SECOND_ITEMS)
  })

  test('a head that both keys signed counts for both', async () => {
    visitor.pins = rotated()
    const old = edge.current('/v1/head')
    edge.head = { ...edge.head, seq: 5, issued: NOW + 1 }
    await edge.signHead(JSON.stringify(edge.head), [keys.ops, other.ops])
    expect((await visitor.visit()).uptake).toBe('up-to-date')
    expect((await visitor.record())?.seqs).toEqual([
      ['films/ops', 5],
      ['films/ops2', 5],
    ])
    edge.answer('/v1/head', old)
    await refused('rollback-refused')
    await edge.promote(second, { seq: 4, issued: NOW + 2 }, byOther())
    await refused('rollback-refused')
  })
})

describe('expiry', () => {
  test.each([
    ['one second before', -1, 'up-to-date'],
    ['at the moment', 0, 'up-to-date'],
    ['one second after', 1, 'expired'],
  ] as const)('timestamp_expired: %s', async (_, after, uptake) => {
    await edge.setHead({ seq: 2, expires: NOW + DAY_MS })
    visitor.platform.clock = NOW + DAY_MS + after * 1000
    if (uptake === 'expired') await refused(uptake)
    else expect(await visitor.visit()).toMatchObject({ uptake, items: FIRST_ITEMS })
  })

  test.each([
    [-1, 'success'],
    [0, 'success'],
    [1, 'expired'],
  ] as const)('targets_expired: %i s after the last day of a manifest', async (after, uptake) => {
    await edge.promote(second, { active: { manifest: second.hash, notAfter: seconds(-after) } })
    if (uptake === 'expired') await refused(uptake)
    else await taken()
  })

  test('expired_metadata: what is kept may have expired meanwhile, as long as what comes has not', async () => {
    visitor.later(18)
    await edge.promote(second, { issued: NOW + 18 * DAY_MS, expires: NOW + 21 * DAY_MS })
    await taken()
  })

  test('a freeze: the same head for ever is refused from its expiry on, and still ranks', async () => {
    visitor.later(8)
    await refused('expired')
    await edge.promote(second, { issued: NOW + 8 * DAY_MS, expires: NOW + 15 * DAY_MS })
    await taken()
  })

  test('a freeze with a forged Date: the device knows how long it has seen this head', async () => {
    edge.clock = NOW
    visitor.later(6)
    expect((await visitor.visit()).uptake).toBe('up-to-date')
    visitor.later(2)
    await refused('expired')
  })

  test.each([
    ['a year ahead', 365, 'up-to-date'],
    ['a year behind', -365, 'up-to-date'],
  ] as const)('the device %s, and the server tells the time', async (_, days, uptake) => {
    const newcomer = new Visitor(edge)
    newcomer.wrongBy(days)
    edge.clock = NOW
    expect(await newcomer.visit()).toMatchObject({ uptake: 'success', items: FIRST_ITEMS })
    expect(await newcomer.visit()).toMatchObject({ uptake, items: FIRST_ITEMS })
    newcomer.later(2)
    await edge.promote(second, { issued: NOW + 2 * DAY_MS, expires: NOW + 9 * DAY_MS })
    edge.clock = NOW + 2 * DAY_MS
    expect(await newcomer.visit()).toMatchObject({ uptake: 'success', items: SECOND_ITEMS })
  })

  test('a live bundle does not grow stale by a clock that is a year ahead', async () => {
    await edge.promote(await sampleBundle({ version: NOW + 1, clock: 'live' }))
    edge.clock = NOW
    const newcomer = new Visitor(edge)
    newcomer.wrongBy(365)
    const core = await newcomer.open()
    await core.update()
    await core.record({ item: 'f2', kind: 'view', at: newcomer.platform.now() })
    const away = { fetch: () => Promise.reject(new TypeError('Failed to fetch')) }
    for (const [days, reason] of [
      [36, 'personal'],
      [2, 'stale'],
    ] as const) {
      newcomer.later(days)
      expect(await newcomer.visit(away)).toMatchObject({ uptake: 'network-error', reason })
    }
  })

  test('without a Date header a clock that is ahead refuses, one that is behind does not', async () => {
    await edge.promote(second)
    visitor.wrongBy(365)
    await refused('expired')
    visitor.wrongBy(-365)
    await taken()
  })

  test('a server that is wrong by less than a day is not believed', async () => {
    await edge.setHead({ seq: 2, expires: NOW + 1 })
    visitor.platform.clock = NOW + 60_000
    edge.clock = NOW - 3_600_000
    await refused('expired')
  })
})

describe('signatures', () => {
  const envelope = (payload: string, sigs: unknown[]) => JSON.stringify({ payload, sigs })
  const signed = async (key: SigningKey, kid = key.kid) => {
    const payload = JSON.stringify({
      ...edge.head,
      seq: 2,
      active: { manifest: second.hash, notAfter: seconds(99) },
    })
    const { sigs } = await sign('head', payload, [{ ...key, kid }])
    return { payload, sig: sigs[0]! }
  }
  beforeEach(() => edge.promote(second))

  test('one pinned signature among strangers is enough', async () => {
    const { payload, sig } = await signed(keys.ops)
    const stranger = (await signed(other.ops)).sig
    serve('/v1/head', () => envelope(payload, [stranger, sig]))
    await taken()
  })

  test('none is not: a stranger, a stranger under a pinned name, an unknown name', async () => {
    for (const [key, kid] of [
      [other.ops, 'ops2'],
      [other.ops, 'ops'],
      [keys.ops, 'nobody'],
      [keys.ops, ''],
    ] as const) {
      const { payload, sig } = await signed(key, kid)
      serve('/v1/head', () => envelope(payload, [sig]))
      await refused('sign-error')
    }
  })

  test('duplicate_keys: one key twice, under one name or two, is no second signature', async () => {
    const { payload, sig } = await signed(keys.ops)
    serve('/v1/head', () => envelope(payload, [sig, sig]))
    await refused('sign-error')
    serve('/v1/head', () =>
      envelope(payload, [
        { ...sig, kid: 'a' },
        { ...sig, kid: 'b' },
      ]),
    )
    await refused('sign-error')
  })

  test('no signature, too many, and signatures that are none', async () => {
    const { payload, sig } = await signed(keys.ops)
    for (const sigs of [
      [],
      Array.from({ length: 9 }, (_, i) => ({ ...sig, kid: `${i}` })),
      [null],
      ['x'],
      {},
    ]) {
      serve('/v1/head', () => envelope(payload, sigs as unknown[]))
      await refused('parse-error')
    }
    for (const bad of ['', 'AAAA', '!', sig.sig.slice(1), `${sig.sig.slice(0, -4)}AAA=`]) {
      serve('/v1/head', () => envelope(payload, [{ ...sig, sig: bad }]))
      await refused('sign-error')
    }
  })

  test('wrong_hashing_algorithm: the algorithm is the pinned one, whatever the message claims', async () => {
    const { payload, sig } = await signed(keys.ops)
    for (const alg of ['none', 'HS256', 'ES384']) {
      serve('/v1/head', () => envelope(payload, [{ ...sig, sig: '', alg }]))
      await refused('sign-error')
    }
    serve('/v1/head', () => envelope(payload, [{ ...sig, alg: 'none' }]))
    await taken()
  })

  test.each(['manifest', 'overlay'] as const)('a head that was signed as a %s is none', async (context) => {
    const payload = JSON.stringify({ ...edge.head, seq: 9 })
    const { sigs } = await sign(context, payload, [keys.ops])
    serve('/v1/head', () => envelope(payload, sigs))
    await refused('sign-error')
  })

  test('each key has its role: release keys sign no heads, ops keys no manifests', async () => {
    await edge.signHead(JSON.stringify({ ...edge.head, seq: 9 }), [{ ...keys.release, kid: 'ops' }])
    await refused('sign-error')
    await edge.promote(second, {}, { ...keys, release: { ...keys.ops, kid: 'release' } })
    await refused('sign-error')
  })

  test('a manifest by strangers is refused, and one without a signature', async () => {
    await edge.promote(second, {}, { ...keys, release: other.release })
    await refused('sign-error')
    serve(`/v1/m/${second.hash}`, () => envelope(second.payload, []))
    await refused('parse-error')
  })

  test('no pins, no trust', async () => {
    const newcomer = new Visitor(edge)
    newcomer.pins = { release: [], ops: [] }
    expect(await newcomer.visit()).toMatchObject({ uptake: 'sign-error', manifest: null })
  })
})

describe('schema', () => {
  const later = (change: object) =>
    edge.signHead(
      JSON.stringify({
        ...edge.head,
        seq: 2,
        active: { manifest: second.hash, notAfter: seconds(99) },
        ...change,
      }),
      [keys.ops],
    )
  beforeEach(() => edge.promote(second))

  test('custom_fields: what is unknown is passed over, signed like everything else', async () => {
    const manifest = JSON.stringify({ ...second.manifest, future: { a: [1] } })
    const bundle = { ...second, payload: manifest, hash: await sha256(manifest) }
    await edge.promote(bundle)
    await later({
      active: { manifest: bundle.hash, notAfter: seconds(99), future: 1 },
      plans: { b: 2 },
      'x-y': null,
    })
    await taken(bundle)
  })

  test.each([
    ['a newer schema', { schema: 2 }],
    ['no schema', { schema: undefined }],
    ['a seq of 0', { seq: 0 }],
    ['a seq that is no number', { seq: '2' }],
    ['a seq beyond 2^53', { seq: 2 ** 60 }],
    ['no expiry', { expires: undefined }],
    ['an expiry that is a text', { expires: '2099-01-01' }],
    ['a manifest that is a path', { active: { manifest: '../head', notAfter: seconds(99) } }],
    ['another type in place of the active manifest', { active: 'x' }],
  ])('a signed head with %s: refused, not guessed at', async (_, change) => {
    await later(change)
    await refused('parse-error')
  })

  test.each([
    ['newer schema', { schema: 2 }, 'parse-error'],
    [
      'files twice',
      { files: [...'ab'].map(() => ({ role: 'golden', sha256: '0'.repeat(64), bytes: 1 })) },
      'parse-error',
    ],
    [
      'file beyond its cap',
      { files: [{ role: 'golden', sha256: '0'.repeat(64), bytes: 1e9 }] },
      'parse-error',
    ],
    [
      'bundle beyond its cap',
      {
        files: Array.from({ length: 9 }, (_, i) => ({
          role: `details/${i}`,
          sha256: '0'.repeat(64),
          bytes: 16e6,
        })),
      },
      'bundle-error',
    ],
    ['newer loader asked for', { minLoader: 2 }, 'bundle-error'],
    ['bundle for evaluation', { kind: 'evaluation' }, 'bundle-error'],
    ['other site', { site: 'shoes' }, 'wrong-site'],
    ['no popularity', { files: [] }, 'bundle-error'],
  ] as const)('a signed manifest: %s', async (_, change, uptake) => {
    const payload = JSON.stringify({ ...second.manifest, ...change })
    const bundle = { ...second, payload, hash: await sha256(payload) }
    await edge.promote(bundle)
    await refused(uptake)
  })

  test('a head of another site, by the same keys', async () => {
    await edge.setHead({ site: 'shoes', seq: 9 })
    await refused('wrong-site')
    // Nor together with a release that belongs to it.
    await edge.promote(await sampleBundle({ site: 'shoes', version: NOW + 1 }), { site: 'shoes', seq: 10 })
    await refused('wrong-site')
  })

  test('no live bundle', async () => {
    await edge.setHead({ seq: 9, active: null })
    await refused('server-error')
  })
})

describe('bytes', () => {
  beforeEach(() => edge.promote(second))
  const changed = () => blob(second, 'popularity')
  const bytesOf = (path: string) => second.blobs.get(path.slice('/v1/b/'.length))!

  test('new_targets_hash_mismatch, repository_substitutes_target_file: mix-and-match of valid blobs', async () => {
    edge.answer(changed(), edge.current(blob(first, 'popularity')))
    await refused('hash-mismatch')
  })

  test.each([
    ['one byte more', (b: Uint8Array<ArrayBuffer>) => new Blob([b, 'x']), 'bundle-error'],
    ['one byte less', (b: Uint8Array<ArrayBuffer>) => b.slice(1), 'hash-mismatch'],
    ['nothing', () => '', 'hash-mismatch'],
    ['a web page', () => '<!doctype html><title>Sign in</title>', 'hash-mismatch'],
    ['a broken-off body', (b: Uint8Array<ArrayBuffer>) => broken(b.slice(0, 9)), 'network-error'],
  ] as const)('multiple_changes_to_target: %s', async (_, change, uptake) => {
    serve(changed(), () => change(bytesOf(changed())))
    await refused(uptake)
    visitor.later(0.01)
    serve(changed(), () => bytesOf(changed()))
    await taken()
  })

  test.each(['/v1/head', 'manifest', 'blob'])(
    'endless data in place of %s: given up one chunk past the cap',
    async (what) => {
      const path = what === 'blob' ? changed() : what === 'manifest' ? `/v1/m/${second.hash}` : what
      let sent = 0
      const chunk = new Uint8Array(4096)
      serve(
        path,
        () =>
          new ReadableStream(
            {
              pull(controller) {
                sent++
                controller.enqueue(chunk)
              },
            },
            { highWaterMark: 0 },
          ),
      )
      await refused('bundle-error')
      const cap = what === 'blob' ? bytesOf(path).length : what === 'manifest' ? 512 * 1024 : 16 * 1024
      expect(sent * chunk.length).toBeLessThanOrEqual(2 * (cap + 2 * chunk.length)) // two attempts
    },
  )

  test('a head of just too many characters', async () => {
    await edge.signHead(JSON.stringify({ ...edge.head, seq: 9, op: 'x', pad: 'x'.repeat(16_384) }), [
      keys.ops,
    ])
    await refused('bundle-error')
  })

  test('poisoned caches: head, manifest and blob come right past them', async () => {
    for (const path of ['/v1/head', `/v1/m/${second.hash}`, changed()]) {
      const good = edge.current(path)
      let asked = 0
      edge.answer(path, () => (asked++ === 0 ? new Response('poisoned') : good()))
    }
    const before = edge.requests.length
    await taken()
    const again = edge.requests.slice(before).filter(({ init }) => init.cache === 'reload')
    expect(again.map(({ path }) => path)).toEqual(['/v1/head', `/v1/m/${second.hash}`, changed()])
  })

  test('a connection that breaks once is tried again a little later', async () => {
    let asked = 0
    serve(changed(), () => (asked++ === 0 ? broken(bytesOf(changed()).slice(0, 9)) : bytesOf(changed())))
    await taken()
    expect(visitor.platform.pauses).toEqual([1500])
  })
})

describe('answers that are none', () => {
  beforeEach(() => edge.promote(second))

  test.each([404, 410, 429, 500, 502, 503, 1015])('status %i of the head', async (status) => {
    serve('/v1/head', () => 'no', { status: status === 1015 ? 429 : status })
    await refused('server-error')
  })

  test.each(['manifest', 'blob'])(
    'a missing %s: the head is not at fault, and what arrived is kept',
    async (what) => {
      const path = what === 'blob' ? blob(second, 'popularity') : `/v1/m/${second.hash}`
      const good = edge.current(path)
      serve(path, () => 'not found', { status: 404 })
      await refused('server-error')
      edge.answer(path, good)
      visitor.later(0.01)
      const { asked } = await taken()
      expect(asked.filter((one) => one.startsWith('/v1/b/')).length).toBeLessThanOrEqual(2)
    },
  )

  test('a captive portal', async () => {
    for (const path of ['/v1/head', `/v1/m/${second.hash}`]) {
      const good = edge.current(path)
      serve(path, () => '<!doctype html><form action=/login>', { headers: { 'content-type': 'text/html' } })
      await refused('parse-error')
      edge.answer(path, good)
    }
  })

  test('JSON that is no envelope', async () => {
    for (const body of ['null', '[]', '7', '"x"', '{}', '{"payload":7,"sigs":[]}', '{"__proto__":{}}', '{']) {
      serve('/v1/head', () => body)
      await refused('parse-error')
    }
  })

  test('a server that hangs', async () => {
    const slow = () => Promise.reject(new DOMException('The operation timed out.', 'TimeoutError'))
    expect(await visitor.visit({ fetch: slow })).toMatchObject({ uptake: 'timeout', items: FIRST_ITEMS })
  })
})

describe('patience', () => {
  const refuseWith = (retryAfter: string | null, status = 503) =>
    serve('/v1/head', () => '', { status, ...(retryAfter && { headers: { 'retry-after': retryAfter } }) })
  const asksAgainAfter = async (ms: number) => {
    const good = edge.current('/v1/head')
    await refused('server-error')
    edge.answer('/v1/head', good)
    const at = visitor.platform.clock
    visitor.platform.clock = at + ms - 1000
    expect(await visitor.visit()).toMatchObject({ uptake: 'backoff', asked: [], items: FIRST_ITEMS })
    visitor.platform.clock = at + ms
    expect((await visitor.visit()).asked).toContain('/v1/head')
  }
  const JITTER = 1.125 // random() is ½ here, of at most a quarter

  test.each([429, 503])('%i: seconds', async (status) => {
    refuseWith('120', status)
    edge.requests.length = 0
    await asksAgainAfter(120_000 * JITTER)
    // Once while it refused, once when the time had come: a refusal is not asked for again, past caches or otherwise.
    expect(edge.paths().filter((path) => path === '/v1/head')).toHaveLength(2)
  })

  test('a date, by the clock of the server that gave it', async () => {
    refuseWith(new Date(seconds(600)).toUTCString())
    edge.clock = NOW
    visitor.wrongBy(0.5)
    await asksAgainAfter(600_000 * JITTER)
  })

  test.each(['1e99', 'soon', null])('%j: about a minute', async (value) => {
    refuseWith(value)
    await asksAgainAfter(60_000 * JITTER)
  })

  test.each(['999999999', new Date(NOW + 3650 * DAY_MS).toUTCString()])(
    '%s: a day at the most',
    async (value) => {
      refuseWith(value)
      await asksAgainAfter(DAY_MS)
    },
  )

  test('zero, and a moment that has passed: at once', async () => {
    for (const value of ['0', new Date(seconds(-600)).toUTCString()]) {
      refuseWith(value)
      expect((await visitor.visit()).uptake).toBe('server-error')
      expect((await visitor.visit()).asked).toContain('/v1/head')
    }
  })

  test('wrong bytes are not fetched again at every page', async () => {
    await edge.promote(second)
    serve(blob(second, 'popularity'), () => 'x')
    expect((await visitor.visit()).uptake).toBe('hash-mismatch')
    expect(await visitor.visit()).toMatchObject({ uptake: 'backoff', asked: [] })
  })

  test('the head asks for patience: seconds, a day at the most, with some chance', async () => {
    for (const [backoff, ms] of [
      [600, 600_000 * JITTER],
      [10 ** 9, DAY_MS],
    ] as const) {
      await edge.setHead({ seq: edge.head.seq + 1, backoff, expires: NOW + 99 * DAY_MS })
      expect((await visitor.visit()).uptake).toBe('up-to-date')
      const at = visitor.platform.clock
      visitor.platform.clock = at + ms - 1
      expect(await visitor.visit()).toMatchObject({ uptake: 'backoff', asked: [], items: FIRST_ITEMS })
      visitor.platform.clock = at + ms
      expect((await visitor.visit()).uptake).toBe('up-to-date')
      visitor.later(2)
    }
  })

  test('a shorter wait does not end a longer one', async () => {
    await edge.promote(second, { backoff: 3600 })
    serve(`/v1/m/${second.hash}`, () => '', { status: 503, headers: { 'retry-after': '1' } })
    expect((await visitor.visit()).uptake).toBe('server-error')
    visitor.platform.clock = NOW + 3_600_000
    expect((await visitor.visit()).uptake).toBe('backoff')
  })

  test('a clock that was set back does not make the wait longer than a day', async () => {
    refuseWith('86400')
    expect((await visitor.visit()).uptake).toBe('server-error')
    visitor.wrongBy(-365)
    expect((await visitor.visit()).asked).toContain('/v1/head')
  })
})

function broken(part: Uint8Array): ReadableStream {
  return new ReadableStream({
    start: (controller) => controller.enqueue(part),
    pull: (controller) => controller.error(new TypeError('terminated')),
  })
}
