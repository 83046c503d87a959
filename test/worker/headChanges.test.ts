import { createScheduledController, reset } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../shared/bundle/hash.ts'
import type { DeliveryStatus, Written } from '../../shared/delivery/api.ts'
import type { Collected } from '../../shared/delivery/collectGarbage.ts'
import type { AuditLine } from '../../shared/delivery/deliveryStore.ts'
import { routes } from '../../shared/domain/routes.ts'
import worker from '../../worker/index.ts'
import { createEdge, type Edge, TOKENS, uniqueBlobs } from './createEdge.ts'

const DAY = 86_400_000
let edge: Edge
beforeEach(async () => {
  await reset()
  edge = await createEdge()
})

const post = async <T = Written>(path: string, body: object, token: keyof typeof TOKENS = 'promote') => {
  const response = await edge.post(path, body, token)
  if (!response.ok) throw new Error(await response.text())
  return response.json<T>()
}
const get = async <T>(path: string, token: keyof typeof TOKENS = 'read') => {
  const response = await edge.call(path, { headers: { authorization: `Bearer ${TOKENS[token]}` } })
  if (!response.ok) throw new Error(await response.text())
  return response.json<T>()
}
const versions = async () => {
  const names = [await edge.publish(uniqueBlobs()), await edge.publish(uniqueBlobs())] as const
  for (const [i, name] of names.entries()) await post(routes.admin.promote, { manifest: name, op: `p${i}` })
  return names
}

describe('over the API', () => {
  it('canary, rollback, kill and their traces', async () => {
    const [a, b] = await versions()
    const c = await edge.publish(uniqueBlobs())
    await post(routes.admin.canary, { manifest: c, permille: 25, op: 'c' })
    expect((await edge.head()).canary).toMatchObject({ manifest: c, permille: 25 })
    expect(await post(routes.admin.rollback, { op: 'back', reason: 'too few clicks' })).toMatchObject({
      manifest: a,
      previous: b,
    })
    await post(routes.admin.kill, { on: true, op: 'k' })
    // Read through the same cache as visitors do: a change is seen here at once.
    expect(await edge.head()).toMatchObject({ seq: 5, kill: true, active: { manifest: a } })
    const { versions: known, approvals } = await get<DeliveryStatus>(routes.admin.status)
    expect(known.map(({ manifest }) => manifest)).toEqual([a])
    expect(approvals).toBe(false)
    const { lines } = await get<{ lines: AuditLine[] }>(routes.admin.audit(2))
    expect(lines).toMatchObject([
      { seq: 5, did: 'kill on', who: 'promote' },
      { seq: 4, did: 'rollback', reason: 'too few clicks', manifest: a },
    ])
  })

  it('what is not asked in the right form changes nothing', async () => {
    await versions()
    for (const [path, body] of [
      [routes.admin.canary, { manifest: 'a'.repeat(64), permille: 1001, op: 'x' }],
      [routes.admin.canary, { manifest: 'a'.repeat(64), permille: 0.5, op: 'x' }],
      [routes.admin.kill, { on: 'yes', op: 'x' }],
      [routes.admin.kill, { on: true }],
      [routes.admin.kill, { on: true, op: 'with space' }],
      [routes.admin.rollback, { op: 'x', to: 'abc' }],
      [routes.admin.refresh, { op: 'x', reason: 'r'.repeat(81) }],
    ] as const) {
      const response = await edge.post(path, body)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'parse_error' })
    }
    expect((await edge.head()).seq).toBe(2)
  })

  it('a second person approves, under their own name', async () => {
    const hash = (token: string) => sha256(token)
    const strict = await createEdge({
      APPROVALS: '2',
      ADMIN_TOKENS: JSON.stringify([
        { name: 'robot', scope: 'publish', sha256: await hash(TOKENS.publish) },
        { name: 'alice', scope: 'promote', sha256: await hash(TOKENS.promote) },
        { name: 'bob', scope: 'promote', sha256: await hash(TOKENS.read) },
      ]),
    })
    const manifest = await strict.publish(uniqueBlobs())
    const asked = await strict.promote(manifest, 'wish')
    expect(asked.status).toBe(202)
    expect(await asked.json()).toMatchObject({ pending: true, op: 'wish' })
    expect((await strict.call(routes.head)).status).toBe(404)
    expect((await strict.post(routes.admin.approve, { op: 'wish' })).status).toBe(403)
    expect((await strict.post(routes.admin.approve, { op: 'wish' }, 'publish')).status).toBe(403)
    expect((await strict.post(routes.admin.approve, { op: 'wish' }, 'read')).status).toBe(200)
    expect((await strict.head()).active?.manifest).toBe(manifest)
    const lines = await strict.call(routes.admin.audit(1), {
      headers: { authorization: `Bearer ${TOKENS.promote}` },
    })
    expect(await lines.json()).toMatchObject({ lines: [{ who: 'alice+bob' }] })
  })
})

describe('garbage', () => {
  it('is collected by hand and on Sundays, never what is live', async () => {
    const [a, b] = await versions()
    const orphan = await edge.publish(uniqueBlobs())
    expect(await post<Collected>(routes.admin.gc, { dryRun: true }, 'publish')).toMatchObject({
      documents: 0,
    })
    // The bucket dates what it stores by its own clock.
    const sunday = new Date(Date.now() + 40 * DAY)
    sunday.setUTCDate(sunday.getUTCDate() + ((7 - sunday.getUTCDay()) % 7))
    const run = (time: Date) =>
      worker.scheduled(createScheduledController({ scheduledTime: time, cron: '17 3 * * *' }), edge.env)
    await run(new Date(sunday.getTime() - DAY))
    expect((await edge.call(routes.manifest(orphan))).status).toBe(200)
    await run(sunday)
    const left = (await edge.env.BUNDLES.list({ prefix: 'm/' })).objects.map(({ key }) => key)
    expect(left.sort()).toEqual([`m/${a}`, `m/${b}`].sort())
    expect((await edge.env.BUNDLES.list({ prefix: 'b/' })).objects).toHaveLength(2)
  })
})
