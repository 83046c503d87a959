import { SCOPES, type Scope } from '../../shared/delivery/operation.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import { addToken, revokeToken } from '../publish/adminTokens.ts'
import { KEY_FILES } from '../publish/keyFiles.ts'
import { deriveEdgeVariables } from '../publish/keys.ts'
import { moment } from './changeLive.ts'
import type { Io, ParsedArgs } from './command.ts'
import { shownPath } from './keysShow.ts'

const USAGE =
  'foryou keys token add NAME --scope publish|promote|rules|read [--days N], or: foryou keys token revoke NAME'

/** `foryou keys token add NAME` and `… revoke NAME`: who may change the edge, by name. */
export async function keysToken(
  [action, name]: readonly string[],
  args: ParsedArgs,
  io: Io,
  dir: string,
): Promise<number> {
  if (name !== undefined && action === 'add') return add(name, args, io, dir)
  if (name !== undefined && action === 'revoke') return revoke(name, args, io, dir)
  throw new ForYouError('bad_usage', 'Whose token?', { hint: USAGE })
}

async function add(name: string, args: ParsedArgs, io: Io, dir: string): Promise<number> {
  const days = args.integer('days')
  const until = days === undefined ? undefined : io.now() + days * DAY_MS
  const made = await addToken(dir, name, scopesOf(args.string('scope') ?? name), until)
  await deriveEdgeVariables(dir)
  if (args.boolean('json')) {
    io.out(JSON.stringify(made))
    return 0
  }
  const scopes = made.scopes.join(', ')
  if (made.scopes.some((scope) => scope === name)) {
    io.out(`This machine has a new ${name} token, in ${shownPath(io, dir, KEY_FILES.tokens)}.`)
  } else {
    io.out(`The token of ${name} (${scopes}), shown this once:`)
    io.out(`  ${made.token}`)
    io.out(`${until === undefined ? 'It is good until it is revoked' : `It is good until ${moment(until)}`}.`)
    io.out('They use it as FORYOU_TOKEN, with --edge URL.')
  }
  io.out('Next: npm run deploy, so that the edge knows it.')
  return 0
}

async function revoke(name: string, args: ParsedArgs, io: Io, dir: string): Promise<number> {
  revokeToken(dir, name)
  await deriveEdgeVariables(dir)
  if (args.boolean('json')) {
    io.out(JSON.stringify({ revoked: name }))
    return 0
  }
  io.out(`The token of ${name} is revoked here. The edge takes it until the next deploy: npm run deploy`)
  if (SCOPES.some((scope) => scope === name)) {
    io.out(`This machine has no ${name} token any more. For a new one: foryou keys token add ${name}`)
  }
  return 0
}

function scopesOf(text: string): Scope[] {
  const scopes = text.split(',').map((word) => {
    const scope = SCOPES.find((known) => known === word.trim())
    if (scope) return scope
    throw new ForYouError('bad_usage', `--scope must be publish, promote, rules or read, not "${word}".`, {
      hint: 'Several are separated by commas: --scope publish,promote',
    })
  })
  return [...new Set(scopes)]
}
