import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { stateOf } from '../../models/publish/directoryStore.ts'
import { ensureKeys, type Keys } from '../../models/publish/keys.ts'
import { verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import { staticHost } from '../e2e/staticHost.ts'
import { runForYou } from './runForYou.ts'
import { tinyBundle } from './tinyBundle.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DAY = 864e5

/** The process "dies" at its n-th step that changes a file: nothing after it happens, `finally` included. */
const life = vi.hoisted(() => ({ left: Number.POSITIVE_INFINITY }))
vi.mock('node:fs', async (actual) => {
  const fs = await actual<typeof import('node:fs')>()
  const mortal = <F extends (...args: never[]) => unknown>(f: F) =>
    ((...args) => {
      if (life.left-- <= 0) throw new Error('killed')
      return f(...args)
    }) as F
  return {
    ...fs,
    linkSync: mortal(fs.linkSync),
    renameSync: mortal(fs.renameSync),
    rmSync: mortal(fs.rmSync),
    openSync: mortal(fs.openSync),
    writeSync: mortal(fs.writeSync),
    // What a power cut takes cannot be seen here, only waited for.
    fsyncSync: () => {},
  }
})

let dir: string
let keys: Keys
let first: string
let second: string
let folders = 0
let folder: string
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'foryou-static-'))
  keys = await ensureKeys(dir)
  first = await tinyBundle(join(dir, 'first'), {
    popularity: 'one',
    'popular.json': '{"items":[1]}',
    'popular.html': '<ol></ol>',
  })
  second = await tinyBundle(join(dir, 'second'), { popularity: 'two', 'popular.json': '{"items":[2]}' })
})
beforeEach(() => {
  life.left = Number.POSITIVE_INFINITY
  folder = `edge-${folders++}`
})
afterAll(() => {
  life.left = Number.POSITIVE_INFINITY
  rmSync(dir, { recursive: true })
})

const foryou = (...argv: string[]) =>
  runForYou(dir, argv, dir, { env: { USER: 'ada lovelace' }, now: Date.now })
const publish = (bundle: string) => foryou('publish', bundle, '--to', folder, '--no-scripts')
const at = (path: string) => join(dir, folder, path)
const head = async () => parseHead(await verify('head', readFileSync(at('v1/head'), 'utf8'), keys.pins))

