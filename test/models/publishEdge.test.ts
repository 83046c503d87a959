import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../models/cli/main.ts'
import { checkAddress } from '../../models/publish/address.ts'
import { createEdgeClient, type EdgeClient } from '../../models/publish/edgeClient.ts'
import { ensureKeys, type Keys } from '../../models/publish/keys.ts'
import { type LocalEdge, quietEnvironment, startLocalEdge } from '../../models/publish/localEdge.ts'
import { publishBundle } from '../../models/publish/publishBundle.ts'
import { verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import type { Written } from '../../shared/delivery/api.ts'
import { routes } from '../../shared/domain/routes.ts'
import { runForYou } from './runForYou.ts'
import { tinyBundle } from './tinyBundle.ts'

const root = resolve(import.meta.dirname, '../..')
const LARGE = Array.from({ length: 60_000 }, (_, i) => (i * 2_654_435_761) >>> 20).join(' ')

let dir: string
let keys: Keys
let edge: LocalEdge
let client: EdgeClient
let name: string

const start = (options: { port?: number; signal?: AbortSignal; onExit?(log: string): void } = {}) =>
  startLocalEdge({
    root,
    port: 0,
    persistDir: join(dir, 'edge'),
    siteDir: join(dir, 'site'),
    keysDir: dir,
    site: 'foryou',
    ...options,
  })

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'foryou-edge-'))
  mkdirSync(join(dir, 'site'))
  writeFileSync(join(dir, 'site', 'index.html'), '<title>films</title>')
  writeFileSync(join(dir, 'site', '_headers'), '/*\n  x-from-headers: yes\n')
  keys = await ensureKeys(dir)
  name = await tinyBundle(join(dir, 'bundle'), { popularity: LARGE, 'popular.json': '{"items":[]}' })
  edge = await start()
  client = createEdgeClient({ endpoint: edge.url, tokens: keys.tokens })
}, 60_000)

afterAll(async () => {
  await edge?.stop()
  rmSync(dir, { recursive: true })
})

const isFree = (port: number) =>
  checkAddress({ port }).then(
    () => true,
    () => false,
  )

/** The bytes as they travel: fetch would decode them. */
function raw(path: string, headers: Record<string, string>) {
  return new Promise<{ headers: Record<string, unknown>; body: Buffer }>((done, fail) => {
    const call = request(edge.url + path, { headers }, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer)
      done({ headers: response.headers, body: Buffer.concat(chunks) })
    })
    call.on('error', fail).end()
  })
}

