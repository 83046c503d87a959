import { reset } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { openEnvelope, type SigningKey } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import type { AuditLine } from '../../shared/delivery/deliveryStore.ts'
import { routes } from '../../shared/domain/routes.ts'
import { createEdge, manifestOf, newKey, TOKENS, uniqueBlobs } from './createEdge.ts'

const pinned = ({ kid, alg, x, y }: SigningKey) => ({ kid, alg, x, y })
let release: SigningKey
let ops: readonly SigningKey[]
beforeEach(async () => {
  await reset()
  release = await newKey('release-1')
  ops = [await newKey('ops-1'), await newKey('ops-2'), await newKey('ops-3')]
})

/** A deployment: the same bucket, the first key signs, all of them are pinned. */
async function deployed(...keys: readonly number[]) {
  const own = keys.map((i) => ops[i]!)
  const edge = await createEdge({
    OPS_KEY: JSON.stringify(own[0]),
    PINS: JSON.stringify({ release: [pinned(release)], ops: own.map(pinned) }),
  })
  const publish = async () => {
    const blobs = uniqueBlobs()
    await edge.putBlob(blobs.popularity)
    const manifest = await manifestOf(blobs)
    expect((await edge.putManifest(manifest, [release])).status).toBe(201)
    return sha256(JSON.stringify(manifest))
  }
  const head = async (...trusted: readonly number[]) => {
    const text = await (await edge.call(routes.head)).text()
    const pins = { release: [], ops: trusted.map((i) => pinned(ops[i]!)) }
    const { payload, kids } = await openEnvelope('head', text, pins)
    return { ...parseHead(payload), kids }
  }
  const change = async (path: string, body: object) => {
    const response = await edge.post(path, body)
    return { status: response.status, ...(await response.json<{ seq?: number; code?: string }>()) }
  }
  const audit = async () => {
    const headers = { authorization: `Bearer ${TOKENS.read}` }
    const { lines } = await (await edge.call(routes.admin.audit(20), { headers })).json<{
      lines: AuditLine[]
    }>()
    return lines.map(({ kid, seq, did }) => `${kid} ${seq} ${did.split(' ')[0]}`)
  }
  return { publish, head, change, audit }
}

describe('an edge whose ops key changes', () => {
  it('goes on counting and keeps what the head says, while both keys are pinned', async () => {
    const before = await deployed(0, 1)
    const manifest = await before.publish()
    await before.change(routes.admin.promote, { manifest, op: 'live' })
    await before.change(routes.admin.kill, { on: true, op: 'stop' })
    expect(await before.head(0, 1)).toMatchObject({ seq: 2, kill: true, kids: ['ops-1'] })

    const after = await deployed(1, 0, 2)
    // Until somebody signs, the old head is served, and every loader takes it.
    expect(await after.head(0, 1)).toMatchObject({ seq: 2, kids: ['ops-1'] })
    expect(await after.change(routes.admin.refresh, { op: 'again' })).toMatchObject({ status: 200, seq: 3 })
    // An old loader pins the first two, a new one all three.
    for (const loader of [
      [0, 1],
      [0, 1, 2],
      [1, 2],
    ]) {
      expect(await after.head(...loader)).toMatchObject({
        seq: 3,
        kill: true,
        active: { manifest },
        kids: ['ops-2'],
      })
    }
    // What was done under the old key stays done.
    expect(await after.change(routes.admin.promote, { manifest, op: 'live' })).toMatchObject({
      seq: 1,
      replayed: true,
    })

    const last = await deployed(1, 2)
    expect(await last.change(routes.admin.kill, { on: false, op: 'go' })).toMatchObject({
      status: 200,
      seq: 4,
    })
    expect(await last.audit()).toEqual(['ops-2 4 kill', 'ops-2 3 refresh', 'ops-1 2 kill', 'ops-1 1 promote'])
  })

  it('begins anew where the old key is unpinned too early: the very step that "keys revoke" holds back', async () => {
    const before = await deployed(0, 1)
    const manifest = await before.publish()
    await before.change(routes.admin.promote, { manifest, op: 'live' })
    await before.change(routes.admin.kill, { on: true, op: 'stop' })
    const hasty = await deployed(1, 2)
    expect(await hasty.change(routes.admin.refresh, { op: 'again' })).toMatchObject({
      status: 404,
      code: 'not_found',
    })
    await hasty.change(routes.admin.promote, { manifest, op: 'anew' })
    const head = await hasty.head(1, 2)
    expect(head).toMatchObject({ seq: 1, kids: ['ops-2'] })
    expect(head.kill).toBeUndefined() // personal slates would be on again
  })
})
