import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseCommand } from '../../models/cli/command.ts'
import { COMMANDS } from '../../models/cli/commands.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')
const WORKFLOWS = join(ROOT, '.github', 'workflows')

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string>>
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions: unknown
  readonly concurrency: { readonly group: string }
  readonly env?: Readonly<Record<string, string>>
  readonly jobs: Readonly<
    Record<string, { 'timeout-minutes'?: number; env?: Record<string, string>; steps: readonly Step[] }>
  >
}

const workflows = readdirSync(WORKFLOWS).filter((name) => name.endsWith('.yml'))
const read = (name: string) => parse(readFileSync(join(WORKFLOWS, name), 'utf8')) as Workflow
const stepsOf = (name: string) => Object.values(read(name).jobs).flatMap(({ steps }) => steps)

/** Each `foryou VERB …` of a text as words; variables stay as they are, comments, pipes and further commands are cut off. */
function commandLines(text: string): string[][] {
  const joined = text.replace(/\\\n\s*/g, ' ')
  return joined.split('\n').flatMap((line) =>
    line
      .replace(/\s#.*$/, '')
      .split(/&&|\|\||;|\s\|\s|\s>\s/)
      .flatMap((part) => {
        const words = (part.match(/"[^"]*"|'[^']*'|[^\s]+/g) ?? []).map((word) =>
          word.replace(/^(["'])(.*)\1$/, '$2'),
        )
        const at = words.findIndex(
          (word, i) => word === 'foryou' && (i === 0 || ['npx', '--', 'DIR'].includes(words[i - 1]!)),
        )
        return at < 0 ? [] : [words.slice(at + 1)]
      }),
  )
}

async function fault(words: readonly string[]): Promise<string | null> {
  const [verb, ...argv] = words
  const entry = COMMANDS[verb ?? '']
  if (!entry) return verb === '--help' ? null : `there is no ${verb}`
  try {
    const command = await entry.load()
    parseCommand(command, argv)
    return null
  } catch (error) {
    return `${words.join(' ')}: ${error instanceof Error ? error.message : error}`
  }
}

test('the reader of command lines finds them, and the judge refuses wrong ones', async () => {
  expect(
    commandLines(
      'npx foryou status --audit 5 # look\nFOO=1 npx foryou publish a/b && npx foryou promote "$X"',
    ),
  ).toEqual([
    ['status', '--audit', '5'],
    ['publish', 'a/b'],
    ['promote', '$X'],
  ])
  expect(await fault(['status', '--adit', '5'])).toContain('--adit')
  expect(await fault(['publish'])).toContain('missing')
  expect(await fault(['depoly'])).toContain('no depoly')
})

describe.each(workflows)('%s', (name) => {
  const steps = stepsOf(name)

  test('may only read, runs alone, ends by itself, and pins what it uses by hash', () => {
    const { permissions, concurrency, on, jobs } = read(name)
    expect(permissions).toEqual({ contents: 'read' })
    expect(concurrency.group).toEqual(expect.any(String))
    expect(Object.keys(on)).not.toContain('pull_request_target')
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(120)
    for (const { uses } of steps) if (uses) expect(uses).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/)
    const checkout = steps.find(({ uses }) => uses?.startsWith('actions/checkout'))
    expect(checkout?.with).toMatchObject({ 'persist-credentials': false })
  })

  test('puts no expression into a shell line, and no secret where a step does not need it', () => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{')
    const { env = {}, jobs } = read(name)
    const wide = [env, ...Object.values(jobs).map((job) => job.env ?? {})].flatMap((set) =>
      Object.values(set),
    )
    expect(wide.filter((value) => String(value).includes('secrets.'))).toEqual([])
    const withKey = steps.filter(({ env }) =>
      Object.values(env ?? {}).some((value) => value.includes('RELEASE_KEYS')),
    )
    for (const { run } of withKey) {
      expect(run).toMatch(/^umask 077\n/)
      expect(run).toContain("trap 'rm -f .foryou/release.private.json' EXIT")
      expect(run).not.toContain('train') // other people's code does not run beside the key
    }
  })

  test('calls the command line as it is', async () => {
    const lines = steps.flatMap(({ run }) => commandLines(run ?? ''))
    expect(await Promise.all(lines.map(fault))).toEqual(lines.map(() => null))
  })
})

test('the nightly run does all that a release needs, in this order, and the hourly one does not race it', () => {
  const verbs = (name: string) =>
    stepsOf(name).flatMap(({ run }) => commandLines(run ?? '').map(([verb]) => verb))
  expect(verbs('nightly.yml')).toEqual(['validate', 'train', 'publish', 'canary', 'promote', 'doctor'])
  expect(verbs('hourly-popularity.yml')).toEqual(['train', 'publish', 'promote'])
  expect(verbs('alarm.yml')).toEqual(['status', 'doctor'])
  expect(read('nightly.yml').concurrency).toEqual(read('hourly-popularity.yml').concurrency)
})

const pages = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
]

/** Placeholders of a manual become something that parses. */
const filled = (words: readonly string[]) =>
  words.flatMap((word) => {
    const bare = word.replace(/^\[|\]$/g, '') // optional, in a manual's way
    return bare === '' ? [] : [bare === 'N' ? '1' : bare]
  })

test.each(pages.filter((page) => existsSync(join(ROOT, page))))(
  '%s: every command in a block exists with these flags',
  async (page) => {
    const blocks = readFileSync(join(ROOT, page), 'utf8').matchAll(/^```(?:sh|yaml|bash)\n([\s\S]*?)^```/gm)
    const lines = Array.from(blocks, ([, block]) => commandLines(block!))
      .flat()
      .map(filled)
    const faults = (await Promise.all(lines.map(fault))).filter((text) => text !== null)
    expect(faults).toEqual([])
  },
)
