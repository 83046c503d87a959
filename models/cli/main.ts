import { ForYouError } from '../../shared/domain/errors.ts'
import { type Command, commandHelp, type Io, parseCommand } from './command.ts'
import { COMMANDS, PLANNED } from './commands.ts'
import { processIo } from './processIo.ts'

/**
 * The command line: dispatches one verb.
 * @returns exit code: 0 ok, 1 refused or failed, 2 bad usage
 */
export async function main(argv: readonly string[], io: Io = processIo()): Promise<number> {
  const [verb, ...rest] = argv
  if (verb === undefined || verb === 'help' || verb === '--help' || verb === '-h') {
    io.out(overview())
    return verb === undefined ? 2 : 0
  }
  try {
    const entry = Object.hasOwn(COMMANDS, verb) ? COMMANDS[verb] : undefined
    if (!entry) throw unknownVerb(verb)
    const command = await entry.load()
    if (rest.includes('--help') || rest.includes('-h')) {
      io.out(commandHelp(command))
      return 0
    }
    return await command.run(parseCommand(command, rest), io)
  } catch (error) {
    return report(error, io, rest.includes('--json'))
  }
}

function unknownVerb(verb: string): ForYouError {
  const planned = Object.hasOwn(PLANNED, verb) ? PLANNED[verb] : undefined
  if (planned) return new ForYouError('not_supported', `foryou ${verb} (${planned}) does not exist yet.`)
  return new ForYouError('bad_usage', `There is no command "${verb}".`, {
    hint: 'Run "foryou --help" for the list.',
  })
}

function report(error: unknown, io: Io, json: boolean): number {
  if (!(error instanceof ForYouError)) {
    io.note(
      `foryou: this is a defect: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
    return 1
  }
  const { code, message, hint } = error
  if (json) io.out(JSON.stringify({ error: { code, message, ...(hint ? { hint } : {}) } }))
  io.note(`foryou: ${message}`)
  if (hint) io.note(`        ${hint}`)
  return code === 'bad_usage' ? 2 : 1
}

function overview(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const)
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    'foryou: "Recommended for you", computed on the visitor\'s own device.',
    '',
    'Usage: foryou COMMAND [ARGUMENTS] [--help] [--json]',
    '',
    'Commands:',
    ...rows.map(([name, summary]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    `Not built yet: ${Object.keys(PLANNED).join(', ')}.`,
    '',
    'Data is looked for in $FORYOU_DATA, then data/ in the project, then the cache.',
    'Exit codes: 0 ok, 1 refused or failed, 2 bad usage.',
  ].join('\n')
}

export type { Command }
