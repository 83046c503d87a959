import { resolve } from 'node:path'
import type { Io } from '../../models/cli/command.ts'
import { main } from '../../models/cli/main.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')

/**
 * Runs the command line in a folder and reads what a person would. Each look at the clock is a second later.
 * @param root where keys and the configuration of edges lie
 */
export async function runForYou(
  cwd: string,
  argv: readonly string[],
  root = ROOT,
  changes: Partial<Io> = {},
) {
  const out: string[] = []
  const err: string[] = []
  let now = Date.UTC(2026, 10, 1)
  const io: Io = {
    out: (line = '') => out.push(line),
    note: (line) => err.push(line),
    env: {},
    cwd,
    root,
    interactive: false,
    now: () => (now += 1000),
    ...changes,
  }
  const code = await main(argv, io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}
