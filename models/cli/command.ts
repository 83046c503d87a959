import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { ForYouError } from '../../shared/domain/errors.ts'
import { wrapText } from './wrapText.ts'

/** Where a command writes and what it may know of the world: injected, so that tests read what a person would. */
export interface Io {
  /** One line to standard output. */
  out(line?: string): void
  /** One line to standard error: progress and notes, never results. */
  note(line: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The project's root: where keys, caches and the built site lie. */
  readonly root: string
  /** True where progress lines may overwrite each other. */
  readonly interactive: boolean
  now(): number
  /** Where lines may be overwritten: shows one below all others until the next call; '' takes it away. */
  readonly status?: ((line: string) => void) | undefined
  /** Names an output that is being staged, to be cleaned up after an interruption; the returned function takes that back. */
  readonly discard?: ((output: string) => () => void) | undefined
}

export interface Flag {
  readonly type: 'string' | 'boolean'
  readonly summary: string
  /** Placeholder of a string flag in the help, e.g. `DIR`. */
  readonly value?: string
}

export interface ParsedArgs {
  readonly positionals: readonly string[]
  string(flag: string): string | undefined
  boolean(flag: string): boolean
  /** @throws ForYouError `bad_usage` where the flag is absent */
  required(flag: string): string
  /** @throws ForYouError `bad_usage` where the value is not a whole number */
  integer(flag: string): number | undefined
}

/** One verb of the command line. `run` returns the exit code: 0 ok, 1 refused or failed. Bad usage throws `bad_usage`. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** Arguments behind the verb, e.g. `FILE [--top N]`. */
  readonly usage: string
  readonly flags: Readonly<Record<string, Flag>>
  /** Positional arguments: at least, at most. */
  readonly positionals: readonly [min: number, max: number]
  run(args: ParsedArgs, io: Io): Promise<number>
}

/** Flags of every verb. */
export const COMMON_FLAGS = {
  help: { type: 'boolean', summary: 'show this help' },
  json: { type: 'boolean', summary: 'print the result as JSON' },
} as const satisfies Record<string, Flag>

/** @throws ForYouError `bad_usage` for an unknown flag, a missing value or a wrong number of arguments */
export function parseCommand(command: Command, argv: readonly string[]): ParsedArgs {
  const options: ParseArgsOptionsConfig = {}
  for (const [name, { type }] of Object.entries({ ...command.flags, ...COMMON_FLAGS }))
    options[name] = { type }
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message.split('. ')[0]! : String(cause)
    throw usageError(command, message)
  }
  const { values, positionals } = parsed
  const [min, max] = command.positionals
  if (!values.help && positionals.length < min) throw usageError(command, 'An argument is missing')
  if (positionals.length > max) throw usageError(command, `Unexpected argument "${positionals[max]}"`)
  const string = (flag: string) => {
    const value = values[flag]
    return typeof value === 'string' ? value : undefined
  }
  return {
    positionals,
    string,
    boolean: (flag) => values[flag] === true,
    required(flag) {
      const value = string(flag)
      if (value === undefined) throw usageError(command, `--${flag} is missing`)
      return value
    },
    integer(flag) {
      const text = string(flag)
      if (text === undefined) return undefined
      if (!/^\d{1,15}$/.test(text))
        throw usageError(command, `--${flag} must be a whole number, not "${text}"`)
      return Number(text)
    },
  }
}

function usageError(command: Command, message: string): ForYouError {
  return new ForYouError('bad_usage', `${message}.`, {
    hint: `Usage: foryou ${command.name} ${command.usage.split('\n')[0]}`.trimEnd(),
  })
}

/** Breaks a usage line between its flags. */
function wrapUsage(line: string): string {
  const joined = line.replace(/\[[^\]]*\]|--\S+ [A-Z]\S*/g, (flag) => flag.replaceAll(' ', '\u00a0'))
  return wrapText(joined, 11).replaceAll('\u00a0', ' ')
}

/** The help of one verb, aligned for a terminal. */
export function commandHelp(command: Command): string {
  const flags = Object.entries({ ...command.flags, ...COMMON_FLAGS }).map(
    ([name, flag]) => [`--${name}${'value' in flag ? ` ${flag.value}` : ''}`, flag.summary] as const,
  )
  const width = Math.max(...flags.map(([left]) => left.length))
  return [
    wrapText(command.summary),
    '',
    ...command.usage
      .split('\n')
      .map((line, i) =>
        wrapUsage(`${i === 0 ? 'Usage:' : '   or:'} foryou ${command.name} ${line}`.trimEnd()),
      ),
    '',
    'Options:',
    ...flags.map(([left, summary]) => wrapText(`  ${left.padEnd(width)}  ${summary}`, width + 4)),
  ].join('\n')
}
