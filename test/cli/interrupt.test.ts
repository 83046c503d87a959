import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { abandonOutput, stageOutput } from '../../models/cli/stagedOutput.ts'

const FORYOU = resolve(import.meta.dirname, '..', '..', 'models', 'cli', 'foryou.js')

interface Ended {
  readonly code: number | null
  readonly err: string
}

/** Starts `foryou`, waits for a line on standard error, sends a signal. */
function killedAt(
  cwd: string,
  argv: readonly string[],
  line: string,
  signal: NodeJS.Signals,
): Promise<Ended> {
  const child: ChildProcess = spawn(process.execPath, [FORYOU, ...argv], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let err = ''
  child.stderr!.on('data', (chunk) => {
    const before = err
    err += String(chunk)
    if (!before.includes(line) && err.includes(line)) setTimeout(() => child.kill(signal), 100)
  })
  return new Promise((done) => child.once('close', (code) => done({ code, err })))
}

function folderWith(output: string): string {
  const cwd = mkdtempSync(join(tmpdir(), 'foryou-kill-'))
  mkdirSync(join(cwd, 'out', 'release'), { recursive: true })
  writeFileSync(join(cwd, 'out', 'report.json'), output)
  writeFileSync(join(cwd, 'out', 'release', 'manifest.json'), output)
  return cwd
}

describe('foryou train, interrupted', () => {
  test.each([
    ['while it chooses', 'choosing the half-life', 'SIGINT'],
    ['while it fits', 'fitting generators', 'SIGTERM'],
  ] as const)(
    '%s: ends with 130, the earlier output as it was, nothing left behind',
    async (_, line, signal) => {
      const cwd = folderWith('earlier')
      const began = performance.now()
      const { code, err } = await killedAt(
        cwd,
        ['train', '--data', 'synthetic', '--out', 'out'],
        line,
        signal,
      )
      expect(err).toContain('interrupted')
      expect(code).toBe(130)
      expect(readdirSync(cwd)).toEqual(['out'])
      expect(readFileSync(join(cwd, 'out', 'report.json'), 'utf8')).toBe('earlier')
      expect(performance.now() - began).toBeLessThan(18_000)
    },
  )

  test('killed outright: the earlier output stays, and the next run cleans up', async () => {
    const cwd = folderWith('earlier')
    const { code } = await killedAt(
      cwd,
      ['train', '--data', 'synthetic', '--out', 'out'],
      'choosing',
      'SIGKILL',
    )
    expect(code).toBeNull()
    expect(readFileSync(join(cwd, 'out', 'report.json'), 'utf8')).toBe('earlier')
    expect(readdirSync(cwd).filter((name) => name.startsWith('.out.partial-'))).toHaveLength(1)
    stageOutput(join(cwd, 'out'), ['release', 'report.json'], { cwd }).discard()
    expect(readdirSync(cwd)).toEqual(['out'])
  })
})

describe('a staged output', () => {
  test('appears at once and replaces what was there', () => {
    const cwd = folderWith('earlier')
    const staged = stageOutput(join(cwd, 'out'), ['release', 'report.json'], { cwd })
    writeFileSync(join(staged.folder, 'report.json'), 'new')
    expect(readFileSync(join(cwd, 'out', 'report.json'), 'utf8')).toBe('earlier')
    staged.commit()
    expect(readdirSync(cwd)).toEqual(['out'])
    expect(readdirSync(join(cwd, 'out'))).toEqual(['report.json'])
    expect(readFileSync(join(cwd, 'out', 'report.json'), 'utf8')).toBe('new')
  })

  test('killed between its two renames, the earlier output goes back', () => {
    const cwd = folderWith('earlier')
    const out = join(cwd, 'out')
    const staged = stageOutput(out, ['release', 'report.json'], { cwd })
    writeFileSync(join(staged.folder, 'report.json'), 'new')
    mkdirSync(join(cwd, `.out.earlier-${process.pid}`))
    writeFileSync(join(cwd, `.out.earlier-${process.pid}`, 'report.json'), 'moved away')
    abandonOutputAfterMove(out)
    expect(readFileSync(join(out, 'report.json'), 'utf8')).toBe('moved away')
    expect(readdirSync(cwd)).toEqual(['out'])
  })

  test('is refused where something else would be lost', () => {
    const cwd = folderWith('earlier')
    writeFileSync(join(cwd, 'out', 'thesis.txt'), 'years of work')
    expect(() => stageOutput(join(cwd, 'out'), ['release', 'report.json'], { cwd })).toThrow(/thesis\.txt/)
    expect(() => stageOutput(cwd, [], { cwd })).toThrow(/current folder/)
    expect(existsSync(join(cwd, 'out', 'thesis.txt'))).toBe(true)
  })

  test('of a run that is still alive is left alone', () => {
    const cwd = folderWith('earlier')
    mkdirSync(join(cwd, '.out.partial-1')) // process 1 always lives
    stageOutput(join(cwd, 'out'), ['release', 'report.json'], { cwd }).discard()
    expect(readdirSync(cwd).sort()).toEqual(['.out.partial-1', 'out'])
  })
})

/** As a kill between the renames leaves it: the output moved away, the new one not yet in its place. */
function abandonOutputAfterMove(out: string): void {
  rmSync(out, { recursive: true })
  abandonOutput(out)
}
