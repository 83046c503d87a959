import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { KEY_FILES } from '../../models/publish/keys.ts'
import { seededRandom, shuffle } from '../../models/random.ts'
import type { Defence } from './defence.ts'
import { defences } from './defences.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** A copy of the project: however this ends, the project itself is never touched. */
const COPY = join(ROOT, '.cache', 'mutations')
/** A mutant may run for ever; then it is noticed too. */
const LIMIT_MS = 600_000
const USAGE = `npm run mutations [-- [--sample N [--seed N]] [ID …]]

Takes away one defence at a time, in a copy of the project, and demands that the tests named for it fail.
  ID …        only the defences whose id begins so
  --sample N  only N of them, drawn by the seed (1 by default)
  --list      only lists them`

interface Outcome {
  readonly defence: Defence
  readonly survived: boolean
  readonly seconds: number
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const named = defences.filter(
    ({ id }) => positionals.length === 0 || positionals.some((p) => id.startsWith(p)),
  )
  const chosen = values.sample
    ? shuffle([...named], seededRandom(Number(values.seed))).slice(0, Number(values.sample))
    : named
  if (chosen.length === 0) {
    console.error(`No defence is called so.\n\n${USAGE}`)
    return 2
  }
  if (values.list) {
    for (const { id, threat, file } of chosen) console.log(`${id.padEnd(34)} ${threat.padEnd(4)} ${file}`)
    return 0
  }
  copyProject()
  try {
    return report(chosen)
  } finally {
    rmSync(COPY, { recursive: true, force: true })
  }
}

/** What git knows and what lies beside it, the keys, and the packages as hard links. */
function copyProject(): void {
  rmSync(COPY, { recursive: true, force: true })
  mkdirSync(COPY, { recursive: true })
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
  })
  const files = list
    .toString()
    .split('\0')
    .filter((file) => file && existsSync(join(ROOT, file)))
  for (const file of [...files, ...Object.values(KEY_FILES), 'dist']) {
    if (!existsSync(join(ROOT, file))) continue
    mkdirSync(dirname(join(COPY, file)), { recursive: true })
    cpSync(join(ROOT, file), join(COPY, file), { recursive: true })
  }
  // Links would lead tools out of the copy.
  execFileSync('cp', ['-al', join(ROOT, 'node_modules'), join(COPY, 'node_modules')])
}

function report(chosen: readonly Defence[]): number {
  if (chosen.some(({ tests }) => tests.some(isEndToEnd))) build()
  const broken = brokenTests(chosen)
  for (const tests of broken) console.log(`✗ ${tests} fails as it is, and proves nothing`)
  const outcomes: Outcome[] = []
  for (const [i, defence] of chosen.entries()) {
    if (broken.has(runOf(defence))) continue
    const outcome = without(defence)
    outcomes.push(outcome)
    const mark = outcome.survived ? '✗ NOT noticed' : '✓ noticed    '
    const seconds = `${outcome.seconds.toFixed(1)} s`.padStart(7)
    console.log(
      `${mark} ${defence.id.padEnd(34)} ${defence.threat.padEnd(4)} ${seconds}  ${i + 1}/${chosen.length}`,
    )
  }
  const survivors = outcomes.filter(({ survived }) => survived)
  for (const { defence } of survivors) {
    console.log(`\n${defence.id}: ${defence.file} without\n    ${defence.find}\n  passes ${runOf(defence)}`)
  }
  const noticed = outcomes.length - survivors.length
  console.log(`\n${noticed} of ${chosen.length} defences fail a test when removed`)
  return noticed === chosen.length ? 0 : 1
}

/** Which tests are run for a defence; many share them. */
const runOf = ({ tests, name }: Defence) => `${tests.join(' ')}${name ? ` -t "${name}"` : ''}`

/** Each test must pass before a failure can mean anything. */
function brokenTests(chosen: readonly Defence[]): Set<string> {
  const runs = new Map(chosen.map((defence) => [runOf(defence), defence]))
  const quick = [...runs.values()].filter(({ tests, name }) => !name && !tests.some(isEndToEnd))
  const paths = [...new Set(quick.flatMap(({ tests }) => tests))]
  const fine = new Set(paths.length > 0 && passes(paths) ? quick.map(runOf) : [])
  const others = [...runs.values()].filter((defence) => !fine.has(runOf(defence)))
  return new Set(others.filter(({ tests, name }) => !passes(tests, name)).map(runOf))
}

const isEndToEnd = (test: string) => test.startsWith('test/e2e/')

/** Runs the tests of a defence without it, and puts it back. */
function without(defence: Defence): Outcome {
  const path = join(COPY, defence.file)
  const text = readFileSync(path, 'utf8')
  const began = performance.now()
  writeFileSync(
    path,
    text.replace(defence.find, () => defence.replace),
  )
  try {
    if (defence.tests.some(isEndToEnd)) build()
    const survived = passes(defence.tests, defence.name)
    return { defence, survived, seconds: (performance.now() - began) / 1000 }
  } finally {
    writeFileSync(path, text)
  }
}

/** What a browser loads in the end-to-end tests is the built site. */
function build(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(COPY, 'web/build.ts')], { cwd: COPY })
  if (status !== 0) throw new Error(`The copy could not be built: ${stderr}`)
}

function passes(tests: readonly string[], name?: string): boolean {
  const projects = new Set(tests.map(projectOf))
  const { status } = spawnSync(
    process.execPath,
    [
      join(COPY, 'node_modules/vitest/vitest.mjs'),
      'run',
      ...[...projects].flatMap((project) => ['--project', project]),
      ...['--bail', '1', '--reporter', 'dot'],
      ...(name ? ['--testNamePattern', name] : []),
      ...tests,
    ],
    { cwd: COPY, stdio: process.env.DEBUG ? 'inherit' : 'ignore', timeout: LIMIT_MS },
  )
  return status === 0
}

function projectOf(test: string): string {
  if (isEndToEnd(test)) return 'e2e'
  if (test.startsWith('test/worker/')) return 'workerd'
  return /^test\/web\/[^/]+$/.test(test) ? 'browser' : 'node'
}

process.exitCode = main()
