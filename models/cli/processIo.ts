import { join, resolve } from 'node:path'
import type { Io } from './command.ts'

const ROOT = resolve(join(import.meta.dirname, '..', '..'))

/** The real world: standard streams, environment, clock. */
export function processIo(): Io {
  // A reader that has seen enough (`| head`) closes the pipe: that is no failure.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      throw error
    })
  }
  const interactive = process.stderr.isTTY === true
  const screen = interactive ? overwritten() : null
  return {
    out: (line = '') => process.stdout.write(`${line}\n`),
    note: screen?.note ?? ((line) => process.stderr.write(`${line}\n`)),
    env: process.env,
    cwd: process.cwd(),
    root: ROOT,
    interactive,
    now: () => Date.now(),
    status: screen?.status,
  }
}

/** One line that is drawn over itself, below the lines that stay. */
function overwritten(): Required<Pick<Io, 'note'>> & { status(line: string): void } {
  let shown = ''
  const clear = '\r\u001b[2K'
  return {
    note(line) {
      process.stderr.write(`${shown === '' ? '' : clear}${line}\n${shown}`)
    },
    status(line) {
      if (line === shown) return
      const columns = Math.max(20, process.stderr.columns ?? 80)
      shown = line.length < columns ? line : `${line.slice(0, columns - 2)}…`
      process.stderr.write(`${clear}${shown}`)
    },
  }
}
