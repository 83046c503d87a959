import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { checkAddress } from '../../models/publish/address.ts'
import { keptBrotli } from '../../models/publish/brotli.ts'
import { createEdgeClient } from '../../models/publish/edgeClient.ts'
import { ensureKeys, KEY_FILES, readPins } from '../../models/publish/keys.ts'
import { publishBundle } from '../../models/publish/publishBundle.ts'
import { signManifest } from '../../models/publish/signManifest.ts'
import { verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { tinyBundle } from './tinyBundle.ts'

const folders: string[] = []
function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'foryou-'))
  folders.push(dir)
  return dir
}
afterAll(() => {
  for (const dir of folders) rmSync(dir, { recursive: true })
})

describe('keys', () => {
  it('are made once, two of each, secrets readable by the owner alone', async () => {
    const dir = folder()
    const first = await ensureKeys(dir)
    expect(first.created).toBe(true)
    expect(first.pins.release).toHaveLength(2)
    expect(first.pins.ops).toHaveLength(2)
    for (const file of [KEY_FILES.release, KEY_FILES.ops, KEY_FILES.tokens, KEY_FILES.edge]) {
      expect(statSync(join(dir, file)).mode & 0o777, file).toBe(0o600)
    }
    const pins = readFileSync(join(dir, KEY_FILES.pins), 'utf8')
    expect(pins).not.toContain('"d"')
    expect(await ensureKeys(dir)).toEqual({ ...first, created: false })
  })

  it('give the edge hashes of the tokens, never the tokens, and no release key', async () => {
    const dir = folder()
    const { tokens, release } = await ensureKeys(dir)
    const vars = readFileSync(join(dir, KEY_FILES.edge), 'utf8')
    for (const token of Object.values(tokens) as string[]) {
      expect(vars).not.toContain(token)
      expect(vars).toContain(await sha256(token))
    }
    for (const { d } of release) expect(vars).not.toContain(d)
  })

  it('write again what derives from them, and refuse to mix with others', async () => {
    const dir = folder()
    const { pins } = await ensureKeys(dir)
    const vars = readFileSync(join(dir, KEY_FILES.edge), 'utf8')
    rmSync(join(dir, KEY_FILES.edge))
    rmSync(join(dir, KEY_FILES.pins))
    await ensureKeys(dir)
    expect(readPins(dir)).toEqual(pins)
    expect(readFileSync(join(dir, KEY_FILES.edge), 'utf8')).toBe(vars)

    const other = folder()
    await ensureKeys(other)
    writeFileSync(join(dir, KEY_FILES.pins), readFileSync(join(other, KEY_FILES.pins)))
    await expect(ensureKeys(dir)).rejects.toMatchObject({ code: 'bad_config' })
    rmSync(join(other, KEY_FILES.ops))
    await expect(ensureKeys(other)).rejects.toThrow(KEY_FILES.ops)
    rmSync(join(other, '.foryou'), { recursive: true })
    await expect(ensureKeys(other)).rejects.toMatchObject({ code: 'bad_config' })
    writeFileSync(join(dir, KEY_FILES.pins), '{')
    await expect(ensureKeys(dir)).rejects.toThrow('damaged')
  })

  it('sign manifests so that either release key alone is enough for a reader', async () => {
    const dir = folder()
    const { pins, release } = await ensureKeys(dir)
    await tinyBundle(dir, { popularity: 'p' })
    const payload = readFileSync(join(dir, 'manifest.json'), 'utf8')
    const text = JSON.stringify(await signManifest(payload, release))
    for (const key of pins.release) {
      expect(await verify('manifest', text, { ...pins, release: [key] })).toBe(payload)
    }
    const strangers = (await ensureKeys(folder())).pins
    await expect(verify('manifest', text, strangers)).rejects.toMatchObject({ code: 'sign_error' })
    await expect(signManifest('{}', release)).rejects.toMatchObject({ code: 'parse_error' })
  })
})

describe('the address', () => {
  it('is this machine at the usual port unless told otherwise', async () => {
    expect(await checkAddress({ port: 0 })).toMatchObject({ ip: '127.0.0.1' })
    const { url, port } = await checkAddress({ host: 'localhost', port: '0' })
    expect(url).toBe(`http://localhost:${port}`)
  })

  it('is refused in one line when the port is taken or no port', async () => {
    const server = createServer()
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
    })
    const taken = checkAddress({ port })
    await expect(taken).rejects.toMatchObject({
      code: 'bad_usage',
      message: `Port ${port} is in use.`,
      hint: expect.stringContaining('PORT='),
    })
    server.close()
    for (const wrong of ['x', '-1', '70000', '1.5']) {
      await expect(checkAddress({ port: wrong })).rejects.toMatchObject({ code: 'bad_usage' })
    }
  })

  it('is refused when browsers would call it insecure, or it is not ours', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => address)
    for (const host of ['0.0.0.0', '::', ...outside]) {
      await expect(checkAddress({ host, port: 0 }), host).rejects.toThrow('insecure')
    }
    expect(await checkAddress({ host: '0.0.0.0', port: 0, allowInsecure: true })).toMatchObject({
      ip: '0.0.0.0',
    })
    for (const host of ['192.0.2.1', 'no such host', 'nowhere.invalid']) {
      const refused = checkAddress({ host, port: 0, allowInsecure: true })
      await expect(refused, host).rejects.toThrow('not an address of this machine')
    }
  })
})

