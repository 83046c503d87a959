import { createScheduledController, reset } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { sign, verify } from '../../shared/bundle/envelope.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import type { Written } from '../../shared/delivery/api.ts'
import { routes } from '../../shared/domain/routes.ts'
import worker from '../../worker/index.ts'
import { openStore } from '../../worker/r2Store.ts'
import { createEdge, type Edge, uniqueBlobs } from './createEdge.ts'

const DAY = 86_400_000
let edge: Edge
beforeEach(async () => {
  await reset()
  edge = await createEdge()
})

const written = async (response: Response): Promise<Written> => {
  if (!response.ok) throw new Error(await response.text())
  return response.json()
}
const refused = async (response: Response) => {
  const { code, detail } = await response.json<{ code: string; detail: string }>()
  return { status: response.status, code, detail }
}

describe('promote', () => {
  it('signs a head with the ops key, good for seven days, for a manifest good for ninety', async () => {
    const manifest = await edge.publish(uniqueBlobs())
    expect(await written(await edge.promote(manifest, 'one'))).toEqual({
      seq: 1,
      op: 'one',
      manifest,
      previous: null,
      replayed: false,
    })
    const envelope = await (await edge.call(routes.head)).text()
    const head = parseHead(await verify('head', envelope, JSON.parse(edge.env.PINS!)))
    expect(head).toMatchObject({ site: 'films', seq: 1, op: 'one' })
    const { now } = edge.clock
    expect(head).toMatchObject({ issued: now, expires: now + 7 * DAY, active: { notAfter: now + 90 * DAY } })
  })

  it('refuses what is not published, or has lost a blob since', async () => {
    expect(await refused(await edge.promote('c'.repeat(64), 'one'))).toMatchObject({
      status: 404,
      code: 'not_found',
    })
    const manifest = await edge.publish(uniqueBlobs())
    const listed = await edge.env.BUNDLES.list({ prefix: 'b/' })
    await edge.env.BUNDLES.delete(listed.objects.map(({ key }) => key))
    expect(await refused(await edge.promote(manifest, 'two'))).toMatchObject({
      status: 409,
      code: 'conflict',
    })
    expect((await edge.call(routes.head)).status).toBe(404)
  })

  it('rolls back under a higher seq, but never below the highest floor that was live', async () => {
    const ancient = await edge.publish(uniqueBlobs(), { version: 1 })
    const old = await edge.publish(uniqueBlobs(), { version: 10 })
    const floored = await edge.publish(uniqueBlobs(), { version: 20, floor: 5 })
    for (const [i, name] of [ancient, floored, old].entries()) {
      expect(await written(await edge.promote(name, `op-${i}`))).toMatchObject({ seq: i + 1, manifest: name })
    }
    // The live manifest's own floor is 0; visitors remember 5.
    expect(await refused(await edge.promote(ancient, 'back'))).toMatchObject({
      status: 409,
      code: 'rollback_refused',
    })
    expect((await edge.head()).active?.manifest).toBe(old)
    const absurd = await edge.publish(uniqueBlobs(), { version: 20, floor: 21 })
    expect(await refused(await edge.promote(absurd, 'absurd'))).toMatchObject({ code: 'rollback_refused' })
  })

  it('does an operation once, however often it is asked, even after others', async () => {
    const [a, b] = [await edge.publish(uniqueBlobs()), await edge.publish(uniqueBlobs())]
    await edge.promote(a, 'first')
    expect(await written(await edge.promote(a, 'first'))).toEqual({
      seq: 1,
      op: 'first',
      manifest: a,
      replayed: true,
    })
    await edge.promote(b, 'second')
    expect(await written(await edge.promote(a, 'first'))).toMatchObject({ seq: 1, replayed: true })
    expect(await edge.head()).toMatchObject({ seq: 2, active: { manifest: b } })
    expect(await refused(await edge.promote(b, 'first'))).toMatchObject({ status: 409, code: 'conflict' })
  })

  it('refuses a caller who has seen another head', async () => {
    const manifest = await edge.publish(uniqueBlobs())
    expect(await refused(await edge.promote(manifest, 'x', 4))).toMatchObject({
      status: 409,
      code: 'conflict',
    })
    expect(await written(await edge.promote(manifest, 'x', 0))).toMatchObject({ seq: 1 })
    expect(await refused(await edge.promote(manifest, 'y', 0))).toMatchObject({ code: 'conflict' })
  })

  it('starts its seq anew after a rotation of the ops keys or a forged head', async () => {
    const manifest = await edge.publish(uniqueBlobs())
    for (const op of ['a', 'b', 'c']) await edge.promote(manifest, op)
    const forged = { ...(await edge.head()), seq: Number.MAX_SAFE_INTEGER - 1 }
    const envelope = await sign('head', JSON.stringify(forged), [edge.release])
    await edge.env.BUNDLES.put('h/head', JSON.stringify(envelope))
    expect(await written(await edge.promote(manifest, 'd'))).toMatchObject({ seq: 1 })
    await edge.env.BUNDLES.put('h/head', 'not even JSON')
    expect((await written(await edge.promote(manifest, 'e'))).seq).toBe(1)
  })
})

