import { ForYouError } from '../../shared/domain/errors.ts'
import { ensureKeys } from '../publish/keys.ts'
import type { Command } from './command.ts'
import { EDGE_FLAG, edgeTarget } from './connectEdge.ts'
import { keysShow } from './keysShow.ts'
import { keysToken } from './keysToken.ts'

export const keys: Command = {
  name: 'keys',
  summary:
    'Makes the signing keys and admin tokens of this project, once, and shows what is pinned. With a word behind it: shows them, or gives and takes tokens by name.',
  usage: '\nshow\ntoken add NAME --scope publish|promote|read [--days N]\ntoken revoke NAME',
  flags: {
    env: { ...EDGE_FLAG.env, summary: 'the keys of an environment of foryou.config.json ($FORYOU_ENV)' },
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
    if (action === 'token') return keysToken(rest, args, io, dir)
    throw new ForYouError('bad_usage', `There is no "foryou keys ${args.positionals.join(' ')}".`, {
      hint: 'See "foryou keys --help".',
    })
  },
}
