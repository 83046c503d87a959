import { reset } from 'cloudflare:test'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Envelope, sign, signersOf } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { MAX_BLOB_BYTES, MAX_MANIFEST_BYTES } from '../../shared/bundle/limits.ts'
import type { Problem } from '../../shared/delivery/problem.ts'
import { routes } from '../../shared/domain/routes.ts'
import {
  bytesOf,
  createEdge,
  type Edge,
  manifestOf,
  newKey,
  TOKENS,
  textOf,
  uniqueBlobs,
} from './createEdge.ts'

let edge: Edge
beforeEach(async () => {
  await reset()
  edge = await createEdge()
})

const problemOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
  const problem: Problem = await response.json()
  expect(problem).toMatchObject({ type: 'about:blank', status: response.status, title: expect.any(String) })
  return problem
}

describe('a blob', () => {
  it('is stored once and never overwritten', async () => {
    const bytes = bytesOf('first')
    expect((await edge.putBlob(bytes)).status).toBe(201)
    const again = await edge.putBlob(bytes)
    expect(again.headers.get('cache-control')).toBe('no-store')
    expect(again.status).toBe(200)
    expect(await again.json()).toEqual({ created: false })
    await edge.putBlob(bytesOf('second'), await sha256(bytes))
    const served = await edge.call(routes.blob(await sha256(bytes)))
    expect(await textOf(served)).toBe('first')
  })

  it('is refused, and not stored, when its bytes are not what its name says', async () => {
    const name = await sha256('true')
    const response = await edge.putBlob(bytesOf('fake'), name)
    expect(response.status).toBe(422)
    expect(await problemOf(response)).toMatchObject({ code: 'hash_mismatch' })
    expect((await edge.call(routes.blob(name))).status).toBe(404)
  })

  it('has a hash for its name, and one of two codings', async () => {
    const good = routes.admin.blob(await sha256('x'), 'identity')
    for (const path of [
      good.replace(/[0-9a-f]{64}/, 'ABC'),
      good.replace(/[0-9a-f]{64}/, '..%2fh%2fhead'),
      good.replace(/[0-9a-f]{64}/, (name) => name.toUpperCase()),
      good.replace('identity', 'zstd'),
    ]) {
      const response = await edge.call(path, {
        method: 'PUT',
        body: 'x',
        headers: {
          authorization: `Bearer ${TOKENS.publish}`,
          'content-type': 'application/octet-stream',
          'content-length': '1',
        },
      })
      expect(await problemOf(response)).toMatchObject({ code: 'bad_usage', status: 400 })
    }
    expect((await edge.env.BUNDLES.list()).objects).toEqual([])
  })

  it('has a Brotli body only with a digest, and only the one of the digest', async () => {
    const name = await sha256('anything')
    const none = await edge.putBrotli(name, bytesOf('br'), 'md5=:AAAA:')
    expect(await problemOf(none)).toMatchObject({ code: 'bad_usage', status: 400 })
    const other = await edge.putBrotli(name, bytesOf('br'), `sha-256=:${btoa('\0'.repeat(32))}:`)
    expect(await problemOf(other)).toMatchObject({ code: 'hash_mismatch' })
    expect((await edge.putBrotli(name, bytesOf('br'))).status).toBe(201)
  })

  it('is refused before a byte is read when it is too long, or of unknown length', async () => {
    const put = (headers: Record<string, string>) =>
      edge.call(routes.admin.blob('a'.repeat(64), 'identity'), {
        method: 'PUT',
        body: 'short',
        headers: {
          authorization: `Bearer ${TOKENS.publish}`,
          'content-type': 'application/octet-stream',
          ...headers,
        },
      })
    const long = await put({ 'content-length': String(MAX_BLOB_BYTES + 1) })
    expect(long.status).toBe(413)
    expect(await problemOf(long)).toMatchObject({ code: 'too_large' })
    expect((await put({ 'content-length': '-1' })).status).toBe(400)
    expect((await edge.call(routes.blob('a'.repeat(64)))).status).toBe(404)
  })
})

