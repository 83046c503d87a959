import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { SHA256_PATTERN } from '../../shared/domain/routes.ts'
import { readManifest } from '../publish/publishBundle.ts'
import type { Command } from './command.ts'
import { connectEdge, EDGE_FLAG } from './connectEdge.ts'

export const promote: Command = {
  name: 'promote',
  summary: 'Makes a published bundle live; an older one as well, which rolls back.',
  usage: 'DIR|MANIFEST [--seq N] [--op ID] [--edge URL]',
  flags: {
    ...EDGE_FLAG,
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
    const manifest = SHA256_PATTERN.test(target) ? target : (await readManifest(resolve(io.cwd, target))).name
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
