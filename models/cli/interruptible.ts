import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { Io } from './command.ts'
import { COMMANDS } from './commands.ts'
import { main } from './main.ts'
import { processIo } from './processIo.ts'
import { abandonOutput } from './stagedOutput.ts'

/** What a shell reports for a program that Ctrl-C ended. */
const INTERRUPTED = 130
/** Milliseconds that a thread has to stop before the process ends anyway. */
const PATIENCE_MS = 2000

type Message =
  | { readonly to: 'out' | 'note' | 'status'; readonly line: string }
  | { readonly to: 'discard'; readonly output: string }
  | { readonly to: 'keep'; readonly output: string }
  | { readonly to: 'end'; readonly code: number }

/**
 * The command line as a process: long verbs run in a thread of their own, because a thread that computes hears no signal. So
 * Ctrl-C and SIGTERM end them at once, with what was half done removed.
 * @returns exit code
 */
export function runInterruptible(argv: readonly string[]): Promise<number> {
  const entry = Object.hasOwn(COMMANDS, argv[0] ?? '') ? COMMANDS[argv[0]!] : undefined
  return entry?.long ? inThread(argv) : main(argv)
}

function inThread(argv: readonly string[]): Promise<number> {
  const io = processIo()
  const unfinished = new Set<string>()
  const thread = new Worker(new URL(import.meta.url), { workerData: { argv, interactive: io.interactive } })
  let interrupted = false
  const interrupt = async () => {
    if (interrupted) return
    interrupted = true
    io.status?.('')
    const patience = setTimeout(() => end(), PATIENCE_MS)
    await thread.terminate()
    clearTimeout(patience)
    end()
  }
  const end = () => {
    for (const output of unfinished) abandonOutput(output)
    io.note('foryou: interrupted.')
    process.exit(INTERRUPTED)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  return new Promise((resolve, reject) => {
    let code = 1
    thread.on('message', (message: Message) => {
      if (message.to === 'end') code = message.code
      else if (message.to === 'discard') unfinished.add(message.output)
      else if (message.to === 'keep') unfinished.delete(message.output)
      else if (message.to === 'status') io.status?.(message.line)
      else if (message.to === 'note') io.note(message.line)
      else io.out(message.line)
    })
    thread.once('error', reject)
    thread.once('exit', () => {
      if (!interrupted) resolve(code)
    })
  })
}

/** The thread's world: what it says travels by messages, which leave at once even while the thread is busy. */
function threadIo(interactive: boolean): Io {
  const send = (message: Message) => parentPort!.postMessage(message)
  return {
    ...processIo(),
    interactive,
    out: (line = '') => send({ to: 'out', line }),
    note: (line) => send({ to: 'note', line }),
    status: interactive ? (line) => send({ to: 'status', line }) : undefined,
    discard(output) {
      send({ to: 'discard', output })
      return () => send({ to: 'keep', output })
    },
  }
}

if (!isMainThread && parentPort && Array.isArray(workerData?.argv)) {
  const { argv, interactive } = workerData as { argv: string[]; interactive: boolean }
  parentPort.postMessage({ to: 'end', code: await main(argv, threadIo(interactive)) } satisfies Message)
}
