import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openDirectoryEdge } from '../../models/publish/directoryEdge.ts'
import { stateOf } from '../../models/publish/directoryStore.ts'
import { ensureKeys, type Keys } from '../../models/publish/keys.ts'
import { liveRules } from '../../models/publish/liveRules.ts'
import { type LocalEdge, startLocalEdge } from '../../models/publish/localEdge.ts'
import { verify } from '../../shared/bundle/envelope.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { type Head, parseHead } from '../../shared/bundle/manifest.ts'
import { checkRules } from '../../shared/domain/rules.ts'
import { runForYou } from './runForYou.ts'
import { tinyBundle } from './tinyBundle.ts'

const ROOT = resolve(import.meta.dirname, '../..')

let dir: string
let keys: Keys
let first: string
let second: string
let copies = 0
let copy: string
let cdn: string

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'foryou-backup-'))
  mkdirSync(join(dir, 'site'))
  keys = await ensureKeys(dir)
  first = await tinyBundle(join(dir, 'first'), { popularity: 'one', 'popular.json': '{"items":[1]}' })
  second = await tinyBundle(join(dir, 'second'), { popularity: 'two', 'popular.json': '{"items":[2]}' })
})
beforeEach(() => {
  copy = `copy-${copies}`
  cdn = `cdn-${copies++}`
})
afterAll(() => rmSync(dir, { recursive: true }))

const foryou = (...argv: string[]) => runForYou(dir, argv, dir, { now: Date.now })
const ok = async (...argv: string[]) => {
  const done = await foryou(...argv)
  if (done.code !== 0) throw new Error(`${argv.join(' ')}: ${done.out}${done.err}`)
  return done
}

/** Two releases after each other, the second one live. */
async function release(...place: string[]): Promise<void> {
  for (const bundle of ['first', 'second']) {
    await ok('publish', bundle, ...place, ...(place[0] === '--to' ? ['--no-scripts'] : []))
    await ok('promote', bundle, ...place)
  }
}
const headOf = async (text: string) => parseHead(await verify('head', text, keys.pins))

describe('a copy of an edge', () => {
  it('holds what is live and what was, and fetches nothing twice', async () => {
    await release('--to', cdn)
    const { out } = await ok('backup', copy, '--to', cdn)
    expect(out).toContain('2 documents, 4 blobs, 3 audit lines')
    expect(out).toContain('6 had to be fetched')
    const names = (kind: string) => readdirSync(join(dir, copy, 'v1', kind)).sort()
    expect(names('m')).toEqual([first, second].sort())
    for (const name of names('b'))
      expect(await sha256(Uint8Array.from(readFileSync(join(dir, copy, 'v1/b', name))))).toBe(name)
    const when = statSync(join(dir, copy, 'v1/b', names('b')[0]!)).mtimeMs
    writeFileSync(join(dir, copy, 'v1/b', names('b')[1]!), 'rot')
    expect((await ok('backup', copy, '--to', cdn)).out).toContain('1 had to be fetched')
    expect(statSync(join(dir, copy, 'v1/b', names('b')[0]!)).mtimeMs).toBe(when)
    expect((await ok('backup', copy, '--to', cdn)).out).toContain('undamaged')
  })

  it('says what was lost, and refuses to be made of something live that is wrong', async () => {
    await release('--to', cdn)
    const at = async (text: string) => join(dir, cdn, 'v1/b', await sha256(text))
    writeFileSync(await at('one'), 'eno')
    const damaged = await foryou('backup', copy, '--to', cdn)
    expect([damaged.code, damaged.out]).toEqual([1, expect.stringContaining('LOST')])
    expect(damaged.out).toContain(await sha256('one'))
    writeFileSync(await at('two'), 'owt')
    const old = readFileSync(join(dir, copy, 'v1/head'), 'utf8')
    await ok('refresh', '--to', cdn)
    rmSync(join(dir, copy, 'v1/b'), { recursive: true })
    expect(await foryou('backup', copy, '--to', cdn)).toMatchObject({
      code: 1,
      err: expect.stringContaining('damaged'),
    })
    expect(readFileSync(join(dir, copy, 'v1/head'), 'utf8')).toBe(old)
    const other = join(dir, `other-${copies}`)
    await ensureKeys(other)
    writeFileSync(
      join(dir, 'foryou.config.json'),
      JSON.stringify({ environments: { x: { to: cdn, keys: other } } }),
    )
    expect((await foryou('backup', copy, '--env', 'x')).err).toContain('No pinned ops key')
    rmSync(join(dir, 'foryou.config.json'))
  })

  it('has the rules of the site, in the head or as a blob that it or an earlier one names', async () => {
    await release('--to', cdn)
    const edgeIn = (folder: string) =>
      openDirectoryEdge({ dir: join(dir, folder), site: 'foryou', keysDir: dir, who: 'test', now: Date.now })
    const long = (prefix: string) =>
      checkRules({
        schema: 1,
        rules: [
          {
            name: 'Old stock',
            kind: 'boost',
            factor: 0.5,
            where: { items: Array.from({ length: 900 }, (_, i) => prefix + i) },
          },
        ],
      })
    for (const prefix of ['before', 'now'])
      await edgeIn(cdn).change('rules', { rules: long(prefix), op: `rules-${prefix}` })
    await ok('backup', copy, '--to', cdn)
    for (const prefix of ['before', 'now']) {
      const text = JSON.stringify(long(prefix))
      expect(readFileSync(join(dir, copy, 'v1/b', await sha256(text)), 'utf8')).toBe(text)
    }
    await ok('backup', `${copy}-live`, '--to', cdn, '--live-only')
    expect(readdirSync(join(dir, `${copy}-live`, 'v1/b'))).toContain(
      await sha256(JSON.stringify(long('now'))),
    )
    const other = `${cdn}-other`
    await ok('restore', copy, '--to', other)
    const restored = edgeIn(other)
    expect(await liveRules(restored, await headOf((await restored.head())!))).toEqual(long('now'))
  })

  it('brings back what is damaged, and stays out of the way of what is newer', async () => {
    await release('--to', cdn)
    await ok('backup', copy, '--to', cdn)
    rmSync(join(dir, cdn, 'v1/b'), { recursive: true })
    const repaired = await ok('restore', copy, '--to', cdn)
    expect(repaired.out).toContain('4 blobs')
    expect(repaired.out).toContain('whole again')
    await ok('refresh', '--to', cdn)
    const refused = await foryou('restore', copy, '--to', cdn)
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('Head 4 is live')])
    expect((await foryou('restore', 'nothing', '--to', cdn)).err).toContain('no copy of an edge')
    // The copy itself is damaged where it matters.
    rmSync(join(dir, cdn), { recursive: true })
    rmSync(stateOf(join(dir, cdn)), { recursive: true })
    writeFileSync(join(dir, copy, 'v1/b', await sha256('two')), 'owt')
    const broken = await foryou('restore', copy, '--to', cdn)
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('not complete')])
  })
})