describe('a folder for a static host', () => {
  it('is complete and live after the first publish: plain files, the head good for 30 days', async () => {
    const { code, out } = await publish('first')
    expect(code).toBe(0)
    expect(out).toContain('live there')
    const { active, issued, expires, seq } = await head()
    expect({ seq, days: (expires - issued) / DAY, manifest: active?.manifest }).toEqual({
      seq: 1,
      days: 30,
      manifest: first,
    })
    const manifest = await verify('manifest', readFileSync(at(`v1/m/${first}`), 'utf8'), keys.pins)
    for (const { sha256: name, bytes } of JSON.parse(manifest).files) {
      const blob = readFileSync(at(`v1/b/${name}`))
      expect([blob.length, await sha256(Uint8Array.from(blob))]).toEqual([bytes, name])
      expect(brotliDecompressSync(readFileSync(at(`v1/b/${name}.br`))).equals(blob)).toBe(true)
    }
    expect(readFileSync(at('v1/popular'), 'utf8')).toBe('{"items":[1]}')
    expect(readFileSync(at('v1/popular.html'), 'utf8')).toBe('<ol></ol>')
    // Who did what is for the owner alone.
    const files = readdirSync(join(dir, folder), { recursive: true, encoding: 'utf8' })
    expect(files.filter((file) => textIfFile(at(file)).includes('ada lovelace'))).toEqual([])
    expect(readdirSync(join(stateOf(join(dir, folder)), 'audit'))).toHaveLength(1)
  })

  it('answers every verb that an edge answers', async () => {
    await publish('first')
    expect((await publish('first')).out).toContain('live already')
    expect((await publish('second')).out).toContain(`foryou promote ${second} --to ${folder}`)
    expect((await head()).active?.manifest).toBe(first)
    const verbs: [string[], string][] = [
      [['canary', second, '--share', '10'], '10 %'],
      [['promote', second], 'is live'],
      [['rollback'], `to ${first}`],
      [['kill'], 'off'],
      [['kill', '--off'], 'on again'],
      [['refresh', '--op', 'nightly'], 'Signed again'],
      [['status'], `Live: ${first}`],
      [['gc'], 'Nothing to delete'],
    ]
    for (const [argv, text] of verbs) {
      const { code, out, err } = await foryou(...argv, '--to', folder)
      expect([code, err]).toEqual([0, ''])
      expect(out).toContain(text)
    }
    expect((await head()).seq).toBe(7)
    expect(readFileSync(at('v1/popular'), 'utf8')).toBe('{"items":[1]}')
    const again = await foryou('refresh', '--op', 'nightly', '--to', folder, '--json')
    expect(JSON.parse(again.out)).toMatchObject({ seq: 7, replayed: true })
    expect((await foryou('promote', 'f'.repeat(64), '--to', folder)).err).toContain('No manifest')
    expect((await foryou('status', '--to', folder, '--edge', 'https://x.test')).code).toBe(2)
  })

  it('takes a list away that the live bundle does not have', async () => {
    await publish('first')
    await publish('second')
    await foryou('promote', second, '--to', folder)
    expect(existsSync(at('v1/popular.html'))).toBe(false)
    expect(readFileSync(at('v1/popular'), 'utf8')).toBe('{"items":[2]}')
  })

  it('collects what nothing needs any more, and what a killed run has left', async () => {
    await publish('first')
    await publish('second') // never live
    const old = new Date(Date.now() - 40 * DAY)
    const aged = [at(`v1/m/${second}`), at(`v1/b/${await sha256('two')}`), at('v1/b/.new-left')]
    writeFileSync(at('v1/b/.new-left'), 'half')
    for (const path of [...aged, at(`v1/b/${await sha256('one')}`)]) utimesSync(path, old, old)
    expect((await foryou('gc', '--dry-run', '--to', folder)).out).toContain('Would delete 1 document and 1')
    expect(aged.map(existsSync)).toEqual([true, true, true])
    expect((await foryou('gc', '--to', folder)).out).toContain('Deleted 1 document and 1 blob ')
    expect(aged.map(existsSync)).toEqual([false, false, false])
    expect(existsSync(at(`v1/b/${await sha256('two')}.br`))).toBe(false)
    expect((await foryou('status', '--to', folder)).code).toBe(0)
    expect(existsSync(at(`v1/b/${await sha256('one')}`))).toBe(true)
  })

  it('goes on from what is live, where a nightly job begins with an empty folder', async () => {
    await publish('first')
    await foryou('refresh', '--to', folder)
    const host = createServer(staticHost('/cdn/', join(dir, folder), []))
    await new Promise<void>((done) => host.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}/cdn`
    folder = `edge-${folders++}`
    const copied = await foryou('backup', folder, '--live-only', '--edge', url)
    host.close()
    expect(copied).toMatchObject({ code: 0, out: expect.stringContaining('Head 2') })
    expect(existsSync(at('audit.json'))).toBe(false)
    await publish('second')
    expect((await foryou('promote', second, '--to', folder)).code).toBe(0)
    expect((await head()).seq).toBe(3)
  })

  it('says what is wrong with a folder that cannot be written', async () => {
    writeFileSync(join(dir, 'a-file'), '')
    const { code, err } = await foryou('publish', 'first', '--to', 'a-file/x', '--no-scripts')
    expect([code, err]).toEqual([1, expect.stringMatching(/a-file.* cannot be written \(E\w+\)/)])
  })

  it('publishes again what was damaged, and only that', async () => {
    await publish('first')
    const name = await sha256('one')
    writeFileSync(at(`v1/b/${name}`), 'eno')
    expect((await publish('first')).out).toContain('1 of 3 blobs were uploaded')
    expect(readFileSync(at(`v1/b/${name}`), 'utf8')).toBe('one')
  })

  it('survives death at any step: the old head stays live and whole, a rerun finishes', async () => {
    const twice = async () => {
      const { code } = await publish('second')
      return code === 0 ? foryou('promote', second, '--op', 'go', '--to', folder) : { code }
    }
    await publish('first')
    const begun = join(dir, folder)
    let step = 0
    for (let done = false; !done; step++) {
      folder = `edge-${folders++}`
      cpSync(begun, join(dir, folder), { recursive: true })
      cpSync(stateOf(begun), stateOf(join(dir, folder)), { recursive: true })
      life.left = step
      done = (await twice()).code === 0
      life.left = Number.POSITIVE_INFINITY
      // Whatever has happened, visitors find a head whose manifest and blobs are all there.
      const { active, seq } = await head()
      const manifest = await verify(
        'manifest',
        readFileSync(at(`v1/m/${active!.manifest}`), 'utf8'),
        keys.pins,
      )
      for (const { sha256: name } of JSON.parse(manifest).files)
        expect(await sha256(Uint8Array.from(readFileSync(at(`v1/b/${name}`)))), `step ${step}`).toBe(name)
      expect(seq).toBe(active!.manifest === first ? 1 : 2)
      expect((await twice()).code).toBe(0)
      expect(await head()).toMatchObject({ seq: 2, active: { manifest: second } })
      expect(readFileSync(at('v1/popular'), 'utf8')).toBe('{"items":[2]}')
    }
    expect(step).toBeGreaterThan(25)
  })

  it('loses no change of processes that write at once', async () => {
    await publish('first')
    const script = `
      import { openDirectoryEdge } from ${JSON.stringify(join(ROOT, 'models/publish/directoryEdge.ts'))}
      const edge = openDirectoryEdge({ dir: ${JSON.stringify(join(dir, folder))}, site: 'foryou', keysDir: ${JSON.stringify(dir)}, who: 'x', now: Date.now })
      for (let i = 0; i < 8; i++) console.log((await edge.change('refresh', { op: process.pid + '-' + i })).seq)`
    const seqs = await Promise.all(
      Array.from(
        { length: 3 },
        () =>
          new Promise<number[]>((done, fail) => {
            execFile(process.execPath, ['--input-type=module', '-e', script], (error, out) =>
              error ? fail(error) : done(out.trim().split('\n').map(Number)),
            )
          }),
      ),
    )
    expect(seqs.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => i + 2))
    expect((await head()).seq).toBe(25)
    expect(readdirSync(join(stateOf(join(dir, folder)), 'audit'))).toHaveLength(25)
  })
})

function textIfFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // a folder
  }
}