describe('the real Worker under wrangler', () => {
  it('serves the site and, before anything is published, an honest head', async () => {
    const page = await fetch(edge.url)
    expect(await page.text()).toContain('films')
    expect(page.headers.get('x-from-headers')).toBe('yes')
    expect(await client.head()).toBeNull()
  })

  it('takes a bundle once, and shows it only after the promote', async () => {
    const notes: string[] = []
    const options = { releaseKeys: keys.release, note: (line: string) => void notes.push(line) }
    const first = await publishBundle(join(dir, 'bundle'), client, options)
    expect(first).toMatchObject({ manifest: name, blobs: 2, uploaded: 2 })
    expect(notes).toHaveLength(2)
    expect(await publishBundle(join(dir, 'bundle'), client, options)).toMatchObject({
      uploaded: 0,
      wireBytes: 0,
    })
    expect(await client.head()).toBeNull()

    expect(await client.change('promote', { manifest: name, op: 'first' })).toMatchObject({
      seq: 1,
      replayed: false,
    })
    expect(await client.change('promote', { manifest: name, op: 'first' })).toMatchObject({
      seq: 1,
      replayed: true,
    })
    const head = parseHead(await verify('head', (await client.head())!, keys.pins))
    expect(head).toMatchObject({ seq: 1, active: { manifest: name } })
    expect((await client.change('refresh', { op: 'again' })).seq).toBe(2)
    const manifest = await verify('manifest', (await client.document(name))!, keys.pins)
    expect(manifest).toBe(readFileSync(join(dir, 'bundle', 'manifest.json'), 'utf8'))
  })

  it('sends Brotli and identity that decode to the same bytes, cold and from the cache', async () => {
    const path = routes.blob(await sha256(LARGE))
    for (const _ of ['cold', 'cached']) {
      const identity = await raw(path, {})
      const br = await raw(path, { 'accept-encoding': 'br' })
      expect(identity.headers['content-encoding']).toBeUndefined()
      expect(identity.body.toString()).toBe(LARGE)
      expect(br.headers['content-encoding']).toBe('br')
      expect(br.body.length).toBeLessThan(identity.body.length)
      expect(br.headers['content-length']).toBe(String(br.body.length))
      expect(brotliDecompressSync(br.body).equals(identity.body)).toBe(true)
      expect(br.headers.vary).toBe('Accept-Encoding')
      expect(br.headers.etag).not.toBe(identity.headers.etag)
      expect(Date.parse(String(br.headers.date))).toBeGreaterThan(Date.UTC(2020, 0))
    }
    expect(await (await fetch(edge.url + path)).text()).toBe(LARGE)
  })

  it('lets ten callers promote at once without losing one', async () => {
    const wishes = Array.from(
      { length: 10 },
      (_, i) => client.change('promote', { manifest: name, op: `race-${i}` }) as Promise<Written>,
    )
    const before = 2
    const seqs = (await Promise.all(wishes)).map(({ seq }) => seq).sort((a, b) => a - b)
    expect(seqs).toEqual(Array.from({ length: 10 }, (_, i) => before + 1 + i))
  })

  it('keeps everything over a restart, and leaves its port free', async () => {
    const { port } = edge
    const seq = parseHead(JSON.parse((await client.head())!).payload).seq
    await edge.stop()
    expect((await checkAddress({ port })).port).toBe(port)
    edge = await start({ port })
    expect((await client.change('refresh', { op: 'after the restart'.replaceAll(' ', '-') })).seq).toBe(
      seq + 1,
    )
    expect(await client.missing([await sha256(LARGE)])).toEqual([])
  }, 60_000)

  it('answers the commands', async () => {
    const lines: string[] = []
    const io = {
      out: (line = '') => void lines.push(line),
      note: (line: string) => void lines.push(line),
      env: { FORYOU_EDGE: edge.url },
      cwd: dir,
      root: dir,
      interactive: false,
      now: () => Date.now(),
    }
    expect(await main(['keys'], io)).toBe(0)
    expect(await main(['publish', 'bundle'], io)).toBe(0)
    expect(await main(['promote', 'bundle', '--op', 'by-hand'], io)).toBe(0)
    expect(await main(['status'], io)).toBe(0)
    const text = lines.join('\n')
    expect(text).toContain(`Live: ${name}`)
    expect(text).toContain('0 of 2 blobs were uploaded')
    expect(text).not.toContain(keys.tokens.publish)

    expect(await main(['status'], { ...io, now: () => Date.now() + 8 * 864e5 })).toBe(1)
    expect(lines.at(-1) + lines.join()).toContain('EXPIRED')
    expect(await main(['promote', 'f'.repeat(64)], io)).toBe(1)
    expect(lines.slice(-2).join('\n')).toContain('No manifest ffff')
    expect(await main(['promote', 'bundle', '--seq', '0'], io)).toBe(1)
    expect(await main(['publish', 'bundle', '--edge', 'http://shop.test'], io)).toBe(2)
  })

  it('canary, rollback and kill are one command each, and leave their traces', async () => {
    const run = async (...args: string[]) => {
      const { code, out } = await runForYou(dir, args, dir, { env: { FORYOU_EDGE: edge.url }, now: Date.now })
      return { code, text: out }
    }
    const next = await tinyBundle(join(dir, 'next'), { popularity: LARGE }, { seed: 2 })
    await run('publish', 'next')
    expect((await run('canary', 'next', '--share', '2.5')).text).toContain('2.5 % of the visitors')
    expect((await run('status')).text).toContain(`Canary: ${next.slice(0, 12)} for 2.5 %`)
    expect((await run('canary', '--stop')).code).toBe(0)
    expect((await run('canary', '--stop')).code).toBe(1)
    expect((await run('promote', 'next')).text).toContain(`Before it ${name.slice(0, 12)} was live`)
    expect((await run('rollback', '--reason', 'too few clicks')).text).toContain(
      `Went back from ${next.slice(0, 12)} to ${name}`,
    )
    expect((await run('kill')).code).toBe(0)
    const { text } = await run('status', '--audit', '3')
    expect(text).toContain('KILLED')
    expect(text).toMatch(/rollback +\w{12} +too few clicks/)
    expect((await run('kill', '--off')).code).toBe(0)
    expect((await run('gc', '--dry-run')).text).toContain('Nothing to delete')
    expect((await run('canary', 'next', '--share', '101')).code).toBe(2)
    expect((await run('promote')).code).toBe(2)
    expect((await run('rollback', 'yesterday')).code).toBe(2)
    expect(JSON.parse((await run('rollback', '--json')).text)).toMatchObject({ error: { code: 'not_found' } })
  })

  it('stops by signal, tells when it ends by itself, and never outlives us', async () => {
    const controller = new AbortController()
    const stopped = await start({ signal: controller.signal })
    controller.abort()
    await expect.poll(() => isFree(stopped.port), { timeout: 5000 }).toBe(true)
    const end = Promise.withResolvers<string>()
    const dying = await start({ onExit: end.resolve })
    process.kill(-dying.pid, 'SIGKILL')
    expect(await end.promise).toEqual(expect.any(String))
    await dying.stop()
    expect(await isFree(dying.port)).toBe(true)
    const free = await checkAddress({ port: 0 })
    const script = `
      import { startLocalEdge } from ${JSON.stringify(join(root, 'models/publish/localEdge.ts'))}
      await startLocalEdge(${JSON.stringify({ root, port: free.port, persistDir: join(dir, 'other'), siteDir: join(dir, 'site') })})
      process.kill(process.pid, 'SIGKILL')`
    const death = await new Promise((done) => {
      execFile(process.execPath, ['--input-type=module', '-e', script], (error) => done(error?.signal))
    })
    expect(death).toBe('SIGKILL') // it got as far as a running edge
    await expect.poll(() => isFree(free.port), { timeout: 5000 }).toBe(true)
    await expect(start({ port: edge.port })).rejects.toMatchObject({ code: 'bad_usage' })
    await expect(startLocalEdge({ root: dir, port: 0 })).rejects.toMatchObject({ hint: 'Run "npm ci".' })
  }, 60_000)

  it('passes wrangler’s own words on where it does not start', async () => {
    const failed = startLocalEdge({
      root,
      port: 0,
      persistDir: join(dir, 'other'),
      siteDir: join(dir, 'absent'),
    })
    await expect(failed).rejects.toMatchObject({
      code: 'unavailable',
      hint: expect.stringContaining('absent'),
    })
  })
})

