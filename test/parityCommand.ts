import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

let made: { readonly count: number; readonly text: Promise<string> } | null = null

/**
 * A command of the browser's tests: what Node ranks, as JSON of a `ParityReference` (test/web/parityCase.ts). A process of its own makes it, once
 * for all that ask.
 */
export function parityReference(_context: unknown, count: number): Promise<string> {
  if (made?.count !== count) made = { count, text: make(count) }
  return made.text
}

async function make(count: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'foryou-parity-'))
  const file = join(folder, 'reference.json')
  await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'parityReference.ts'),
    String(count),
    file,
  ])
  const text = await readFile(file, 'utf8')
  await rm(folder, { recursive: true })
  return text
}
