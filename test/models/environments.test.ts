import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseCommand } from '../../models/cli/command.ts'
import { edgeTarget } from '../../models/cli/connectEdge.ts'
import { main } from '../../models/cli/main.ts'
import { status } from '../../models/cli/status.ts'
import { readConfig } from '../../models/config.ts'
import { ensureKeys, readPins } from '../../models/publish/keys.ts'
import { keysDir } from '../../models/publish/keysDir.ts'
import { quietEnvironment } from '../../models/publish/localEdge.ts'
import { tinyBundle } from './tinyBundle.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const ENVIRONMENTS = {
  staging: { to: 'cdn-staging' },
  production: { to: 'cdn-production' },
  blog: { edge: 'https://foryou-blog.example.workers.dev', site: 'blog', keys: 'blog-keys' },
}

let dir: string
const lines: string[] = []
const io = (env: Record<string, string> = {}) => ({
  out: (line = '') => void lines.push(line),
  note: (line: string) => void lines.push(line),
  env,
  cwd: dir,
  root: dir,
  interactive: false,
  now: () => Date.now(),
})
const foryou = async (...argv: string[]) => {
  lines.length = 0
  return { code: await main(argv, io()), text: () => lines.join('\n') }
}
const target = (argv: string[], env?: Record<string, string>) =>
  edgeTarget(parseCommand(status, argv), io(env))

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'foryou-environments-'))
  writeFileSync(join(dir, 'foryou.config.json'), JSON.stringify({ environments: ENVIRONMENTS }))
  for (const name of ['staging', 'production']) await ensureKeys(keysDir(dir, name))
  await ensureKeys(dir)
  await tinyBundle(join(dir, 'bundle'), { popularity: 'one' })
})
afterAll(() => rmSync(dir, { recursive: true }))

describe('environments', () => {
  it('name a place, a site and keys; flags go before', () => {
    expect(target(['--env', 'staging'])).toEqual({
      site: 'foryou',
      environment: 'staging',
      keysDir: join(dir, '.foryou/environments/staging'),
      folder: join(dir, 'cdn-staging'),
    })
    const blog = { site: 'blog', environment: 'blog', keysDir: join(dir, 'blog-keys') }
    expect(target(['--env', 'blog'])).toEqual({ ...blog, endpoint: ENVIRONMENTS.blog.edge })
    expect(target(['--edge', 'https://x.test'], { FORYOU_ENV: 'blog' })).toEqual({
      ...blog,
      endpoint: 'https://x.test',
    })
    expect(target(['--to', 'x', '--env', 'blog'])).toEqual({ ...blog, folder: join(dir, 'x') })
    expect(target([])).toEqual({ site: 'foryou', keysDir: dir, endpoint: 'http://127.0.0.1:8787' })
    expect(() => target(['--env', 'prod'])).toThrow(/no environment "prod"/)
  })

  it('have keys of their own: what one has signed is refused by another', async () => {
    const kids = ['staging', 'production'].map((name) => readPins(keysDir(dir, name)).ops[0]!.kid)
    expect(new Set([...kids, readPins(dir).ops[0]!.kid]).size).toBe(3)
    for (const name of ['staging', 'production'])
      expect((await foryou('publish', 'bundle', '--env', name, '--no-scripts')).code).toBe(0)
    for (const name of ['staging', 'production']) expect((await foryou('status', '--env', name)).code).toBe(0)
    const before = readFileSync(join(dir, 'cdn-production/v1/head'), 'utf8')
    const crossed = await foryou('status', '--env', 'staging', '--to', 'cdn-production')
    expect([crossed.code, crossed.text()]).toEqual([1, expect.stringContaining('No pinned ops key')])
    for (const verb of [['refresh'], ['kill'], ['publish', 'bundle', '--no-scripts']]) {
      const wrong = await foryou(...verb, '--env', 'staging', '--to', 'cdn-production')
      expect([wrong.code, wrong.text()]).toEqual([1, expect.stringContaining('environment "production"')])
    }
    expect(readFileSync(join(dir, 'cdn-production/v1/head'), 'utf8')).toBe(before)
  })

  it('are refused where they are not clear', async () => {
    for (const [environment, text] of [
      [{}, 'either "edge" or "to"'],
      [{ edge: 'https://x.test', to: 'x' }, 'either "edge" or "to"'],
      [{ edge: 'https://x.test', site: 'No Site' }, 'environments.x.site'],
      [{ edge: 'https://x.test', token: 'secret' }, 'environments.x.token'],
    ] as const) {
      const folder = mkdtempSync(join(dir, 'config-'))
      writeFileSync(join(folder, 'foryou.config.json'), JSON.stringify({ environments: { x: environment } }))
      await expect(readConfig(folder)).rejects.toThrow(text)
    }
  })
})

/** Names of what a Worker is bound to, as wrangler lists them. */
async function bindingsOf(environment: string): Promise<string[]> {
  const wrangler = join(ROOT, 'node_modules/wrangler/bin/wrangler.js')
  mkdirSync(join(ROOT, 'dist', environment || 'site'), { recursive: true })
  const args = ['deploy', '--dry-run', `--env=${environment}`, '--config', join(ROOT, 'wrangler.toml')]
  const env = { ...process.env, ...quietEnvironment(dir) }
  const output = await new Promise<string>((done, fail) => {
    execFile(
      process.execPath,
      [wrangler, ...args, '--outdir', join(dir, `out-${environment}`)],
      { cwd: dir, env },
      (error, out, err) => (error ? fail(error) : done(out + err)),
    )
  })
  expect(output).not.toContain('WARNING')
  return Array.from(output.matchAll(/^env\.(\w+)/gm), ([, name]) => name!).sort()
}

it('are configured like the top of wrangler.toml, but for what is built for each', () => {
  const toml = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8')
  const sections = Array.from(toml.matchAll(/^\[+([\w.]+)\]+\n((?:(?!\[).*\n?)*)/gm), ([, name, body]) => ({
    name: name!,
    // What is built for each, and the ids by which an account tells rate limits apart.
    body: body!.replace(/^(#.*)?\n/gm, '').replace(/^(directory|namespace_id) = .*$/m, ''),
  }))
  const own = sections.filter(({ name }) => !name.startsWith('env.') && name !== 'triggers')
  expect(own.length).toBeGreaterThanOrEqual(3)
  for (const environment of ['staging', 'production']) {
    const prefix = `env.${environment}.`
    const theirs = sections.filter(({ name }) => name.startsWith(prefix))
    expect(theirs.map(({ name, body }) => ({ name: name.slice(prefix.length), body }))).toEqual(own)
    expect(toml).toContain(`directory = "./dist/${environment}"`)
  }
  const ids = Array.from(toml.matchAll(/^namespace_id = "(\d+)"$/gm), ([, id]) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

it('deploy offline, without ids, with all that the Worker is bound to', async () => {
  const [own, ...others] = await Promise.all(['', 'staging', 'production'].map(bindingsOf))
  expect(own).toContain('BUNDLES')
  for (const bindings of others) expect(bindings).toEqual(own)
}, 60_000)
