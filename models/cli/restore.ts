import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { readPins } from '../publish/keys.ts'
import { restoreFrom } from '../publish/restoreFrom.ts'
import { whenSeen } from './changeLive.ts'
import type { Command } from './command.ts'
import { connectEdge, EDGE_FLAG, EDGE_USAGE, edgeTarget } from './connectEdge.ts'
import { counted } from './counted.ts'

export const restore: Command = {
  name: 'restore',
  summary:
    'Brings an empty or damaged edge back from a copy that "foryou backup" has made. Refuses where something newer is live.',
  usage: `DIR [--op ID] ${EDGE_USAGE}`,
  flags: {
    ...EDGE_FLAG,
    op: {
      type: 'string',
      value: 'ID',
      summary: 'id of this operation: repeated with the same id it is done once',
    },
  },
  positionals: [1, 1],
  async run(args, io) {
    const client = connectEdge(args, io)
    const dir = resolve(io.cwd, args.positionals[0]!)
    const done = await restoreFrom(dir, client, {
      pins: readPins(edgeTarget(args, io).keysDir),
      op: args.string('op') ?? randomUUID(),
      note: (line) => io.note(line),
    })
    if (args.boolean('json')) {
      io.out(JSON.stringify({ edge: client.endpoint, dir, ...done }))
      return 0
    }
    const { manifest, seq, copied, documents, blobs, repaired, refused } = done
    io.out(`Put back: ${counted(blobs, 'blob')}, ${counted(documents, 'document')}.`)
    io.out(
      repaired
        ? `Head ${seq} was there still: ${client.endpoint} is whole again.`
        : `${manifest} is live on ${whenSeen(client, seq)}`,
    )
    if (!repaired) io.out(`The copy had head ${copied}; visitors who have seen later ones accept ${seq}.`)
    for (const name of refused)
      io.out(`Left out: ${name}, signed by keys that are not pinned any more, or incomplete.`)
    return 0
  },
}
