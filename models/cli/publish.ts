import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import { EnvelopeSchema } from '../../shared/bundle/envelope.ts'
import { type Head, parseHead, parseJson } from '../../shared/bundle/manifest.ts'
import { copyLoader } from '../publish/copyLoader.ts'
import { stateOf } from '../publish/directoryStore.ts'
import type { EdgeClient } from '../publish/edgeClient.ts'
import { keepLoader } from '../publish/keepLoader.ts'
import { readPins, readReleaseKeys } from '../publish/keys.ts'
import { type Published, publishBundle } from '../publish/publishBundle.ts'
import { builtSite, siteFolder } from './builtSite.ts'
import type { Command, Io } from './command.ts'
import { connectEdge, EDGE_FLAG, EDGE_USAGE, type EdgeTarget, edgeTarget, placeFlags } from './connectEdge.ts'
import { noteLacked } from './noteLacked.ts'
import { CHOICE_FLAGS, CHOICE_USAGE, publisherChoices } from './publisherChoices.ts'

export const publish: Command = {
  name: 'publish',
  summary:
    'Signs a bundle and uploads what the edge lacks of it. Nothing goes live before "foryou promote"; only a folder that is new is made live at once.',
  usage: `DIR ${CHOICE_USAGE} ${EDGE_USAGE} [--no-scripts]`,
  flags: {
    ...EDGE_FLAG,
    ...CHOICE_FLAGS,
    'no-scripts': { type: 'boolean', summary: 'with --to: leave out foryou.js and what it starts' },
  },
  positionals: [1, 1],
  async run(args, io) {
    const target = edgeTarget(args, io)
    const client = connectEdge(args, io)
    const published = await publishBundle(resolve(io.cwd, args.positionals[0]!), client, {
      releaseKeys: readReleaseKeys(target.keysDir),
      ...publisherChoices(args),
      note: (line) => io.note(line),
    })
    const folder =
      target.folder === undefined
        ? {}
        : await completeFolder(target, target.folder, client, published, io, !args.boolean('no-scripts'))
    const loader = client.loaders
      ? await keepLoader(siteFolder(io, target.environment), client.loaders)
      : null
    const lacked = noteLacked(published, target, io)
    if (args.boolean('json')) {
      const kept = loader && { loader: loader.loader }
      io.out(
        JSON.stringify({
          edge: client.endpoint,
          ...published,
          ...folder,
          ...kept,
          ...(lacked && { lacked }),
        }),
      )
      return 0
    }
    const { manifest, blobs, uploaded, wireBytes } = published
    io.out(`Published ${manifest} on ${client.endpoint}.`)
    io.out(
      `${uploaded} of ${blobs} blobs were uploaded, ${wireBytes} bytes over the wire; the others were there.`,
    )
    if (loader && loader.uploaded > 0) {
      io.out(`The loader ${loader.loader} is kept: pages that pin it outlive the next deployment.`)
    }
    if (folder.scripts) io.out(`Beside it: ${folder.scripts.join(', ')}.`)
    if (target.folder !== undefined) {
      io.out(
        `Upload ${target.folder} to any static host. ${stateOf(target.folder)} is for you alone: keep it.`,
      )
    }
    const live = await liveHead(client)
    if (folder.live) io.out(`It is live there as head ${live?.seq}, good for 30 days.`)
    else if (live?.active?.manifest === manifest) io.out('It is live already.')
    else io.out(`It is not live yet: foryou promote ${manifest}${placeFlags(args)}`)
    return 0
  },
}

/** What a static host needs besides the bundle: the loader's files, and a head as soon as there is a bundle. */
async function completeFolder(
  { keysDir, environment }: EdgeTarget,
  folder: string,
  client: EdgeClient,
  { manifest }: Published,
  io: Io,
  scripts: boolean,
): Promise<{ scripts?: readonly string[]; live?: boolean }> {
  const copied = scripts
    ? await copyLoader(await builtSite(io, keysDir, environment), folder, readPins(keysDir))
    : undefined
  const first = (await client.head()) === null
  if (first) await client.change('promote', { manifest, op: randomUUID() })
  return { ...(copied && { scripts: copied }), live: first }
}

/** Only to say where things stand: who shall go by it verifies it. */
async function liveHead(client: EdgeClient): Promise<Head | null> {
  const envelope = await client.head()
  return envelope === null ? null : parseHead(parseJson(EnvelopeSchema, envelope, 'head envelope').payload)
}
