import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { SHA256_PATTERN } from '../../shared/domain/routes.ts'
import { gatedManifest } from '../publish/gatedManifest.ts'
import type { Command } from './command.ts'
import { connectEdge, EDGE_FLAG, OVERRIDE_FLAG } from './connectEdge.ts'

export const promote: Command = {
  name: 'promote',
  summary: 'Makes a published bundle live; an older one as well, which rolls back.',
  usage: 'DIR|MANIFEST [--override REASON] [--seq N] [--op ID] [--edge URL]',
  flags: {
    ...EDGE_FLAG,
    ...OVERRIDE_FLAG,
    seq: { type: 'string', value: 'N', summary: 'refuse unless the head is at N' },
    op: {
      type: 'string',
      value: 'ID',
      summary: 'id of this operation: repeated with the same id it is done once',
    },
  },
  positionals: [1, 1],
  async run(args, io) {
    const target = args.positionals[0]!
    // A manifest on the edge went through the gate when it was published; its reason, if it needed one, is in it.
    const manifest = SHA256_PATTERN.test(target)
      ? target
      : (await gatedManifest(resolve(io.cwd, target), args.string('override'))).name
    const client = connectEdge(args, io)
    const op = args.string('op') ?? randomUUID()
    const written = await client.promote({ manifest, op, seq: args.integer('seq') })
    if (args.boolean('json')) io.out(JSON.stringify({ edge: client.endpoint, ...written }))
    else
      io.out(
        `${manifest} is live on ${client.endpoint}: head ${written.seq}. New pages see it within two minutes.`,
      )
    return 0
  },
}
