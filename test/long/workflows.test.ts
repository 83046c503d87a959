import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ensureKeys, KEY_FILES, readReleaseKeys } from '../../models/publish/keys.ts'
import { type LocalEdge, startLocalEdge } from '../../models/publish/localEdge.ts'
import { seededRandom } from '../../models/random.ts'
import { runForYou } from '../models/runForYou.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DAY = 86_400

interface Step {
  readonly name?: string
  readonly if?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
}

let dir: string
/** Where the owner has keys, and where the job has none. */
let owner: string
let runner: string
let edge: LocalEdge
let token: string

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'foryou-workflows-'))
  owner = join(dir, 'owner')
  runner = join(dir, 'runner')
  for (const name of ['models', 'shared', 'worker', 'web', 'package.json', 'wrangler.toml']) {
    cpSync(join(ROOT, name), join(runner, name), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(runner, 'node_modules'))
  mkdirSync(join(owner, 'site'), { recursive: true })
  writeFileSync(join(owner, 'site', 'index.html'), '<title>films</title>')
  await ensureKeys(owner)
  token = JSON.parse(
    (await here('keys', 'token', 'add', 'ci', '--scope', 'publish,promote', '--json')).out,
  ).token
  edge = await startLocalEdge({
    root: ROOT,
    port: 0,
    persistDir: join(dir, 'edge'),
    siteDir: join(owner, 'site'),
    keysDir: owner,
    site: 'foryou',
  })
  writeLog(join(owner, 'log'))
  expect((await here('train', '--data', './log', '--out', 'out')).code).toBe(0)
  await here('publish', 'out/release')
  expect((await here('promote', 'out/release')).code).toBe(0)
})

afterAll(async () => {
  await edge?.stop()
  rmSync(dir, { recursive: true })
})

const here = (...argv: string[]) =>
  runForYou(owner, argv, owner, { env: edge ? { FORYOU_EDGE: edge.url } : {}, now: () => Date.now() })

/** A small shop whose visitors like westerns or musicals, with purchases until a moment ago. */
function writeLog(folder: string, users = 900): void {
  const random = seededRandom(1)
  const now = Math.floor(Date.now() / 1000)
  const items = Array.from({ length: 200 }, (_, i) => `i${i},Film ${i},${i % 2 ? 'Western' : 'Musical'}`)
  const rows: string[] = []
  for (let user = 0; user < users; user++) {
    let time = now - Math.floor(random() * 120 * DAY)
    for (let k = 0; k < 4 + random() * 8; k++) {
      const item = Math.min(199, 2 * Math.floor(1 / (0.01 + random())) + (random() < 0.85 ? user % 2 : 0))
      rows.push(`u${user},i${item},${Math.min(now - 1, time)}`)
      time += 60 + Math.floor(random() * DAY)
    }
  }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'items.csv'), `item,title,genres\n${items.join('\n')}\n`)
  writeFileSync(join(folder, 'interactions.csv'), `user,item,time\n${rows.join('\n')}\n`)
}

/** Runs the steps of a workflow as its runner would, in a shell, with the variables and secrets that the handbook names. */
async function play(file: string, more: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const known: Readonly<Record<string, string>> = {
    'vars.FORYOU_EDGE': edge.url,
    'vars.FORYOU_PINS': readFileSync(join(owner, KEY_FILES.pins), 'utf8'),
    'vars.FORYOU_FETCH': `rm -rf log && cp -r ${join(owner, 'log')} .`,
    'secrets.FORYOU_TOKEN': token,
    // One key alone: the other stays with the owner.
    'secrets.FORYOU_RELEASE_KEYS': JSON.stringify(readReleaseKeys(owner).slice(0, 1)),
    'github.run_id': String(Date.now()),
    'github.run_attempt': '1',
    ...more,
  }
  const filled = (text: string) =>
    text.replace(
      /\$\{\{\s*([\w.]+)(?:\s*\|\|\s*'([^']*)')?\s*\}\}/g,
      (_, name, other) => known[name] ?? other ?? '',
    )
  const environment = (given: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, filled(value)]))
  const wanted = (condition = '') => {
    const [, name = '', sign] = /^(vars\.\w+) (==|!=) ''$/.exec(condition) ?? []
    return name === '' || (known[name] === undefined) === (sign === '==')
  }
  const { jobs } = parse(readFileSync(join(ROOT, '.github/workflows', file), 'utf8'))
  const [job] = Object.values(jobs) as { env: Record<string, string>; steps: Step[] }[]
  const done: string[] = []
  for (const { name = '', run, env, if: condition } of job!.steps) {
    if (!run || run.startsWith('npm ci') || !wanted(condition)) continue
    const { PATH = '', HOME = '' } = process.env
    const all = { PATH, HOME, CI: 'true', ...environment(job!.env), ...environment(env) }
    const { code, output } = await shell(run, all)
    expect(code, `${name}: ${output}`).toBe(0)
    expect(output).not.toContain(token)
    expect(existsSync(join(runner, KEY_FILES.release)), name).toBe(false) // gone as soon as it has signed
    done.push(name)
  }
  return done
}

function shell(
  script: string,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn('bash', ['-eo', 'pipefail', '-c', script], {
    cwd: runner,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  return new Promise((done) => child.once('close', (code) => done({ code, output })))
}

const trail = async () =>
  (
    JSON.parse((await here('status', '--audit', '9', '--json')).out).audit as { who: string; did: string }[]
  ).map(({ who, did }) => `${who} ${did.split(' ')[0]}`)

test('the workflows do what they say, on a machine that has no keys of its own', async () => {
  expect(await play('nightly.yml')).toEqual([
    'Fetch the log and the items',
    'Check the data',
    'Train',
    'Publish',
    'Promote',
    'Look at it as a visitor',
  ])
  await play('hourly-popularity.yml', { 'vars.FORYOU_HOURLY': 'yes' })
  writeLog(join(owner, 'log'), 930) // a day later
  expect(await play('nightly.yml', { 'vars.FORYOU_CANARY': '5' })).toContain('Canary')
  await play('alarm.yml')
  expect(await trail()).toEqual(['ci canary', 'ci promote', 'ci promote', 'promote promote'])
})
