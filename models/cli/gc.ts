import type { Command } from './command.ts'
import { connectEdge, EDGE_FLAG, EDGE_USAGE } from './connectEdge.ts'
import { counted } from './counted.ts'

export const gc: Command = {
  name: 'gc',
  summary:
    'Deletes from an edge what no head of the last 30 days or 10 versions names. The edge does it by itself once a week.',
  usage: `[--dry-run] ${EDGE_USAGE}`,
  flags: { ...EDGE_FLAG, 'dry-run': { type: 'boolean', summary: 'only say what would be deleted' } },
  positionals: [0, 0],
  async run(args, io) {
    const client = connectEdge(args, io)
    const dryRun = args.boolean('dry-run')
    const collected = await client.collectGarbage(dryRun)
    if (args.boolean('json')) {
      io.out(JSON.stringify({ edge: client.endpoint, dryRun, ...collected }))
      return 0
    }
    const { documents, blobs, bytes, keptDocuments, keptBlobs } = collected
    io.out(
      documents + blobs === 0
        ? `Nothing to delete on ${client.endpoint}.`
        : `${dryRun ? 'Would delete' : 'Deleted'} ${counted(documents, 'document')} and ${counted(blobs, 'blob')} (${counted(bytes, 'byte')}) on ${client.endpoint}.`,
    )
    io.out(`Kept: ${counted(keptDocuments, 'document')}, ${counted(keptBlobs, 'blob')}.`)
    return 0
  },
}
