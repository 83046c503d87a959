import { randomUUID } from 'node:crypto'
import { verify } from '../../shared/bundle/envelope.ts'
import { parseHead } from '../../shared/bundle/manifest.ts'
import type { Changed, ChangeKind, Wish } from '../../shared/delivery/api.ts'
import { mayExclude } from '../../shared/delivery/siteRules.ts'
import type { EdgeClient } from '../publish/edgeClient.ts'
import { readPins } from '../publish/keys.ts'
import { putItems } from '../publish/putItems.ts'
import type { Flag, Io, ParsedArgs } from './command.ts'
import { connectEdge, EDGE_FLAG, EDGE_USAGE, edgeTarget } from './connectEdge.ts'

/** Flags of every verb that changes what is live. */
export const CHANGE_FLAGS = {
  ...EDGE_FLAG,
  reason: { type: 'string', value: 'TEXT', summary: 'why, in at most 80 characters, for the audit trail' },
  seq: { type: 'string', value: 'N', summary: 'refuse unless the head is at N' },
  op: {
    type: 'string',
    value: 'ID',
    summary: 'id of this operation: repeated with the same id it is done once',
  },
} as const satisfies Record<string, Flag>
export const CHANGE_USAGE = `[--reason TEXT] [--seq N] [--op ID] ${EDGE_USAGE}`

/**
 * Carries out one change and prints what came of it.
 * @param lines what a person reads
 */
export async function changeLive<K extends ChangeKind>(
  args: ParsedArgs,
  io: Io,
  kind: K,
  wish: Omit<Wish<K>, 'op' | 'seq' | 'reason'>,
  lines: (done: Changed<K>, client: EdgeClient) => readonly string[],
): Promise<number> {
  const client = connectEdge(args, io)
  const [seq, reason] = [args.integer('seq'), args.string('reason')]
  const done = await client.change(kind, {
    ...wish,
    op: args.string('op') ?? randomUUID(),
    ...(seq !== undefined && { seq }),
    ...(reason !== undefined && { reason }),
  } as Wish<K>)
  if (args.boolean('json')) io.out(JSON.stringify({ edge: client.endpoint, ...done }))
  else for (const line of lines(done, client)) io.out(line)
  if (OTHER_BUNDLE.includes(kind) && 'seq' in done)
    await renderLists(client, edgeTarget(args, io).keysDir, io)
  return 0
}

/** Changes after which another bundle may be live. */
const OTHER_BUNDLE: readonly ChangeKind[] = ['promote', 'approve', 'rollback']

/** Where items are withdrawn, added, changed or excluded, the other bundle's popular lists have to agree with that. */
export async function renderLists(client: EdgeClient, keysDir: string, { now, note }: Io): Promise<void> {
  try {
    const pins = readPins(keysDir)
    const envelope = await client.head()
    if (envelope === null) return
    const { overlay, rules } = parseHead(await verify('head', envelope, pins))
    if (!overlay && !mayExclude(rules)) return
    const { changed } = await putItems(client, null, { pins, releaseKeys: () => [], now })
    if (changed) note('The popular lists were rendered anew, for what foryou items and foryou rules say.')
  } catch (error) {
    note(
      `The popular lists could not be rendered anew (${error instanceof Error ? error.message : error}): foryou items refresh`,
    )
  }
}

/** Where it went, and when visitors will see it. */
export function whenSeen(client: EdgeClient, seq: number): string {
  if (client.folder)
    return `${client.endpoint}, head ${seq}, good for 30 days. Visitors see it once it is uploaded.`
  return `${client.endpoint}, head ${seq}. New pages see it within two minutes, open ones within a day.`
}

/** A moment for a person: minutes, UTC. */
export function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** The first digits of a manifest's name: enough for a person to tell versions apart. */
export function short(manifest: string | null): string {
  return manifest?.slice(0, 12) ?? 'nothing'
}