describe('a manifest', () => {
  it('is stored when a pinned release key has signed it, and served as it was sent', async () => {
    const blobs = uniqueBlobs()
    const name = await edge.publish(blobs)
    const envelope = await (await edge.call(routes.manifest(name))).json()
    expect(await sha256((envelope as { payload: string }).payload)).toBe(name)
    expect((await edge.putManifest(await manifestOf(blobs))).status).toBe(200)
  })

  it.each([
    ['a stranger', async (e: Edge) => [await newKey(e.release.kid)]],
    ['the ops key', async (e: Edge) => [e.ops]],
    ['the release key under the name of another', async (e: Edge) => [{ ...e.release, kid: 'release-9' }]],
  ])('is refused when signed by %s', async (_who, keys) => {
    const blobs = uniqueBlobs()
    await edge.putBlob(blobs.popularity)
    const response = await edge.putManifest(await manifestOf(blobs), await keys(edge))
    expect(response.status).toBe(422)
    expect(await problemOf(response)).toMatchObject({ code: 'sign_error' })
  })

  it('is refused when signed as a head, altered, or not signed', async () => {
    const blobs = uniqueBlobs()
    await edge.putBlob(blobs.popularity)
    const payload = JSON.stringify(await manifestOf(blobs))
    const good = await sign('manifest', payload, [edge.release])
    const altered = payload.replace('"floor":0', '"floor":1')
    const cases = [
      await sign('head', payload, [edge.release]),
      { ...good, payload: altered },
      { ...good, sigs: [...good.sigs, ...good.sigs] },
      { ...good, sigs: [{ kid: 'release-1', sig: '!' }] },
    ]
    for (const [i, envelope] of cases.entries()) {
      const response = await edge.putEnvelope(await sha256(envelope.payload), envelope)
      expect(response.status, String(i)).toBe(422)
    }
    const unsigned = await edge.putEnvelope(await sha256(payload), { payload, sigs: [] })
    expect(await problemOf(unsigned)).toMatchObject({ code: 'parse_error', status: 400 })
    const misnamed = await edge.putEnvelope('b'.repeat(64), good)
    expect(await problemOf(misnamed)).toMatchObject({ code: 'hash_mismatch' })
  })

  it('is refused with a list of what is missing or of another size', async () => {
    const blobs = { ...uniqueBlobs(), ranker: bytesOf('never sent') }
    await edge.putBlob(blobs.popularity)
    const missing = await edge.putManifest(await manifestOf(blobs))
    expect(missing.status).toBe(409)
    const problem = await problemOf(missing)
    expect(problem.code).toBe('conflict')
    expect(problem.detail).toContain(`ranker (${await sha256('never sent')}, missing)`)
    expect(problem.detail).not.toContain('popularity')

    const [file] = (await manifestOf({ popularity: blobs.popularity })).files
    const size = await edge.putManifest(await manifestOf({}, { files: [{ ...file!, bytes: 1 }] }))
    expect((await problemOf(size)).detail).toContain('instead of 1 bytes')
  })

  it('is refused for another site, for evaluation, and above 512 KiB', async () => {
    const blobs = uniqueBlobs()
    await edge.putBlob(blobs.popularity)
    const other = await edge.putManifest(await manifestOf(blobs, { site: 'other' }))
    expect(await problemOf(other)).toMatchObject({ code: 'wrong_site', status: 422 })
    const evaluation = await edge.putManifest(await manifestOf(blobs, { kind: 'evaluation' }))
    expect(await problemOf(evaluation)).toMatchObject({ code: 'bad_data' })
    const long = await edge.putManifest(
      await manifestOf(blobs, { origins: ['x'.repeat(MAX_MANIFEST_BYTES)] }),
    )
    expect(await problemOf(long)).toMatchObject({ code: 'too_large', status: 413 })
  })

  it('collects the signatures of a rotation, and loses none of a key that is pinned', async () => {
    const [first, second] = [await newKey('release-a'), await newKey('release-b')]
    const pins = { release: [first, second].map(({ d: _, ...pinned }) => pinned), ops: [] }
    const rotating = await createEdge({ PINS: JSON.stringify({ ...JSON.parse(edge.env.PINS!), ...pins }) })
    const blobs = uniqueBlobs()
    await rotating.putBlob(blobs.popularity)
    const manifest = await manifestOf(blobs)
    const name = await sha256(JSON.stringify(manifest))
    const stored = async () => {
      const envelope = (await (await rotating.call(routes.manifest(name))).json()) as Envelope
      return signersOf('manifest', JSON.stringify(envelope), { ...pins, ops: [] })
    }
    expect((await rotating.putManifest(manifest, [first])).status).toBe(201)
    expect(await stored()).toEqual(['release-a'])
    expect((await rotating.putManifest(manifest, [second])).status).toBe(201)
    expect(await stored()).toEqual(['release-a', 'release-b'])
    expect((await rotating.putManifest(manifest, [first])).status).toBe(200)
    expect((await rotating.putManifest(manifest, [first, await newKey('stranger')])).status).toBe(200)
    expect(await stored()).toEqual(['release-a', 'release-b'])
  })

  it('gives its place to one that a pinned key has signed, after the keys were rotated', async () => {
    const blobs = uniqueBlobs()
    const name = await edge.publish(blobs)
    const rotated = await createEdge()
    expect((await rotated.promote(name, 'too-early')).status).toBe(422)
    expect((await rotated.putManifest(await manifestOf(blobs))).status).toBe(201)
    expect((await rotated.promote(name, 'now')).status).toBe(200)
  })
})

