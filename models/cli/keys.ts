import { ForYouError } from '../../shared/domain/errors.ts'
import { ensureKeys } from '../publish/keys.ts'
import type { Command } from './command.ts'
import { EDGE_FLAG, EDGE_USAGE, edgeTarget } from './connectEdge.ts'
import { keysDrill } from './keysDrill.ts'
import { keysRevoke, keysRotate, keysShipped } from './keysRotate.ts'
import { keysShow } from './keysShow.ts'
import { keysToken } from './keysToken.ts'

export const keys: Command = {
  name: 'keys',
  summary:
    'Makes the signing keys and admin tokens of this project, once, and shows what is pinned. "rotate" replaces the oldest key of a role, one safe step at a time; "revoke" takes a leaked one out at once; "drill" rehearses both on keys of its own; "shipped" notes that a loader went out by another way than a deploy; "token" gives and takes tokens by name.',
  usage: [
    '[show]',
    `rotate release|ops ${EDGE_USAGE}`,
    `revoke KID [--reason TEXT] [--cut-off] ${EDGE_USAGE}`,
    'shipped',
    'drill',
    'token add NAME --scope publish|promote|read [--days N]',
    'token revoke NAME',
  ].join('\n'),
  flags: {
    ...EDGE_FLAG,
    reason: { type: 'string', value: 'TEXT', summary: 'why, for the history of keys' },
    'cut-off': {
      type: 'boolean',
      summary: 'revoke although some visitors get nothing new until they have loaded the next loader',
    },
    scope: { type: 'string', value: 'SCOPE', summary: 'what a token allows; several with commas' },
    days: { type: 'string', value: 'N', summary: 'the token is good for so long; without it, until revoked' },
  },
  positionals: [0, 3],
  async run(args, io) {
    const [action, ...rest] = args.positionals
    const dir = edgeTarget(args, io).keysDir
    if (action === undefined) {
      const { created } = await ensureKeys(dir)
      return keysShow(args, io, dir, created)
    }
    if (action === 'show' && rest.length === 0) return keysShow(args, io, dir)
    if (action === 'rotate') return keysRotate(rest, args, io, dir)
    if (action === 'revoke') return keysRevoke(rest, args, io, dir)
    if (action === 'shipped' && rest.length === 0) return keysShipped(args, io, dir)
    if (action === 'drill' && rest.length === 0) return keysDrill(args, io)
    if (action === 'token') return keysToken(rest, args, io, dir)
    throw new ForYouError('bad_usage', `There is no "foryou keys ${args.positionals.join(' ')}".`, {
      hint: 'See "foryou keys --help".',
    })
  },
}
