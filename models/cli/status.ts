import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { verify } from '../../shared/bundle/envelope.ts'
import { parseEvaluatedManifest } from '../../shared/bundle/evaluation.ts'
import { sha256 } from '../../shared/bundle/hash.ts'
import { type Head, type Manifest, parseHead } from '../../shared/bundle/manifest.ts'
import { ForYouError } from '../../shared/domain/errors.ts'
import type { EdgeClient } from '../publish/edgeClient.ts'
import { KEY_FILES, readPins } from '../publish/keys.ts'
import type { Command, Io } from './command.ts'
import { connectEdge, EDGE_FLAG } from './connectEdge.ts'

export const status: Command = {
  name: 'status',
  summary:
    'Says what is live on an edge, after checking it as a visitor would. Exit code 1 if a visitor would refuse it.',
  usage: '[--edge URL]',
  flags: EDGE_FLAG,
  positionals: [0, 0],
  async run(args, io) {
    const client = connectEdge(args, io)
    const { head, manifest } = await readLive(client, io)
    const name = head.active?.manifest ?? null
    const expired = io.now() >= head.expires || (head.active !== null && io.now() >= head.active.notAfter)
    if (args.boolean('json')) {
      io.out(JSON.stringify({ edge: client.endpoint, expired, head, manifest }))
      return expired ? 1 : 0
    }
    io.out(`${client.endpoint}, site "${head.site}": head ${head.seq}, written ${day(head.issued)}.`)
    io.out(
      expired ? 'EXPIRED: visitors keep what they have.' : `The head is good until ${day(head.expires)}.`,
    )
    if (manifest && head.active) {
      const { data, files, forYou } = manifest
      io.out(`Live: ${name}, good until ${day(head.active.notAfter)}.`)
      io.out(
        `  data "${data.name}"${data.synthetic ? ' (synthetic)' : ''}, ${data.items} items${data.to > 0 ? `, until ${day(data.to)}` : ''}`,
      )
      io.out(
        `  for-you by ${forYou}; ${files.length} files, ${files.reduce((sum, { bytes }) => sum + bytes, 0)} bytes`,
      )
      if (manifest.evaluation) io.out(`  ${manifest.evaluation.summary}`)
      const override = manifest.evaluation?.override
      if (override) io.out(`  The gate refused it; published because: ${printable(override.reason)}`)
    } else io.out('Nothing is live.')
    return expired ? 1 : 0
  },
}

/** Reads and verifies head and manifest against this project's pins, as the loader built here would. */
async function readLive(
  client: EdgeClient,
  { root }: Io,
): Promise<{ head: Head; manifest: Manifest | null }> {
  if (!existsSync(join(root, KEY_FILES.pins))) {
    throw new ForYouError('bad_config', `There is no ${KEY_FILES.pins} to check signatures with.`, {
      hint: 'Run "foryou keys", or fetch the file from where this edge was set up.',
    })
  }
  const pins = readPins(root)
  const envelope = await client.head()
  if (envelope === null) {
    throw new ForYouError('not_found', `Nothing is live on ${client.endpoint}.`, {
      hint: 'foryou publish DIR, then foryou promote DIR',
    })
  }
  const head = parseHead(await verify('head', envelope, pins))
  if (!head.active) return { head, manifest: null }
  const text = await client.document(head.active.manifest)
  if (text === null)
    throw new ForYouError('not_found', `The live manifest ${head.active.manifest} is not there.`)
  const payload = await verify('manifest', text, pins)
  if ((await sha256(payload)) !== head.active.manifest) {
    throw new ForYouError('hash_mismatch', 'The live manifest is not the one that the head names.')
  }
  return { head, manifest: parseEvaluatedManifest(payload) }
}

function day(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** One line, no control characters: the reason comes from a manifest. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ')
}
