import { createExecutionContext, reset, waitOnExecutionContext } from 'cloudflare:test'
import { env as bindings } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { routes } from '../../shared/domain/routes.ts'
import { createApp } from '../../worker/app.ts'

const CHUNK = 64 * 1024
const CHUNKS = 1024
/** Four times what may be published, half of a Worker's memory: two of them held at once would end it. */
const SIZE = CHUNK * CHUNKS
const NAME = 'a'.repeat(64)

beforeEach(() => reset())

/** A bucket with one large object, which counts how much of each body was asked for and refuses everything else. */
function largeBucket() {
  const taken: number[] = []
  const calls: string[] = []
  const object = () => {
    const which = taken.push(0) - 1
    const chunk = new Uint8Array(CHUNK)
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (taken[which]! === CHUNKS) return controller.close()
          taken[which]!++
          controller.enqueue(chunk)
        },
      },
      { highWaterMark: 0 },
    )
    return only({ body, size: SIZE })
  }
  const bucket = only({
    get: async (key: string) => {
      calls.push(`get ${key}`)
      return key.endsWith('.br') ? null : object()
    },
    head: async (key: string) => {
      calls.push(`head ${key}`)
      return key.endsWith('.br') ? null : only({ size: SIZE })
    },
  })
  return { bucket: bucket as unknown as R2Bucket, taken, calls }
}

/** Any other property, `arrayBuffer` or `text` above all, is an error: a body is only ever passed on. */
function only<T extends object>(fields: T): T {
  return new Proxy(fields, {
    get(target, property) {
      if (property in target || property === 'then') return Reflect.get(target, property)
      throw new Error(`nobody should ask for ${String(property)}`)
    },
  })
}

async function request(bucket: R2Bucket, init: RequestInit = {}) {
  const context = createExecutionContext()
  const env = { BUNDLES: bucket, ASSETS: bindings.ASSETS, SITE: 'films' }
  const url = `https://${crypto.randomUUID()}.test${routes.blob(NAME)}`
  const response = await createApp(() => 0).fetch(new Request(url, init), env, context)
  return { response, done: () => waitOnExecutionContext(context) }
}

describe('a blob of 64 MiB', () => {
  it('is never collected: a visitor who reads a little has the bucket read little more', async () => {
    const { bucket, taken } = largeBucket()
    const { response, done } = await request(bucket)
    expect(response.headers.get('content-length')).toBe(String(SIZE))
    const reader = response.body!.getReader()
    await reader.read()
    // Meanwhile the cache has its own copy: however fast it is, this visitor's does not run ahead of him.
    await done()
    expect(taken[0]).toBeLessThanOrEqual(4)
    expect(taken[1]).toBe(CHUNKS)
    await reader.cancel()
  })

  it('is never hashed', async () => {
    const digest = vi.spyOn(crypto.subtle, 'digest')
    const { bucket, taken } = largeBucket()
    const { response, done } = await request(bucket)
    let bytes = 0
    for await (const chunk of response.body!) bytes += chunk.length
    await done()
    expect(bytes).toBe(SIZE)
    expect(taken[0]).toBe(CHUNKS)
    expect(digest).not.toHaveBeenCalled()
    digest.mockRestore()
  })

  it('is not opened for HEAD or 304', async () => {
    for (const init of [{ method: 'HEAD' }, { headers: { 'if-none-match': `"${NAME}"` } }]) {
      const { bucket, taken, calls } = largeBucket()
      const { response, done } = await request(bucket, init)
      expect(response.status).toBe('method' in init ? 200 : 304)
      expect(response.body).toBeNull()
      await done()
      expect(taken).toEqual([])
      expect(calls).toEqual([`head b/${NAME}`])
    }
  })

  it('is a failure, not a short answer, where the bucket ends early', async () => {
    const short = only({
      get: async () => only({ body: new Response('short').body, size: 10 }),
    }) as unknown as R2Bucket
    const { response, done } = await request(short)
    await expect(response.arrayBuffer()).rejects.toThrow()
    await done().catch(() => {})
  })
})
