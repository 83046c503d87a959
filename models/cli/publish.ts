import { resolve } from 'node:path'
import { readReleaseKeys } from '../publish/keys.ts'
import { publishBundle } from '../publish/publishBundle.ts'
import type { Command } from './command.ts'
import { connectEdge, EDGE_FLAG, OVERRIDE_FLAG } from './connectEdge.ts'

export const publish: Command = {
  name: 'publish',
  summary: 'Signs a bundle and uploads what the edge lacks of it. Nothing goes live before "foryou promote".',
  usage: 'DIR [--override REASON] [--edge URL]',
  flags: { ...EDGE_FLAG, ...OVERRIDE_FLAG },
  positionals: [1, 1],
  async run(args, io) {
    const client = connectEdge(args, io)
    const published = await publishBundle(resolve(io.cwd, args.positionals[0]!), client, {
      releaseKeys: readReleaseKeys(io.root),
      override: args.string('override'),
      note: (line) => io.note(line),
    })
    if (args.boolean('json')) {
      io.out(JSON.stringify({ edge: client.endpoint, ...published }))
      return 0
    }
    const { manifest, blobs, uploaded, wireBytes } = published
    io.out(`Published ${manifest} on ${client.endpoint}.`)
    io.out(
      `${uploaded} of ${blobs} blobs were uploaded, ${wireBytes} bytes over the wire; the others were there.`,
    )
    io.out(`It is not live yet: foryou promote ${manifest}`)
    return 0
  },
}