describe('a kept Brotli body', () => {
  it('is used again, and made anew when it is damaged', async () => {
    const path = join(folder(), 'x.br')
    const blob = new TextEncoder().encode('to be or not to be '.repeat(50))
    const name = await sha256(blob)
    const body = await keptBrotli(path, blob, name)
    expect(brotliDecompressSync(body)).toEqual(Buffer.from(blob))
    const written = statSync(path).mtimeMs
    expect(Buffer.from(await keptBrotli(path, blob, name))).toEqual(Buffer.from(body))
    expect(statSync(path).mtimeMs).toBe(written)
    writeFileSync(path, body.subarray(0, body.length - 1))
    expect(Buffer.from(await keptBrotli(path, blob, name))).toEqual(Buffer.from(body))
  })
})

describe('the client', () => {
  const problem = (status: number, code: string) =>
    new Response(JSON.stringify({ code, detail: `edge says ${code}`, hint: 'do this' }), {
      status,
      headers: { 'content-type': 'application/problem+json' },
    })
  function scripted(...answers: (() => Response)[]) {
    const waits: number[] = []
    const requests: string[] = []
    const client = createEdgeClient({
      endpoint: 'http://127.0.0.1:9/',
      tokens: { publish: 'p', promote: 'q' },
      sleep: async (ms) => void waits.push(ms),
      fetch: async (url, init) => {
        requests.push(`${init?.method ?? 'GET'} ${url} ${init?.body ?? ''}`)
        return answers[Math.min(requests.length, answers.length) - 1]!()
      },
    })
    return { client, waits, requests }
  }
  const down = () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }) })
  }
  const done = () => Response.json({ seq: 7, op: 'o', manifest: 'm', replayed: false })

  it('tries again with growing waits, then names the address and the reason', async () => {
    const { client, waits } = scripted(down)
    await expect(client.missing(['a'])).rejects.toMatchObject({
      code: 'network',
      message: 'http://127.0.0.1:9 cannot be reached (ECONNREFUSED).',
    })
    expect(waits).toEqual([250, 500, 1000, 2000])
    const back = scripted(down, () => problem(500, 'internal'), done)
    expect(await back.client.change('refresh', { op: 'o' })).toMatchObject({ seq: 7 })
  })

  it('honours Retry-After', async () => {
    const { client, waits } = scripted(
      () => new Response('', { status: 429, headers: { 'retry-after': '3' } }),
      done,
    )
    await client.change('refresh', { op: 'o' })
    expect(waits).toEqual([3000])
  })

  it('says no at once to a person who would have to wait for more than two minutes, and a moment to no number', async () => {
    const answer = (after: string) => () => {
      const { headers } = problem(429, 'rate_limited')
      return new Response(JSON.stringify({ code: 'rate_limited', detail: 'Too many.' }), {
        status: 429,
        headers: { ...Object.fromEntries(headers), 'retry-after': after },
      })
    }
    const long = scripted(answer('3600'), done)
    await expect(long.client.change('refresh', { op: 'o' })).rejects.toMatchObject({ code: 'rate_limited' })
    expect(long.waits).toEqual([])
    const date = scripted(answer('Wed, 21 Oct 2026 07:28:00 GMT'), done)
    await date.client.change('refresh', { op: 'o' })
    expect(date.waits).toEqual([250])
  })

  it('repeats the same operation after a conflict, unless the caller fixed the seq', async () => {
    const racing = scripted(() => problem(409, 'conflict'), done)
    await racing.client.change('promote', { manifest: 'm', op: 'o' })
    expect(racing.requests[1]).toBe(racing.requests[0])
    const fixed = scripted(() => problem(409, 'conflict'), done)
    await expect(fixed.client.change('promote', { manifest: 'm', op: 'o', seq: 3 })).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(fixed.requests).toHaveLength(1)
  })

  it('passes the edge’s own code and hint on, and says when an answer is not from an edge', async () => {
    const refused = scripted(() => problem(503, 'unavailable'))
    await expect(refused.client.change('refresh', { op: 'o' })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'edge says unavailable',
      hint: 'do this',
    })
    expect(refused.requests).toHaveLength(1)
    const html = scripted(() => new Response('<h1>Welcome', { status: 404 }))
    await expect(html.client.head()).rejects.toMatchObject({ code: 'http_error' })
    const portal = scripted(() => new Response('<h1>Log in'))
    await expect(portal.client.change('refresh', { op: 'o' })).rejects.toMatchObject({ code: 'parse_error' })
  })

  it('sends no token over plain http, nor to what is no address', () => {
    for (const endpoint of ['http://shop.test', 'http://127.0.0.1.evil.test', 'ftp://x', 'shop', '']) {
      expect(() => createEdgeClient({ endpoint, tokens: {} }), endpoint).toThrow(
        expect.objectContaining({ code: 'bad_usage' }),
      )
    }
    expect(createEdgeClient({ endpoint: 'https://shop.test/', tokens: {} }).endpoint).toBe(
      'https://shop.test',
    )
    expect(createEdgeClient({ endpoint: 'http://[::1]:80', tokens: {} }).endpoint).toBe('http://[::1]')
  })

  it('uploads nothing from a damaged folder', async () => {
    const dir = folder()
    const { release } = await ensureKeys(dir)
    await tinyBundle(dir, { popularity: 'p' })
    const { client, requests } = scripted(() => Response.json({ missing: [requests.length ? '' : ''] }))
    writeFileSync(join(dir, 'b', await sha256('p')), 'q')
    const lacking = { ...client, missing: async (names: readonly string[]) => names }
    await expect(publishBundle(dir, lacking, { releaseKeys: release })).rejects.toMatchObject({
      code: 'hash_mismatch',
    })
    expect(requests).toEqual([])
    await expect(publishBundle(folder(), lacking, { releaseKeys: release })).rejects.toMatchObject({
      code: 'not_found',
    })
  })
})
