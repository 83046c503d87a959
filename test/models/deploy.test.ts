import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { checkDeployment } from '../../models/publish/checkDeployment.ts'
import { ensureKeys, KEY_FILES, readOpsKeys, readReleaseKeys } from '../../models/publish/keys.ts'
import { rehearseDeploy } from '../../models/publish/wrangler.ts'
import { runForYou } from './runForYou.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const NOW = Date.UTC(2026, 10, 1)
const parent = mkdtempSync(join(tmpdir(), 'foryou-deploy-'))
afterAll(() => rmSync(parent, { recursive: true }))

let dir: string
let site: string
/** A site as the build leaves it: its loader pins the keys of the folder. */
function build(): void {
  mkdirSync(site, { recursive: true })
  writeFileSync(join(site, 'index.html'), '<title>films</title>')
  writeFileSync(join(site, 'foryou.js'), `const pins=${readFileSync(join(dir, KEY_FILES.pins), 'utf8')}`)
}
const check = () => checkDeployment(dir, site, NOW)

beforeEach(async () => {
  dir = mkdtempSync(join(parent, 'project-'))
  site = join(dir, 'site')
  await ensureKeys(dir)
  build()
})

describe('before anything is sent', () => {
  it('keys, secrets and site are found to be there and to belong together', async () => {
    const { tokens, opsKey, warnings } = await check()
    expect({ tokens, opsKey, warnings }).toEqual({
      tokens: 3,
      opsKey: readOpsKeys(dir)[0]!.kid,
      warnings: [],
    })
  })

  it('a secrets file of before is written again from the keys', async () => {
    writeFileSync(join(dir, KEY_FILES.edge), "OPS_KEY='old'\nAPPROVALS=2\n")
    await check()
    const text = readFileSync(join(dir, KEY_FILES.edge), 'utf8')
    expect(text).not.toContain('old')
    expect(text).toContain('APPROVALS=2')
  })

  it.each([
    ['no keys at all', () => rmSync(join(dir, KEY_FILES.pins)), /cannot be read/],
    ['a private file that is gone', () => rmSync(join(dir, KEY_FILES.ops)), /not complete/],
    [
      'a release key among the secrets',
      () => appendFileSync(join(dir, KEY_FILES.edge), `X=${readReleaseKeys(dir)[0]!.d}\n`),
      /contains the release key/,
    ],
    ['a private part that is of another key', swapPrivateParts, /is refused by the pinned keys/],
    ['no built site', () => rmSync(join(site, 'foryou.js')), /no built site/],
    [
      'a site that is built with other keys',
      () => writeFileSync(join(site, 'foryou.js'), 'const pins={}'),
      /does not pin/,
    ],
  ])('refuses %s, and says what to do', async (_, spoil, message) => {
    spoil()
    await expect(check()).rejects.toThrow(message)
    await expect(check()).rejects.toMatchObject({ code: 'bad_config', hint: expect.any(String) })
  })

  it('says what is allowed and yet unwise', async () => {
    await runForYou(dir, ['keys', 'token', 'revoke', 'promote'], dir, { now: () => NOW })
    await runForYou(dir, ['keys', 'token', 'add', 'bob', '--scope', 'read', '--days', '1'], dir, {
      now: () => NOW - 2 * 864e5,
    })
    expect((await check()).warnings).toEqual([
      'Nobody has a promote token.',
      expect.stringContaining('1 tokens have expired'),
    ])
  })
})

/** The file says one key, its private part is that of another: signatures would be worth nothing. */
function swapPrivateParts(): void {
  const [first, second] = readOpsKeys(dir)
  writeFileSync(join(dir, KEY_FILES.ops), JSON.stringify([{ ...first, d: second!.d }, second]))
}

describe('wrangler, without an account or a network', () => {
  it('puts the Worker together with all that it needs, and a bucket that has no name yet', async () => {
    const { secretsFile } = await check()
    expect(await rehearseDeploy({ root: ROOT, secretsFile, siteDir: site })).toBe('foryou')
    const toml = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
    expect(toml).not.toMatch(/bucket_name|account_id|database_id|zone_id/)
  }, 60_000)

  it('would refuse a Worker without its secrets', async () => {
    const secretsFile = join(dir, 'none')
    writeFileSync(secretsFile, "PINS='{}'\n")
    await expect(rehearseDeploy({ root: ROOT, secretsFile, siteDir: site })).rejects.toThrow('no OPS_KEY')
  }, 60_000)
})

it('foryou deploy stops at once where there are no keys', async () => {
  const bare = mkdtempSync(join(parent, 'bare-'))
  const { code, err } = await runForYou(bare, ['deploy', '--dry-run'], bare)
  expect(code).toBe(1)
  expect(err).toContain('Run "foryou keys"')
})