interface Device {
  checkHead(
    text: string,
    pins: Keys['pins'],
    active: object | null,
    now: number,
    date: null,
  ): Promise<{ head: Head; scopes: readonly string[] }>
}
/** The browser's own check of a head; its types belong to another platform. */
const device = (): Promise<Device> => import(join(ROOT, 'web/ranker/headCheck.ts'))

describe('the drill: a bucket is lost', () => {
  let edge: LocalEdge
  const start = () =>
    startLocalEdge({
      root: ROOT,
      port: 0,
      persistDir: join(dir, 'edge'),
      siteDir: join(dir, 'site'),
      keysDir: dir,
      site: 'foryou',
    })
  afterAll(() => edge?.stop())

  it('comes back from the copy, and visitors who have seen later heads follow', async () => {
    edge = await start()
    await release('--edge', edge.url)
    await ok('backup', copy, '--edge', edge.url)
    // After the copy: a visitor sees a head that will be lost.
    await ok('refresh', '--edge', edge.url)
    const seen = await (await fetch(`${edge.url}/v1/head`)).text()
    const { checkHead } = await device()
    const { scopes, head } = await checkHead(seen, keys.pins, null, Date.now(), null)
    const visitor = { site: 'foryou', seqs: scopes.map((scope) => [scope, head.seq]) }

    await edge.stop()
    rmSync(join(dir, 'edge'), { recursive: true })
    edge = await start()
    expect((await fetch(`${edge.url}/v1/head`)).status).toBe(404)
    const done = JSON.parse((await ok('restore', copy, '--edge', edge.url, '--op', 'drill', '--json')).out)
    expect(done).toMatchObject({ manifest: second, documents: 2, blobs: 4, repaired: false })

    const text = await (await fetch(`${edge.url}/v1/head`)).text()
    const followed = await checkHead(text, keys.pins, visitor, Date.now(), null)
    expect(followed.head).toMatchObject({ active: { manifest: second } })
    expect(followed.head.seq).toBeGreaterThan(head.seq)
    // The copied head itself would have been refused.
    const old = readFileSync(join(dir, copy, 'v1/head'), 'utf8')
    await expect(checkHead(old, keys.pins, visitor, Date.now(), null)).rejects.toMatchObject({
      code: 'rollback_refused',
    })
    expect(await (await fetch(`${edge.url}/v1/popular`)).json()).toEqual({ items: [2] })
    expect((await ok('status', '--edge', edge.url)).out).toContain(`Live: ${second}`)
    const again = await foryou('restore', copy, '--edge', edge.url)
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('is live')])
    await ok('promote', first, '--edge', edge.url) // the earlier version came back too
    expect(await headOf(await (await fetch(`${edge.url}/v1/head`)).text())).toMatchObject({
      active: { manifest: first },
    })
  }, 90_000)
})
