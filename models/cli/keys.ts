import { ensureKeys, KEY_FILES } from '../publish/keys.ts'
import type { Command } from './command.ts'

export const keys: Command = {
  name: 'keys',
  summary: 'Makes the signing keys and admin tokens of this project, once, and shows what is pinned.',
  usage: '',
  flags: {},
  positionals: [0, 0],
  async run(args, io) {
    const { pins, created } = await ensureKeys(io.root)
    const kids = { release: pins.release.map(({ kid }) => kid), ops: pins.ops.map(({ kid }) => kid) }
    if (args.boolean('json')) {
      io.out(JSON.stringify({ created, ...kids, files: KEY_FILES }))
      return 0
    }
    io.out(created ? 'New keys.' : 'The keys are there.')
    io.out(`  release  ${kids.release.join(', ')}  sign bundles; private, in ${KEY_FILES.release}`)
    io.out(`  ops      ${kids.ops.join(', ')}  sign heads; private, in ${KEY_FILES.ops}`)
    io.out(`  tokens   publish, promote, read; private, in ${KEY_FILES.tokens}`)
    io.out(`  pins     public, in ${KEY_FILES.pins}; built into the loader`)
    io.out(`  edge     secrets of the Worker, in ${KEY_FILES.edge}; "npm run deploy" sends them`)
    if (created)
      io.out('Keep a copy of .foryou/ in a safe place: without it no new bundle reaches your visitors.')
    return 0
  },
}