it('deploys as it stands: wrangler accepts it, and it names no resource or account', async () => {
  const toml = readFileSync(join(root, 'wrangler.toml'), 'utf8')
  // namespace_id is our own number for a budget of requests, not a resource.
  expect(toml).not.toMatch(/^\s*((?!namespace_id)\w*_id|id|bucket_name|zone_\w+)\s*=/m)
  // The largest bundle, 900 blobs with two bodies each, can be published in a minute.
  const budget = /name = "LIMIT_TOKENS"[^[]*limit = (\d+), period = 60 /.exec(toml)?.[1]
  expect(Number(budget)).toBeGreaterThan(2 * 900 + 20)
  const args = [
    join(root, 'node_modules/wrangler/bin/wrangler.js'),
    'deploy',
    '--dry-run',
    ...['--config', join(root, 'wrangler.toml')],
    ...['--assets', join(dir, 'site'), '--outdir', join(dir, 'out')],
    ...['--secrets-file', join(dir, '.dev.vars')],
  ]
  const env = { ...process.env, ...quietEnvironment(dir) }
  const output = await new Promise<string>((done, fail) => {
    execFile(process.execPath, args, { cwd: dir, env }, (error, out, err) =>
      error ? fail(error) : done(out + err),
    )
  })
  for (const binding of ['BUNDLES', 'ASSETS', 'SITE', 'LIMIT_STRANGERS', 'LIMIT_TOKENS'])
    expect(output).toContain(`env.${binding}`)
  const code = readFileSync(join(dir, 'out', 'index.js'), 'utf8')
  expect(code).not.toContain(keys.tokens.publish)
  expect(code).not.toContain(keys.release[0]!.d)
})
