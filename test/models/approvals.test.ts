import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ensureKeys, KEY_FILES } from '../../models/publish/keys.ts'
import { type LocalEdge, startLocalEdge } from '../../models/publish/localEdge.ts'
import { runForYou } from './runForYou.ts'
import { tinyBundle } from './tinyBundle.ts'

let root: string
let edge: LocalEdge
const tokens: Record<string, string> = {}

/** Two people with a promote token of their own, one who edits, and an edge that wants two for a promote. */
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'foryou-approvals-'))
  await ensureKeys(root)
  mkdirSync(join(root, 'site'))
  writeFileSync(join(root, 'site', 'index.html'), '<title>films</title>')
  const people = [
    ['alice', 'promote,read'],
    ['bob', 'promote,read'],
    ['editor', 'publish'],
  ] as const
  for (const [name, scope] of people) {
    const { out } = await here(['keys', 'token', 'add', name, '--scope', scope, '--json'])
    tokens[name] = JSON.parse(out).token
  }
  appendFileSync(join(root, KEY_FILES.edge), 'APPROVALS=2\n')
  edge = await startLocalEdge({
    root: resolve(import.meta.dirname, '../..'),
    port: 0,
    persistDir: join(root, 'edge'),
    siteDir: join(root, 'site'),
    keysDir: root,
    site: 'foryou',
  })
}, 60_000)

afterAll(async () => {
  await edge?.stop()
  rmSync(root, { recursive: true })
})

const here = (argv: readonly string[], env: Record<string, string> = {}) =>
  runForYou(root, argv, root, { env, now: () => Date.now() })

/** Runs a command as somebody who has a token and nothing else. */
const as = (who: string, ...argv: string[]) =>
  here([...argv, '--edge', edge.url], { FORYOU_TOKEN: tokens[who]! })

it('needs two people for what everybody gets: one proposes, another approves, the trail names both', async () => {
  const first = await tinyBundle(join(root, 'first'), { popularity: 'one' })
  const published = await as('editor', 'publish', 'first')
  expect(published).toMatchObject({ code: 0, err: expect.any(String) })

  const editor = await as('editor', 'promote', 'first')
  expect(editor).toMatchObject({ code: 1, err: expect.stringContaining('the scope promote') })
  expect((await as('alice', 'publish', 'first')).err).toContain('the scope publish')

  const proposed = await as('alice', 'promote', 'first', '--op', 'release-1')
  expect(proposed.code).toBe(0)
  expect(proposed.out).toContain('waits for a second person')
  expect(proposed.out).toContain('foryou promote --approve release-1')
  expect((await as('bob', 'status')).err).toContain('Nothing is live')

  const own = await as('alice', 'promote', '--approve', 'release-1')
  expect(own).toMatchObject({ code: 1, err: expect.stringContaining('cannot approve it') })
  expect((await as('editor', 'promote', '--approve', 'release-1')).code).toBe(1)
  expect((await as('bob', 'status')).err).toContain('Nothing is live')

  const approved = await as('bob', 'promote', '--approve', 'release-1')
  expect(approved).toMatchObject({ code: 0, out: expect.stringContaining(`${first} is live`) })
  expect((await as('bob', 'promote', '--approve', 'release-1', '--json')).out).toContain('"replayed":true')

  const status = await as('alice', 'status', '--audit', '5')
  expect(status.out).toContain('alice+bob')
  expect(status.out.match(/promote \w{12}/g)).toHaveLength(1)
}, 30_000)

it('lets one person alone go back, stop everything, and try on a tenth of the visitors', async () => {
  await tinyBundle(join(root, 'second'), { popularity: 'two' })
  await as('editor', 'publish', 'second')
  expect((await as('alice', 'canary', 'second', '--share', '50')).err).toContain('10 %')
  expect((await as('alice', 'canary', 'second', '--share', '10')).code).toBe(0)
  await as('alice', 'promote', 'second', '--op', 'release-2')
  await as('bob', 'promote', '--approve', 'release-2')
  expect((await as('alice', 'kill')).code).toBe(0)
  expect((await as('alice', 'kill', '--off')).code).toBe(0)
  expect((await as('alice', 'rollback')).code).toBe(0)
  expect(await trail()).toEqual([
    'alice rollback',
    'alice kill',
    'alice kill',
    'alice+bob promote',
    'alice canary',
    'alice+bob promote',
  ])
}, 30_000)

/** Who did what, the latest first. */
async function trail(): Promise<string[]> {
  const { out } = await as('bob', 'status', '--audit', '20', '--json')
  return JSON.parse(out).audit.map(
    ({ who, did }: { who: string; did: string }) => `${who} ${did.split(' ')[0]}`,
  )
}
