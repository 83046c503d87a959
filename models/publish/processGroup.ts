import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

export interface ProcessGroup {
  /** Leader of the group. */
  readonly pid: number
  /** Resolves when the command has ended, for whatever reason. */
  readonly ended: Promise<void>
  running(): boolean
  /** The latest of what it wrote to standard output and error. */
  log(): string
  /** Ends the command and all that it started; resolves when the command is gone and all others have been killed. */
  stop(): Promise<void>
}

/**
 * Runs the command, and beside it a watch on standard input: that pipe closes when we end, however we end, SIGKILL
 * included, and then the whole group goes. (A shell gives background jobs an empty stdin, hence descriptor 3.)
 */
const WATCHED = 'exec 3<&0; "$@" 3<&- & command=$!; { cat <&3 >/dev/null; kill -KILL 0; } & wait $command'

const GRACE_MS = 1500
const LOG_LENGTH = 20_000

/** Starts a command in a process group of its own: Ctrl-C then reaches us first, and stopping reaches its children. */
export function startGroup(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): ProcessGroup {
  const child = spawn('/bin/sh', ['-c', WATCHED, 'sh', command, ...args], {
    ...options,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-LOG_LENGTH)
    })
  }
  const pid = child.pid ?? 0
  let running = true
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      running = false
      kill(pid, 'SIGKILL') // a leader that crashed leaves its children behind
      resolve()
    }
    child.once('exit', end)
    child.once('error', end)
  })
  return {
    pid,
    ended,
    running: () => running,
    log: () => text.trim(),
    async stop() {
      kill(pid, 'SIGTERM')
      await Promise.race([ended, sleep(GRACE_MS, undefined, { ref: false })])
      kill(pid, 'SIGKILL')
      await ended
    },
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  if (pid === 0) return // would mean our own group
  try {
    process.kill(-pid, signal)
  } catch {
    // the whole group has ended already
  }
}
