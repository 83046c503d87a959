import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { readNamedTokens } from '../../models/publish/adminTokens.ts'
import { ensureKeys, KEY_FILES, readTokens } from '../../models/publish/keys.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { runForYou } from './runForYou.ts'

const NOW = Date.UTC(2026, 10, 1)

const parent = mkdtempSync(join(tmpdir(), 'foryou-tokens-'))
afterAll(() => rmSync(parent, { recursive: true }))

let root: string
const run = (...argv: string[]) => runForYou(root, argv, root, { now: () => NOW })
const edgeTokens = () => {
  const line = readFileSync(join(root, KEY_FILES.edge), 'utf8').match(/^ADMIN_TOKENS='(.*)'$/m)
  return JSON.parse(line![1]!) as { name?: string; scope: string; sha256: string; until?: number }[]
}

beforeEach(async () => {
  root = mkdtempSync(join(parent, 'project-'))
  await ensureKeys(root)
})

describe('foryou keys token', () => {
  it('gives a person a token, shown once and kept nowhere; the edge gets name, scope and hash', async () => {
    const { code, out } = await run('keys', 'token', 'add', 'alice', '--scope', 'promote', '--days', '90')
    expect(code).toBe(0)
    const token = /^ {2}(\S{43})$/m.exec(out)![1]!
    expect(edgeTokens()).toContainEqual({
      name: 'alice',
      scope: 'promote',
      sha256: await sha256(token),
      until: NOW + 90 * DAY_MS,
    })
    for (const file of Object.values(KEY_FILES).filter((name) => existsSync(join(root, name)))) {
      expect(readFileSync(join(root, file), 'utf8'), file).not.toContain(token)
    }
    expect(statSync(join(root, KEY_FILES.named)).mode & 0o777).toBe(0o600)
    const shown = await run('keys', 'show')
    expect(shown.out).toContain('alice: promote, until 2027-01-30')
    expect(shown.out).not.toContain(token)
  })

  it('gives one token several scopes, and every machine token its own hash as before', async () => {
    const { out } = await run('keys', 'token', 'add', 'ci', '--scope', 'publish,promote', '--json')
    const { token, scopes } = JSON.parse(out)
    expect(scopes).toEqual(['publish', 'promote'])
    const hash = await sha256(token)
    expect(edgeTokens().filter((known) => known.name === 'ci')).toEqual([
      { name: 'ci', scope: 'publish', sha256: hash },
      { name: 'ci', scope: 'promote', sha256: hash },
    ])
    const own = readTokens(root)
    expect(edgeTokens().slice(0, 3)).toEqual([
      { scope: 'publish', sha256: await sha256(own.publish!) },
      { scope: 'promote', sha256: await sha256(own.promote!) },
      { scope: 'read', sha256: await sha256(own.read!) },
    ])
  })

  it('takes a token back, a person’s or this machine’s, and makes this machine a new one', async () => {
    await run('keys', 'token', 'add', 'alice', '--scope', 'read')
    expect((await run('keys', 'token', 'revoke', 'alice')).code).toBe(0)
    expect(readNamedTokens(root)).toEqual([])
    const leaked = readTokens(root).promote!
    expect((await run('keys', 'token', 'revoke', 'promote')).out).toContain('foryou keys token add promote')
    expect(readTokens(root).promote).toBeUndefined()
    expect(edgeTokens().map(({ scope }) => scope)).toEqual(['publish', 'read'])
    expect(await run('promote', 'f'.repeat(64))).toMatchObject({ code: 1 })
    const { out } = await run('keys', 'token', 'add', 'promote')
    const fresh = readTokens(root).promote!
    expect(fresh).not.toBe(leaked)
    expect(out).not.toContain(fresh)
    expect(edgeTokens()[1]).toEqual({ scope: 'promote', sha256: await sha256(fresh) })
    expect(JSON.stringify(edgeTokens())).not.toContain(await sha256(leaked))
  })

  it('keeps other lines of the edge’s variables', async () => {
    const path = join(root, KEY_FILES.edge)
    appendFileSync(path, 'APPROVALS="2"\n')
    await run('keys', 'token', 'add', 'alice', '--scope', 'read')
    expect(readFileSync(path, 'utf8')).toMatch(/\nAPPROVALS="2"\n$/)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it.each([
    [['token'], 'Whose token?'],
    [['token', 'add'], 'Whose token?'],
    [['token', 'give', 'alice'], 'Whose token?'],
    [['token', 'add', 'alice'], '--scope must be'],
    [['token', 'add', 'alice', '--scope', 'all'], '--scope must be'],
    [['token', 'add', 'a b', '--scope', 'read'], 'cannot be the name'],
    [['token', 'add', 'alice+bob', '--scope', 'read'], 'cannot be the name'],
    [['token', 'add', 'cron', '--scope', 'read'], 'cannot be the name'],
    [['token', 'add', 'promote', '--scope', 'read'], 'already'],
    [['forget'], 'There is no "foryou keys forget"'],
  ])('refuses %j', async (argv, message) => {
    const { code, err } = await run('keys', ...argv)
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('refuses a second token of one name, and more tokens than a secret can hold', async () => {
    await run('keys', 'token', 'add', 'alice', '--scope', 'read')
    expect((await run('keys', 'token', 'add', 'alice', '--scope', 'promote')).err).toContain('already')
    expect((await run('keys', 'token', 'revoke', 'bob')).code).toBe(1)
    let last = { code: 0, err: '' }
    for (let i = 0; i < 60 && last.code === 0; i++) {
      last = await run('keys', 'token', 'add', `person-${i}`, '--scope', 'read')
    }
    expect(last).toMatchObject({ code: 2, err: expect.stringContaining('too many tokens') })
    expect(JSON.stringify(edgeTokens()).length).toBeLessThan(5000)
  })
})
