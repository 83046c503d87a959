import { createHash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { verify } from '../../shared/bundle/envelope.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import { readConfig } from '../config.ts'
import { badShareLimit, dataRules } from '../dataRules.ts'
import type { Dataset } from '../dataset.ts'
import { fingerprint } from '../ingest/fingerprint.ts'
import { checkAddress } from '../publish/address.ts'
import { createEdgeClient, type EdgeClient } from '../publish/edgeClient.ts'
import { ensureKeys, type Keys } from '../publish/keys.ts'
import { type LocalEdge, startLocalEdge } from '../publish/localEdge.ts'
import { publishBundle } from '../publish/publishBundle.ts'
import type { DataSource } from '../runs/runRecord.ts'
import { sourceHash } from '../sourceHash.ts'
import { builtSite } from './builtSite.ts'
import { renderLists } from './changeLive.ts'
import type { Command, Io } from './command.ts'
import { ladderReport } from './ladderReport.ts'
import { DATA_FLAGS, dataSource, loadFor } from './loadFor.ts'
import { readReport, type TrainReport, trainTo } from './trainTo.ts'

export const start: Command = {
  name: 'start',
  summary: 'Trains, publishes into a local edge and serves the film site. PORT and HOST choose the address.',
  usage: '[--data NAME|DIR|FILE]',
  flags: DATA_FLAGS,
  positionals: [0, 0],
  async run(args, io) {
    const began = io.now()
    const listen = { host: io.env.HOST, port: io.env.PORT, allowInsecure: io.env.ALLOW_INSECURE === '1' }
    const { port } = await checkAddress(listen) // a port in use is said before a minute of work, not after it
    const keys = await ensureKeys(io.root)
    const { rules = dataRules() } = await readConfig(io.root)
    const dataset = await loadFor(args, io, args.string('data'), { maxBadShare: badShareLimit(rules) })
    const [folder] = await Promise.all([
      trainedFolder(dataset, dataSource(args, io), io),
      builtSite(io, io.root),
    ])
    const report = (await readReport(folder))!
    const ended = new AbortController()
    const stopped = waitForSignal(ended)
    const edge = await startLocalEdge({
      root: io.root,
      ...listen,
      site: (await readConfig(io.root)).site,
      // A bucket for each port: two starts side by side must not move each other's head.
      persistDir: join(io.root, '.cache', 'edge', String(port)),
      signal: ended.signal,
      onExit: (log) => {
        io.note(`foryou: the edge stopped by itself.\n${log}`)
        process.exit(1)
      },
    })
    await publish(join(folder, 'release'), edge, keys, io)
    printReport(dataset, report, edge, io, began)
    await stopped
    await edge.stop()
    return 0
  },
}

function printReport(dataset: Dataset, report: TrainReport, edge: LocalEdge, io: Io, began: number): void {
  io.out()
  io.out(ladderReport(report, report.timings, report.oracleNdcg))
  for (const note of report.notes) io.out(`Note: ${note}`)
  io.out()
  if (dataset.synthetic) {
    io.out('These films are invented: no data set was found, so the built-in synthetic world serves.')
    io.out('Put a data set into data/ or name its folder in FORYOU_DATA to see real ones.')
  }
  io.out(`Ready in ${((io.now() - began) / 1000).toFixed(1)} s.  Film site: ${edge.url}/   (Ctrl-C stops it)`)
}

function waitForSignal(ended: AbortController): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        ended.abort()
        resolve()
      })
    }
  })
}

/** Trains once for each data set, configuration and version of the code; a second start finds its bundles. */
async function trainedFolder(dataset: Dataset, source: DataSource, io: Io): Promise<string> {
  const config = await readConfig(io.root)
  const key = createHash('sha256')
    .update(await fingerprint(dataset))
    .update(JSON.stringify({ ...config, runs: null }))
    .update(sourceHash(io.root, ['models', 'shared']))
    .digest('hex')
  const folder = join(io.root, '.cache', 'bundles', `${dataset.name}-${key.slice(0, 16)}`)
  if (await readReport(folder)) return folder
  io.note('Training (a second start finds the result):')
  const linkTemplate = config.linkTemplate ?? '/film?id={id}'
  await trainTo(folder, dataset, { ...config, linkTemplate }, io, { source })
  return folder
}

/** Publishes what the edge lacks and makes it live; where it is live already, the head is signed afresh. */
async function publish(
  folder: string,
  edge: LocalEdge,
  { pins, release, tokens }: Keys,
  io: Io,
): Promise<void> {
  const client = createEdgeClient({ endpoint: edge.url, tokens })
  const { manifest } = await publishBundle(folder, client, { releaseKeys: release })
  if ((await liveManifest(client, pins)) === manifest) await client.change('refresh', { op: randomUUID() })
  else await client.change('promote', { manifest, op: randomUUID() })
  await renderLists(client, io.root, io)
}

async function liveManifest(client: EdgeClient, pins: Keys['pins']): Promise<string | null> {
  const envelope = await client.head()
  if (envelope === null) return null
  try {
    return parseHead(await verify('head', envelope, pins)).active?.manifest ?? null
  } catch {
    return null // signed by keys that are gone: promote writes a new one
  }
}