describe('races', () => {
  it('between six callers leave a head without gaps and lose no acknowledged operation', async () => {
    const names = await Promise.all(Array.from({ length: 3 }, () => edge.publish(uniqueBlobs())))
    const acknowledged: Written[] = []
    let conflicts = 0
    const caller = async (who: number) => {
      for (let i = 0; i < 4; i++) {
        for (;;) {
          const response = await edge.promote(names[(who + i) % 3]!, `${who}-${i}`)
          if (response.status !== 409) {
            acknowledged.push(await written(response))
            break
          }
          conflicts++
          await response.text()
        }
      }
    }
    await Promise.all(Array.from({ length: 6 }, (_, who) => caller(who)))
    const seqs = acknowledged.map(({ seq }) => seq).sort((a, b) => a - b)
    expect(seqs).toEqual(Array.from({ length: 24 }, (_, i) => i + 1))
    expect(new Set(acknowledged.map(({ op }) => op)).size).toBe(24)
    expect((await edge.head()).seq).toBe(24)
    // Without a single collision this test would have shown nothing.
    expect(conflicts).toBeGreaterThan(0)
  })

  it('cannot use the ABA hole: A, B, A again has another etag, and a stale writer is refused', async () => {
    const [a, b] = [await edge.publish(uniqueBlobs()), await edge.publish(uniqueBlobs())]
    const store = openStore(edge.env.BUNDLES)
    await edge.promote(a, 'a')
    const stale = (await store.head())!
    await edge.promote(b, 'b')
    await edge.promote(a, 'a-again')
    expect((await store.head())!.etag).not.toBe(stale.etag)
    expect(await store.putHead(stale.envelope, stale.memory, stale.etag)).toBe(false)
    expect((await edge.head()).seq).toBe(3)
    // The hole itself, which would let the stale writer in if equal content could ever return:
    await edge.env.BUNDLES.put('h/head', stale.envelope)
    expect((await store.head())!.etag).toBe(stale.etag)
  })

  it('find their own operation after the answer to a put was lost', async () => {
    const manifest = await edge.publish(uniqueBlobs())
    const { BUNDLES } = edge.env
    const deaf = new Proxy(BUNDLES, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target)
        if (property !== 'put') return value
        return async (...args: Parameters<R2Bucket['put']>) => {
          await BUNDLES.put(...args)
          throw new Error('connection lost')
        }
      },
    })
    const body = JSON.stringify({ manifest, op: 'lost' })
    const headers = { authorization: 'Bearer promote-token', 'content-type': 'application/json' }
    const init = { method: 'POST', body, headers }
    expect((await edge.call(routes.admin.promote, init, { ...edge.env, BUNDLES: deaf })).status).toBe(500)
    expect(await written(await edge.call(routes.admin.promote, init))).toMatchObject({
      seq: 1,
      replayed: true,
    })
  })
})

describe('refresh', () => {
  it('renews the head, not the word for the manifest', async () => {
    const none = await edge.post(routes.admin.refresh, { op: 'r0' })
    expect(await refused(none)).toMatchObject({ status: 404, code: 'not_found' })
    await edge.promote(await edge.publish(uniqueBlobs()), 'p')
    const before = await edge.head()
    edge.clock.now += DAY
    expect(await written(await edge.post(routes.admin.refresh, { op: 'r1' }))).toMatchObject({ seq: 2 })
    const after = await edge.head()
    expect(after.active).toEqual(before.active)
    expect(after.expires).toBe(before.expires + DAY)
  })

  it('runs every night, once', async () => {
    const night = new Date(edge.clock.now + DAY)
    const run = () =>
      worker.scheduled(createScheduledController({ scheduledTime: night, cron: '17 3 * * *' }), edge.env)
    await run() // nothing is live yet: nothing to do, and no failure
    await edge.promote(await edge.publish(uniqueBlobs()), 'p')
    await run()
    await run()
    const head = parseHead(JSON.parse((await openStore(edge.env.BUNDLES).head())!.envelope).payload)
    expect(head).toMatchObject({ seq: 2, expires: night.getTime() + 7 * DAY })
    const broken = { ...edge.env, BUNDLES: {} as R2Bucket }
    await expect(
      worker.scheduled(createScheduledController({ scheduledTime: night }), broken),
    ).rejects.toThrow()
  })
})
