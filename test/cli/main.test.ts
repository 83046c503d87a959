import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Io } from '../../models/cli/command.ts'
import { COMMANDS, PLANNED } from '../../models/cli/commands.ts'
import { main } from '../../models/cli/main.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = []
  const err: string[] = []
  const io: Io = {
    out: (line = '') => out.push(line),
    note: (line) => err.push(line),
    env: {},
    cwd: mkdtempSync(join(tmpdir(), 'foryou-cli-')),
    root: ROOT,
    interactive: false,
    now: () => Date.UTC(2026, 10, 1),
  }
  const code = await main(argv, io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('foryou', () => {
  test('without arguments shows what there is, as bad usage', async () => {
    const { code, out } = await run()
    expect(code).toBe(2)
    for (const verb of Object.keys(COMMANDS)) expect(out).toContain(`  ${verb} `)
  })

  test('--help shows the same and is fine', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: (await run()).out })
  })

  test.each(Object.keys(COMMANDS))('%s --help names its usage and flags', async (verb) => {
    const { code, out } = await run(verb, '--help')
    expect(code).toBe(0)
    expect(out).toContain(`Usage: foryou ${verb}`)
    expect(out).toContain('--json')
  })

  test.each([
    ['an unknown verb', ['trian']],
    ['a verb that every object has', ['constructor']],
    ['an unknown flag', ['train', '--dta', 'x']],
    ['a missing value', ['train', '--data']],
    ['a missing flag', ['train', '--data', 'synthetic']],
    ['a missing argument', ['baseline']],
    ['too many arguments', ['train', 'x']],
    ['a number that is none', ['train', '--out', 'x', '--data', 'synthetic', '--seed', 'abc']],
    ['an unknown protocol', ['evaluate', '--bundle', 'x', '--protocol', 'guess']],
    ['an unknown format', ['evaluate', '--train', 'x', '--test', 'y', '--format', 'xml']],
  ])('%s is bad usage: exit 2 and one clear line with a hint', async (_, argv) => {
    const { code, out, err } = await run(...argv)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toMatch(/^foryou: .+/)
    expect(err).not.toMatch(/\n\s+at /) // no stack
  })

  test.each(Object.keys(PLANNED))('%s says that it does not exist yet', async (verb) => {
    const { code, err } = await run(verb)
    expect(code).toBe(1)
    expect(err).toContain('does not exist yet')
  })

  test.each([
    ['a data set that is not there', ['train', '--data', 'nowhere', '--out', 'out']],
    ['a bundle that is not there', ['evaluate', '--bundle', 'nowhere', '--data', 'synthetic']],
    ['a file that is not there', ['baseline', 'nowhere.csv']],
  ])('%s is a failure: exit 1, no stack', async (_, argv) => {
    const { code, err } = await run(...argv)
    expect(code).toBe(1)
    expect(err).toMatch(/nowhere/)
    expect(err).not.toMatch(/\n\s+at /)
  })
})

describe('foryou evaluate --format lists', () => {
  test('writes one line a user: user, tab, ranked items; never one from the training file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foryou-lists-'))
    const file = (name: string) => join(folder, name)
    const users = Array.from({ length: 40 }, (_, u) => u)
    const items = (u: number) => Array.from({ length: 12 }, (_, i) => (u % 2) + 2 * ((i + u) % 15))
    writeFileSync(file('train.txt'), users.map((u) => [u, ...items(u)].join(' ')).join('\n'))
    writeFileSync(
      file('test.txt'),
      users
        .map((u) =>
          [
            u,
            ...Array.from({ length: 30 }, (_, i) => i).filter(
              (i) => i % 2 === u % 2 && !items(u).includes(i),
            ),
          ].join(' '),
        )
        .join('\n'),
    )
    const { code, out } = await run(
      'evaluate',
      '--train',
      file('train.txt'),
      '--test',
      file('test.txt'),
      '--format',
      'lists',
      '--slates',
      file('out.tsv'),
    )
    expect(code).toBe(0)
    expect(out).toContain('table-neighbours')
    const lines = readFileSync(file('out.tsv'), 'utf8').trim().split('\n')
    expect(lines).toHaveLength(40)
    for (const line of lines) {
      const [user, slate] = line.split('\t')
      const ranked = slate!.split(',').map(Number)
      expect(new Set(ranked).size).toBe(ranked.length)
      for (const item of items(Number(user))) expect(ranked).not.toContain(item)
      expect(ranked[0]! % 2).toBe(Number(user) % 2)
    }
  })
})