describe('the Brotli body of a document', () => {
  const br = { headers: { 'accept-encoding': 'br' } }
  const put = (name: string, text: string, digest?: string) =>
    edge.putBrotli(name, bytesOf(text), digest, routes.admin.documentBrotli(name))

  it('comes after the document, once, and is served to those who take it', async () => {
    const none = await put('c'.repeat(64), 'anything')
    expect(await problemOf(none)).toMatchObject({ code: 'conflict', status: 409 })
    const name = await edge.publish(uniqueBlobs())
    const before = await edge.call(routes.manifest(name), br)
    expect(before.headers.get('content-encoding')).toBeNull()
    const wrong = await put(name, 'compressed', `sha-256=:${btoa('\0'.repeat(32))}:`)
    expect(await problemOf(wrong)).toMatchObject({ code: 'hash_mismatch' })
    expect((await put(name, 'compressed')).status).toBe(201)
    expect((await put(name, 'another')).status).toBe(200)
    // The identity that this location remembers for want of anything better has given way.
    const after = await edge.call(routes.manifest(name), br)
    expect(after.headers.get('content-encoding')).toBe('br')
    expect(after.headers.get('etag')).toBe(`"${name}-br"`)
    expect(await textOf(after)).toBe('compressed')
    const identity = await edge.call(routes.manifest(name))
    expect(identity.headers.get('etag')).toBe(`"${name}"`)
    for (const { headers } of [after, identity]) expect(headers.get('vary')).toBe('Accept-Encoding')
  })

  it('is as short as a document, and no form can send it', async () => {
    const name = await edge.publish(uniqueBlobs())
    const long = await put(name, 'x'.repeat(MAX_MANIFEST_BYTES + 1))
    expect(await problemOf(long)).toMatchObject({ code: 'too_large', status: 413 })
    const headers = { authorization: `Bearer ${TOKENS.publish}`, 'content-type': 'text/plain' }
    const init = { method: 'PUT', body: 'x', headers }
    expect((await edge.call(routes.admin.documentBrotli(name), init)).status).toBe(415)
  })

  it('goes with the signatures that it holds', async () => {
    const blobs = uniqueBlobs()
    const name = await edge.publish(blobs)
    await put(name, 'signed by the old key')
    const rotated = await createEdge()
    expect((await rotated.putManifest(await manifestOf(blobs))).status).toBe(201)
    const response = await rotated.call(routes.manifest(name), br)
    expect(response.headers.get('content-encoding')).toBeNull()
    expect(await sha256(((await response.json()) as { payload: string }).payload)).toBe(name)
  })
})

it('says which blobs are missing', async () => {
  const here = bytesOf('here')
  await edge.putBlob(here)
  const [a, b] = [await sha256(here), await sha256('absent')]
  const response = await edge.post(routes.admin.missing, { sha256: [a, b] }, 'publish')
  expect(await response.json()).toEqual({ missing: [b] })
  const wrong = await edge.post(routes.admin.missing, { sha256: ['nope'] }, 'publish')
  expect(await problemOf(wrong)).toMatchObject({ code: 'parse_error', status: 400 })
})
