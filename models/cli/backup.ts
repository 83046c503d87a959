import { resolve } from 'node:path'
import { backUp } from '../publish/backUp.ts'
import { readPins } from '../publish/keys.ts'
import type { Command } from './command.ts'
import { connectEdge, EDGE_FLAG, EDGE_USAGE, edgeTarget } from './connectEdge.ts'
import { counted } from './counted.ts'

export const backup: Command = {
  name: 'backup',
  summary:
    'Copies what heads of the last 30 days or 10 versions name, the head and the audit trail into a folder, verified on the way. Repeated, it fetches only what is missing. Exit code 1 if something was lost already.',
  usage: `DIR [--live-only] ${EDGE_USAGE}`,
  flags: {
    ...EDGE_FLAG,
    'live-only': {
      type: 'boolean',
      summary: 'only what is live now; needs no token, and so works with every static host',
    },
  },
  positionals: [1, 1],
  async run(args, io) {
    const client = connectEdge(args, io)
    const dir = resolve(io.cwd, args.positionals[0]!)
    const done = await backUp(client, dir, {
      pins: readPins(edgeTarget(args, io).keysDir),
      now: io.now(),
      liveOnly: args.boolean('live-only'),
      note: (line) => io.status?.(line),
    })
    io.status?.('')
    const failed = done.lost.length > 0 ? 1 : 0
    if (args.boolean('json')) {
      io.out(JSON.stringify({ edge: client.endpoint, dir, ...done }))
      return failed
    }
    const { seq, documents, blobs, fetched, bytes, lines, lost } = done
    io.out(
      `Head ${seq} of ${client.endpoint} is copied to ${dir}: ${counted(documents, 'document')}, ${counted(blobs, 'blob')}, ${counted(lines, 'audit line')}.`,
    )
    io.out(
      fetched === 0
        ? 'All of them were there already, and undamaged.'
        : `${fetched} had to be fetched, ${bytes.toLocaleString('en')} bytes; the others were there, and undamaged.`,
    )
    for (const line of lost) io.out(`LOST  ${line}`)
    if (failed) io.out('What is live is complete; a rollback to what was lost would fail.')
    return failed
  },
}
