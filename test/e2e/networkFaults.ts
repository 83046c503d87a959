import { sign } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { Head, Manifest } from '../../shared/bundle/manifest.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import type { Uptake } from '../../shared/domain/rankerThread.ts'
import {
  answered,
  changed,
  cutOff,
  endedEarly,
  endless,
  type Fault,
  type Reply,
  refused,
} from './faultyEdge.ts'
import type { Stage } from './stage.ts'

/**
 * What goes wrong between a visitor and the edge, one row each, in a real browser against the real Worker. Units in
 * test/web/update.test.ts go through the same faults in their variations; the film site's are in journeys.test.ts.
 */
export interface NetworkFault {
  /** Number in the failure table of the design; T: in its threat model. */
  readonly id: string
  readonly what: string
  readonly inject: (stage: Stage) => Promise<Fault> | Fault
  /** What the site's owner is told. */
  readonly uptake: Uptake
  /** The newest release arrives in spite of the fault; otherwise the one before ranks as it did. */
  readonly arrives?: true
  /** A variation that is tried in the long tests only. */
  readonly long?: true
}

const HEAD = /\/v1\/head$/
const MANIFEST = /\/v1\/m\//
const BLOB = /\/v1\/b\//
const API = /\/v1\//
const TEXT = { 'content-type': 'application/json' }
const PORTAL = '<!doctype html><title>Welcome to our network</title><p>Please log in.'
const YEAR_MS = 365 * DAY_MS

const flip = (reply: Reply): Reply => {
  reply.body[reply.body.length >> 1]! ^= 1
  return reply
}
const withHead = async (stage: Stage, ...change: Parameters<Stage['head']>) =>
  answered(HEAD, 200, TEXT, await stage.head(...change))
const portal = (where: RegExp) => answered(where, 200, { 'content-type': 'text/html' }, PORTAL)

/** The head of a world whose clocks differ by so much from the visitor's. */
async function worldAt(stage: Stage, ms: number, tells: boolean): Promise<Fault> {
  const text = await stage.head(({ issued, expires, active }) => ({
    issued: issued + ms,
    expires: expires + ms,
    active: active && { ...active, notAfter: active.notAfter + ms },
  }))
  return changed(HEAD, ({ headers: { date: _, ...headers } }) => {
    const body = Buffer.from(text)
    const date = tells
      ? { date: new Date(Date.now() + ms).toUTCString() }
      : { 'access-control-expose-headers': '' }
    return { status: 200, headers: { ...headers, ...date, 'content-length': String(body.length) }, body }
  })
}

/** A release that only a release key could make, and a head that names it. */
async function withManifest(stage: Stage, change: object): Promise<Fault> {
  const payload = JSON.stringify({
    ...stage.releases.at(-1)!.manifest,
    ...change,
  } satisfies Partial<Manifest>)
  const envelope = JSON.stringify(await sign('manifest', payload, stage.keys.release))
  const manifest = await sha256(payload)
  const head = await withHead(stage, ({ active }) => ({ active: { ...active!, manifest } }))
  const served = answered(MANIFEST, 200, TEXT, envelope)
  return async (passing) => (await head(passing)) || served(passing)
}

const signedBy = async (stage: Stage, change: (sigs: { kid: string; sig: string }[]) => object[]) => {
  const { payload, sigs } = JSON.parse(await stage.head())
  return answered(HEAD, 200, TEXT, JSON.stringify({ payload, sigs: change(sigs) }))
}

