import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../models/cli/commands.ts'

const ROOT = resolve(import.meta.dirname, '..')
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const section = readme.slice(readme.indexOf('## What went wrong'), readme.indexOf('## Goals'))
const lessons = section
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what went wrong'))
  .map(
    (line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, 5) as [string, string, string, string],
  )

describe('every lesson', () => {
  test('is there', () => expect(lessons).toHaveLength(12))

  test.each(lessons)('%s: command and test exist, or it says "not yet"', (_, prevention, command, path) => {
    if (command === 'not yet' || path === 'not yet') expect(prevention).toMatch(/^not yet/)
    const verb = /^`foryou ([a-z]+)`$/.exec(command)?.[1]
    if (command !== 'not yet') expect(Object.keys(COMMANDS)).toContain(verb)
    if (path !== 'not yet') expect(existsSync(join(ROOT, path.replaceAll('`', '')))).toBe(true)
  })
})

test('every measured table is filled', () => {
  const tables = [...readme.matchAll(/<!-- bench:([a-z-]+) -->([\s\S]*?)<!-- \/bench:\1 -->/g)]
  expect(tables.length).toBeGreaterThanOrEqual(5)
  for (const [, name, table] of tables)
    expect({ name, rows: table!.split('\n| ').length > 2 }).toEqual({ name, rows: true })
})

test('the commands shown are the commands there are', () => {
  for (const [, verb] of readme.matchAll(/npx foryou ([a-z]+)/g))
    expect(Object.keys(COMMANDS)).toContain(verb)
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const [, script] of readme.matchAll(/npm run ([a-z:]+)/g))
    expect(Object.keys(scripts)).toContain(script)
})
