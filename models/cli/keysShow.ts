import { join, relative } from 'node:path'
import { SCOPES } from '../../shared/delivery/operation.ts'
import { readNamedTokens } from '../publish/adminTokens.ts'
import { KEY_FILES } from '../publish/keyFiles.ts'
import { type KeyEvent, readHistory, retiredKeys } from '../publish/keyHistory.ts'
import { readPins, readTokens } from '../publish/keys.ts'
import { moment } from './changeLive.ts'
import type { Io, ParsedArgs } from './command.ts'

/** Events of the history of keys that are shown. */
const SHOWN_EVENTS = 8

/**
 * Prints what is pinned and who has tokens; no secrets.
 * @param created true where the keys were made just now, absent where nobody asked for that
 */
export function keysShow(args: ParsedArgs, io: Io, dir: string, created?: boolean): number {
  const pins = readPins(dir)
  const kids = { release: pins.release.map(({ kid }) => kid), ops: pins.ops.map(({ kid }) => kid) }
  const own = readTokens(dir)
  const people = byName(readNamedTokens(dir))
  if (args.boolean('json')) {
    const tokens = { own: SCOPES.filter((scope) => own[scope]), named: people }
    io.out(JSON.stringify({ ...(created !== undefined && { created }), ...kids, tokens, files: KEY_FILES }))
    return 0
  }
  const path = (file: string) => shownPath(io, dir, file)
  io.out(created ? 'New keys.' : 'The keys are there.')
  io.out(`  release  ${kids.release.join(', ')}  sign bundles; private, in ${path(KEY_FILES.release)}`)
  io.out(`  ops      ${kids.ops.join(', ')}  sign heads; private, in ${path(KEY_FILES.ops)}`)
  const scopes = SCOPES.filter((scope) => own[scope])
  io.out(`  tokens   ${scopes.join(', ') || 'none'} of this machine; private, in ${path(KEY_FILES.tokens)}`)
  for (const { name, scopes, until } of people) {
    io.out(`           ${name}: ${scopes.join(', ')}${until === undefined ? '' : ageOf(until, io.now())}`)
  }
  io.out(`  pins     public, in ${path(KEY_FILES.pins)}; built into the loader`)
  io.out(`  edge     secrets of the Worker, in ${path(KEY_FILES.edge)}; "npm run deploy" sends them`)
  const events = readHistory(dir)
  for (const line of pastLines(events)) io.out(line)
  const retired = retiredKeys(events)
  for (const role of ['release', 'ops'] as const) {
    if (kids[role].length > 2 || kids[role].some((kid) => retired.has(kid)))
      io.out(`A rotation of the ${role} keys is under way. Next: foryou keys rotate ${role}`)
  }
  if (created)
    io.out('Keep a copy of .foryou/ in a safe place: without it no new bundle reaches your visitors.')
  return 0
}

/** What became of keys and loaders, the latest last. */
function pastLines(events: readonly KeyEvent[]): string[] {
  if (events.length === 0) return []
  const lines = events
    .slice(-SHOWN_EVENTS)
    .map((event) =>
      event.did === 'shipped'
        ? `  ${moment(event.at)}  a loader went out that pins ${[...event.release, ...event.ops].join(', ')}`
        : `  ${moment(event.at)}  ${event.kid} was retired${event.reason ? `: ${event.reason}` : ''}`,
    )
  return ['History:', ...lines]
}

/** A file of keys as a person finds it from the project's root. */
export function shownPath({ root }: Io, dir: string, file: string): string {
  return relative(root, join(dir, file))
}

function ageOf(until: number, now: number): string {
  return `, ${now < until ? 'until' : 'expired'} ${moment(until)}`
}

function byName(tokens: ReturnType<typeof readNamedTokens>) {
  const names = [...new Set(tokens.map(({ name }) => name))]
  return names.map((name) => {
    const own = tokens.filter((token) => token.name === name)
    const until = own[0]?.until
    return { name, scopes: own.map(({ scope }) => scope), ...(until !== undefined && { until }) }
  })
}