export const networkFaults: readonly NetworkFault[] = [
  { id: 'F1', what: 'nobody answers', inject: () => refused(API), uptake: 'network-error' },
  { id: 'F2', what: 'the connection breaks in a blob', inject: () => cutOff(BLOB), uptake: 'network-error' },
  {
    id: 'F2',
    what: 'the connection breaks in a manifest',
    inject: () => cutOff(MANIFEST),
    uptake: 'network-error',
    long: true,
  },
  {
    id: 'F3',
    what: 'a head without a length ends early',
    inject: () => endedEarly(HEAD),
    uptake: 'parse-error',
    long: true,
  },
  {
    id: 'F3',
    what: 'a blob without a length ends early',
    inject: () => endedEarly(BLOB),
    uptake: 'hash-mismatch',
  },
  {
    id: 'F4',
    what: 'a bit of a blob is flipped',
    inject: () => changed(BLOB, flip),
    uptake: 'hash-mismatch',
  },
  {
    id: 'F4',
    what: 'a bit of a blob is flipped once: asked again, past every cache',
    inject: () => changed(BLOB, (reply, { time }) => (time === 1 ? flip(reply) : reply)),
    uptake: 'success',
    arrives: true,
    long: true,
  },
  {
    id: 'F4',
    what: 'a compressed blob is damaged once',
    inject: () => async (passing) => {
      if (!BLOB.test(passing.path) || passing.time > 1) return false
      passing.answer(flip(await passing.upstream()))
      return true
    },
    uptake: 'success',
    arrives: true,
  },
  {
    id: 'F4',
    what: 'a bit of a manifest is flipped once',
    inject: () => changed(MANIFEST, (reply, { time }) => (time === 1 ? flip(reply) : reply)),
    uptake: 'success',
    arrives: true,
    long: true,
  },
  {
    id: 'T4',
    what: 'a good blob of another release',
    inject: (stage) => changed(BLOB, (reply) => ({ ...reply, body: stage.file(-2, 'details/0') })),
    uptake: 'hash-mismatch',
  },
  {
    id: 'F5',
    what: 'the head is signed by a stranger',
    inject: (stage) => withHead(stage, {}, { ...stage.keys.release[0]!, kid: stage.opsKey.kid }),
    uptake: 'sign-error',
  },
  {
    id: 'F5',
    what: 'the head is signed by nobody',
    inject: (stage) => signedBy(stage, () => []),
    uptake: 'parse-error',
    long: true,
  },
  {
    id: 'F5',
    what: 'the head is signed by a key that is not pinned',
    inject: (stage) => signedBy(stage, (sigs) => sigs.map(({ sig }) => ({ kid: 'ops-2', sig }))),
    uptake: 'sign-error',
    long: true,
  },
  {
    id: 'F5',
    what: 'the head is signed twice by one key',
    inject: (stage) => signedBy(stage, (sigs) => [...sigs, ...sigs]),
    uptake: 'sign-error',
    long: true,
  },
  {
    id: 'F6',
    what: 'an old head is replayed',
    inject: (stage) => withHead(stage, ({ seq }) => ({ seq: seq - 2 })),
    uptake: 'rollback-refused',
  },
  {
    id: 'T5',
    what: 'a head from far ahead',
    inject: (stage) => withHead(stage, ({ seq }) => ({ seq: seq + 2_000_000 })),
    uptake: 'rollback-refused',
    long: true,
  },
  {
    id: 'F7',
    what: 'the head has expired',
    inject: (stage) => withHead(stage, { expires: Date.now() - 1000 }),
    uptake: 'expired',
  },
  {
    id: 'F7',
    what: 'the edge’s word for the release has expired',
    inject: (stage) =>
      withHead(stage, ({ active }) => ({ active: { ...active!, notAfter: Date.now() - 1000 } })),
    uptake: 'expired',
    long: true,
  },
  {
    id: 'F8',
    what: 'the visitor’s clock is a year behind',
    inject: (stage) => worldAt(stage, YEAR_MS, true),
    uptake: 'success',
    arrives: true,
    long: true,
  },
  {
    id: 'F8',
    what: 'the visitor’s clock is a year ahead',
    inject: (stage) => worldAt(stage, -YEAR_MS, true),
    uptake: 'success',
    arrives: true,
  },
  {
    id: 'F8',
    what: 'a year ahead, and the edge does not tell the time',
    inject: (stage) => worldAt(stage, -YEAR_MS, false),
    uptake: 'expired',
    long: true,
  },
  {
    id: 'F30',
    what: 'a captive portal in place of the head',
    inject: () => portal(HEAD),
    uptake: 'parse-error',
  },
  {
    id: 'F30',
    what: 'a captive portal in place of a manifest',
    inject: () => portal(MANIFEST),
    uptake: 'parse-error',
    long: true,
  },
  {
    id: 'F30',
    what: 'a captive portal in place of a blob',
    inject: () => portal(BLOB),
    uptake: 'hash-mismatch',
    long: true,
  },
  {
    id: 'F32',
    what: 'a head of a later version',
    inject: (stage) => withHead(stage, { schema: 2 } as object),
    uptake: 'parse-error',
  },
  {
    id: 'F32',
    what: 'a manifest of a later version',
    inject: (stage) => withManifest(stage, { schema: 2 }),
    uptake: 'parse-error',
    long: true,
  },
  {
    id: 'F32',
    what: 'a release that asks for a newer loader',
    inject: (stage) => withManifest(stage, { minLoader: 99 }),
    uptake: 'bundle-error',
    long: true,
  },
  {
    id: 'F32',
    what: 'a head with fields that nobody knows yet',
    inject: (stage) => withHead(stage, { later: { of: ['some', 'shape'] } } as Partial<Head>),
    uptake: 'success',
    arrives: true,
    long: true,
  },
  { id: 'T8', what: 'a blob without end', inject: () => endless(BLOB), uptake: 'bundle-error' },
  { id: 'T8', what: 'a head without end', inject: () => endless(HEAD), uptake: 'bundle-error', long: true },
]
